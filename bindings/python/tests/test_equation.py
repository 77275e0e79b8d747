"""Blocks as differential equations: solves compared with closed forms, memory plans, and the feed-forward form."""

import numpy
import pytest

import stableode
from stableode import equation

ROTATION = dict(
    inputs=2,
    outputs=2,
    readout="identity",
    loss="least_squares",
    precision="float64",
    field="dense",
    activation="identity",
    bias="none",
    layers=1,
    horizon=3.0,
)


# The integrators that choose their own steps are those that take a tolerance.
ADAPTIVE = [name for name in stableode.integrators() if "relative_tolerance" in stableode.options(f"integrator={name}")]


def test_solves_are_tested_with_every_adaptive_integrator():
    assert {"dopri5", "tsit5"} <= set(ADAPTIVE)


@pytest.fixture(params=ADAPTIVE)
def rotation(request):
    """ẏ = Ky rotates by one radian per unit of time."""
    network = stableode.Network(
        **ROTATION, integrator=request.param, relative_tolerance=1e-9, absolute_tolerance=1e-10
    )
    network.parameters["blocks.0.K"] = [[[0.0, -1.0], [1.0, 0.0]]]
    return network


def test_solve_gives_the_closed_form(rotation):
    times = numpy.linspace(0, 3, 7)
    solution = rotation.solve([[1.0, 0.0], [0.0, 2.0]], times)
    expected = numpy.stack([numpy.cos(times), numpy.sin(times)], 1)
    assert solution.states.shape == (2, 7, 2)
    numpy.testing.assert_allclose(solution.states[0], expected, atol=1e-7)
    numpy.testing.assert_allclose(solution.states[1], 2 * expected @ [[0, 1], [-1, 0]], atol=2e-7)
    assert (solution.ends == equation.END_HORIZON).all() and (solution.end_times == 3).all()
    assert solution.report.accepted_steps > 0 and numpy.isnan(solution.event_states).all()


def test_solving_on_from_events_does_not_find_them_again(rotation):
    angles = numpy.linspace(0.1, 6.2, 40)
    event = ([1.0, 0.0], 0.0)
    solution = rotation.solve(numpy.stack([numpy.cos(angles), numpy.sin(angles)], 1), event=event)
    met = solution.ends == equation.END_EVENT
    assert met.sum() > 30
    # The next event is half a turn later, beyond the horizon of 3.
    onward = rotation.solve(solution.event_states[met], event=event)
    assert (onward.ends == equation.END_HORIZON).all()


def test_times_beyond_the_horizon_by_rounding_are_the_horizon(rotation):
    horizon = rotation.solve([[1.0, 0.0]], [3.0]).states
    for time in [numpy.nextafter(3.0, 4.0), numpy.nextafter(numpy.float32(3), numpy.float32(4))]:
        numpy.testing.assert_array_equal(rotation.solve([[1.0, 0.0]], numpy.array([time])).states, horizon)
    with pytest.raises(stableode.OutOfRangeError, match="between 0 and the horizon 3.0"):
        rotation.solve([[1.0, 0.0]], [3.0 + 1e-9])


def test_solve_ends_at_the_event(rotation):
    solution = rotation.solve([[1.0, 0.0]], [0.5, 2.0], event=([1.0, 0.0], 0.0, -1))
    assert solution.ends[0] == equation.END_EVENT
    assert solution.end_times[0] == pytest.approx(numpy.pi / 2, abs=1e-7)
    numpy.testing.assert_allclose(solution.event_states[0], [0, 1], atol=1e-7)
    assert numpy.isfinite(solution.states[0, 0]).all() and numpy.isnan(solution.states[0, 1]).all()


def test_solve_needs_an_adaptive_integrator(network):
    with pytest.raises(stableode.IncompatibleError, match="dopri5"):
        network.solve([[1.0, 2.0, 3.0]])


def test_memory_plan_says_what_a_gradient_will_hold(make_network):
    network = make_network(layers=100)
    everything, binomial = network.memory_plan(64), network.memory_plan(64, memory="binomial")
    assert everything.blocks[0].policy == "store_all" and everything.blocks[0].recomputed_steps == 0
    assert binomial.tape_bytes < everything.tape_bytes and binomial.blocks[0].recomputed_steps > 0
    with stableode.Gradient(network, 64) as gradient:
        assert gradient.bytes == everything.scratch_bytes


def test_gradients_do_not_depend_on_the_policy(make_network, batch):
    network = make_network(field="hamiltonian", integrator="verlet", layers=30)
    runs = {}
    for memory in stableode.memory_policies():
        with stableode.Gradient(network, 32, memory=memory) as gradient:
            runs[memory] = gradient.loss_and_gradient(*batch)
    expected, exact = runs.pop("store_all")
    # Steps that are taken back recover the states only up to rounding.
    loss, slope = runs.pop("reversible")
    assert loss == expected and not numpy.array_equal(slope, exact)
    numpy.testing.assert_allclose(slope, exact, rtol=0, atol=1e-5)
    for policy, (loss, slope) in runs.items():
        assert loss == expected and numpy.array_equal(slope, exact), policy


def test_reconstruction_error_is_reported(make_network, batch):
    network = make_network(field="hamiltonian", integrator="verlet", layers=100)
    with stableode.Gradient(network, 32, memory="reversible") as gradient:
        gradient.loss_and_gradient(*batch)
        assert 0 < gradient.report.reconstruction_error < 1e-4


def test_projection_onto_more_layers_is_exact(make_network):
    network = make_network(layers=4, precision="float64")
    finer = network.project(layers=8)
    assert finer.specification["blocks"][0]["layers"] == 8
    assert numpy.array_equal(finer.parameters["blocks.0.K"], numpy.repeat(network.parameters["blocks.0.K"], 2, 0))
    assert numpy.array_equal(finer.parameters["readout.W"], network.parameters["readout.W"])
    smooth = network.project(weights_in_time="shared")
    numpy.testing.assert_allclose(smooth.parameters["blocks.0.K"][0], network.parameters["blocks.0.K"].mean(0), atol=1e-14)
    with pytest.raises(stableode.IncompatibleError, match="blocks.0.K has shape"):
        network.project(width=7)


def test_projection_changes_the_options_given_and_no_others(make_network):
    blocks = [{"field": "dense", "layers": 6, "horizon": 2.0, "integrator": "heun"}, {"layers": 4, "gamma": 0.3}]
    network = make_network(blocks=blocks, precision="float64")
    smooth = network.project(weights_in_time="piecewise_linear", basis_count=3)
    back = smooth.project(weights_in_time="layers")
    assert [block["layers"] for block in back.specification["blocks"]] == [6, 4]
    assert back.specification == network.specification
    finer = network.project(layers=8)
    assert [block["layers"] for block in finer.specification["blocks"]] == [8, 8]
    assert finer.specification["blocks"][0]["integrator"] == "heun" and finer.specification["blocks"][1]["gamma"] == 0.3
    for one in (network.project(block=1, layers=8), network.project(blocks=[{}, {"layers": 8}])):
        assert [block["layers"] for block in one.specification["blocks"]] == [6, 8]
        assert one.specification["blocks"][0] == network.specification["blocks"][0]
    uneven = network.project(block=0, step_sizes=[0.5, 1.5])
    assert uneven.project(block=0, layers=6, horizon=2).specification == network.specification
    with pytest.raises(stableode.OutOfRangeError, match="blocks 0 … 1"):
        network.project(block=2, layers=8)
    with pytest.raises(ValueError, match="one object per block"):
        network.project(blocks=[{"layers": 8}])


def test_refined_weights_are_interpolated_in_quarters(make_network):
    network = make_network(layers=3, precision="float64")
    network.parameters["blocks.0.K"] = numpy.array([0.0, 4.0, 16.0])[:, None, None] * numpy.ones((3, 5, 5))
    finer = network.refine()
    assert finer.specification["blocks"][0]["layers"] == 6 and finer.specification["blocks"][0]["horizon"] == 1.0
    assert finer.parameters["blocks.0.K"][:, 0, 0].tolist() == [-1, 1, 3, 7, 13, 19]
    assert network.refine("copy").parameters["blocks.0.K"][:, 0, 0].tolist() == [0, 0, 4, 4, 16, 16]
    with pytest.raises(stableode.UnknownNameError, match="linear"):
        network.refine("linera")


def test_feed_forward_weights_there_and_back(make_network):
    network = make_network(field="linear_activation", integrator="near_identity", layers=4, horizon=1.0)
    before = network.parameter_vector
    weights, biases = network.feed_forward()
    assert weights.shape == (4, 5, 5) and biases.shape == (4, 5)
    numpy.testing.assert_allclose(weights, numpy.eye(5) + 0.25 * network.parameters["blocks.0.w"], rtol=1e-6, atol=1e-7)
    network.set_feed_forward(weights, biases)
    assert numpy.array_equal(network.parameter_vector, before)
    gap = network.near_identity_gap(numpy.ones((3, 3)))
    assert gap.layers_to_euler[0] >= gap.layers_to_euler[1] > 0


@pytest.mark.parametrize("integrator", sorted(stableode.integrators()))
def test_every_integrator_is_chosen_by_name(integrator, make_network, batch, tmp_path):
    network = None
    for field in stableode.fields():
        try:
            network = make_network(field=field, integrator=integrator, width=6)
            break
        except stableode.IncompatibleError:
            continue
    assert network is not None, f"no field can be combined with {integrator}"
    network.save(tmp_path / "model")
    same = stableode.Network.load(tmp_path / "model")
    assert numpy.array_equal(same.scores(batch[0]), network.scores(batch[0]))


@pytest.mark.parametrize("field", sorted(stableode.fields()))
def test_every_field_is_chosen_by_name(field, make_network, batch):
    # Driven fields read the three features as a sequence of three steps.
    sequences = [{"opening": "sequence", "layers": 3}, {"opening": "sequence", "layers": 6}, {"opening": "sequence", "interpolation": "linear"}]
    for changes in ({}, *sequences):
        for integrator in stableode.integrators():
            try:
                network = make_network(field=field, integrator=integrator, width=6, **changes)
            except stableode.IncompatibleError:
                continue
            assert numpy.isfinite(network.scores(batch[0])).all()
            return
    pytest.fail(f"no integrator can be combined with {field}")


@pytest.mark.parametrize(("layers", "horizon"), [(3, 0.7), (6, 6.99), (20, 7.78), (27, 1.44), (33, 3.95)])
def test_every_solve_ends_at_its_horizon(layers, horizon):
    network = stableode.Network(inputs=2, outputs=2, width=2, layers=layers, field="antisymmetric", integrator="dopri5", horizon=horizon)
    solution = network.solve([[1.0, 2.0]], [horizon / 2, horizon])
    assert solution.ends.tolist() == [stableode.equation.END_HORIZON] and solution.end_times.tolist() == [horizon]
    assert numpy.isfinite(solution.states).all()
