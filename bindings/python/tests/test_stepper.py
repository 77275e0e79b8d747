"""Sequences one observation at a time: the bits of the whole sequence at every step."""

import numpy
import pytest

import stableode
from stableode._library import library

OPTIONS = dict(opening="sequence", outputs=3, width=8, horizon=2.0, initial_scale=1.5, seed=3)
#: Networks of `steps` steps, by name; each reads 3 channels. `times` is true where a step has a time.
NETWORKS = {
    "values": dict(field="antisymmetric_rnn", gamma=0.1),
    "dense": dict(field="antisymmetric_rnn", opening="sequence_dense"),
    "gated": dict(field="gated_antisymmetric_rnn", sequence_layout="times_values"),
    "masks": dict(field="antisymmetric_rnn", sequence_layout="times_values_mask"),
    "gated_masks": dict(field="gated_antisymmetric_rnn", sequence_layout="times_values_mask", integrator="rk4"),
    "multistep": dict(field="antisymmetric_rnn", integrator="adams_bashforth3"),
    "midpoint": dict(field="gated_antisymmetric_rnn", integrator="midpoint"),
    "implicit": dict(field="antisymmetric_rnn", integrator="implicit_midpoint"),
    "ode_rnn": dict(field="ode_rnn", sequence_layout="times_values_mask", sequence_time="absolute", evolutions=3, integrator="heun"),
    "ode_rnn_times": dict(field="ode_rnn", sequence_layout="times_values", sequence_time="absolute", evolutions=2),
    "ode_rnn_values": dict(field="ode_rnn", evolutions=1),
}


def network_of(name, steps, **changes):
    options = {**OPTIONS, **NETWORKS[name], **changes}
    width = {"values": 3, "times_values": 4, "times_values_mask": 7}[options.get("sequence_layout", "values")]
    layers = steps * (options.pop("evolutions", 0) + 1)
    return stableode.Network(inputs=steps * width, channels=3, layers=layers, **{"loss": "least_squares", **options})


def sequences(network, steps, samples, seed=0):
    """[samples, steps, features of a step]: irregular times, and where there are masks missing values."""
    random = numpy.random.default_rng(seed)
    values = random.standard_normal((samples, steps, 3))
    layout = network.specification.get("sequence_layout", "values")
    if layout == "values":
        return values.astype(network.dtype)
    times = numpy.cumsum(random.uniform(0.01, 0.4, (samples, steps, 1)), axis=1)
    if layout == "times_values":
        return numpy.concatenate([times, values], axis=2).astype(network.dtype)
    masks = (random.uniform(size=(samples, steps, 3)) < 0.6).astype(float)
    masks[:, 0] = network.specification["opening"] == "sequence_dense" or masks[:, 0]
    values[masks == 0] = numpy.nan
    return numpy.concatenate([times, values, masks], axis=2).astype(network.dtype)


def after_step(network, data, step):
    """What the readout of the network gives for its state after the layers of a step; by the network of those layers alone, whose last state it is."""
    specification = network.specification
    block = specification["blocks"][0]
    per_step = block["layers"] // data.shape[1]
    layers = (step + 1) * per_step
    specification.update(inputs=(step + 1) * data.shape[2])
    specification["blocks"][0] = {**block, "layers": layers, "horizon": block["horizon"] * layers / block["layers"]}
    shorter = stableode.Network(**specification)
    for name, value in network.parameters.items():
        shorter.parameters[name] = value[:layers] if name.startswith("blocks.0.") and len(value) == block["layers"] else value
    return shorter.scores(data[:, : step + 1].reshape(len(data), -1))


@pytest.mark.parametrize("loss", ["least_squares", "softmax_cross_entropy", "multilabel_logistic"])
@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("name", ["values", "masks", "ode_rnn"])
def test_outputs_at_every_step_come_step_by_step(name, precision, loss):
    """Each observation gives the predictions of its step, in the form that an output at the end has, for all kinds of input arrays."""
    steps, samples = 6, 4
    network = network_of(name, steps, precision=precision, loss=loss, outputs_at="steps")
    data = sequences(network, steps, samples)
    rows = data.reshape(samples, -1)
    calls = {"feed": network.scores(rows)}
    if loss != "least_squares":
        calls |= {"feed_proba": network.predict_proba(rows), "feed_predict": network.predict(rows)}
    for call, whole in calls.items():
        alone, together = [getattr(stepper, call) for stepper in (network.stepper(), network.stepper(samples))]
        for step in range(steps):
            given = data[:, step]
            result = together(given.astype("float64") if step % 2 else numpy.repeat(given, 2, axis=1)[:, ::2])
            assert result.dtype == whole.dtype and numpy.array_equal(result, whole[:, step]), (call, step)
            assert numpy.array_equal(alone(list(given[0]) if step % 2 else given[0]), whole[0, step])


@pytest.mark.parametrize("real", ["f32", "f64"])
@pytest.mark.parametrize("what, loss, columns", [(0, "least_squares", 3), (2, "softmax_cross_entropy", 1), (2, "multilabel_logistic", 3)])
def test_dense_rows_get_the_numbers_of_one_step(real, what, loss, columns):
    """Nothing is written behind the documented size."""
    steps, samples = 5, 2
    network = network_of("values", steps, precision="float32" if real == "f32" else "float64", loss=loss, outputs_at="steps")
    data = sequences(network, steps, samples)
    whole = (network.scores if what == 0 else network.predict)(data.reshape(samples, -1))
    stepper = network.stepper(samples)
    result = numpy.full(samples * columns + 64, 7.0, network.dtype)
    feed = getattr(library, f"sode_stepper_feed_{real}")
    for step in range(steps):
        observation = numpy.ascontiguousarray(data[:, step])
        feed(stepper._pointer, observation.ctypes.data, what, result.ctypes.data)
        assert numpy.array_equal(result[: samples * columns], whole[:, step].reshape(-1)) and (result[samples * columns :] == 7).all()


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_bits_of_the_whole_sequence(name, precision):
    # Step sizes are powers of two, so that networks of fewer steps have the same ones; one of fewer steps without times measures time otherwise.
    steps, samples = 8, 5
    network = network_of(name, steps, precision=precision)
    data = sequences(network, steps, samples)
    whole = network.scores(data.reshape(samples, -1))
    alone, together = network.stepper(), network.stepper(samples)
    for step in range(steps):
        scores = together.feed(data[:, step])
        assert scores.shape == (samples, 3) and scores.dtype == network.dtype
        if name != "ode_rnn_values":
            assert numpy.array_equal(scores, after_step(network, data, step)), step
        one = alone.feed(data[0, step])
        assert one.shape == (3,) and numpy.array_equal(one, scores[0])
    assert numpy.array_equal(scores, whole)
    assert together.observations == steps


@pytest.mark.parametrize("name", ["masks", "ode_rnn", "gated_masks"])
def test_with_masks_these_are_the_bits_of_padded_sequences(name):
    steps = 8
    network = network_of(name, steps)
    data = sequences(network, steps, 4, seed=5)
    stream = network.stepper(4)
    for step in range(steps):
        padded = data.copy()
        padded[:, step + 1 :] = 0
        assert numpy.array_equal(stream.feed(data[:, step]), network.scores(padded.reshape(4, -1)))


@pytest.mark.parametrize("name", ["values", "masks", "ode_rnn", "multistep"])
def test_streams_have_no_end_where_layers_share_their_weights(name):
    network = network_of(name, 4, weights_in_time="shared")
    longer = network_of(name, 16, weights_in_time="shared", horizon=8.0)
    for tensor, value in network.parameters.items():
        longer.parameters[tensor] = value
    data = sequences(longer, 16, 3)
    stream = network.stepper(3)
    assert stream.most_observations is None
    for step in range(16):
        scores = stream.feed(data[:, step])
    assert numpy.array_equal(scores, longer.scores(data.reshape(3, -1)))
    for _ in range(200):
        data[:, -1, 0] += 0.1 * (stream.step_width > 3)
        scores = stream.feed(data[:, -1])
    assert numpy.isfinite(scores).all() and stream.observations == 216


def test_streams_of_own_weights_end():
    network = network_of("values", 4)
    data = sequences(network, 4, 1)[0]
    stream = network.stepper()
    assert stream.most_observations == 4
    for row in data:
        last = stream.feed(row)
    state = stream.state
    with pytest.raises(stableode.StateError, match="has had its 4 observations.*weights_in_time shared"):
        stream.feed(data[0])
    assert numpy.array_equal(stream.state, state)
    stream.reset()
    assert stream.observations == 0
    assert numpy.array_equal([stream.feed(row) for row in data][-1], last)


def test_the_normalization():
    """Of each channel as the network has it, where it is the same for all steps; one of single steps bounds the stream."""
    network = network_of("masks", 8, weights_in_time="shared")
    data = sequences(network, 8, 20, seed=7)
    data[:, :, 1:4] = 5 + 3 * data[:, :, 1:4]
    network.fit_normalization(numpy.nan_to_num(data.reshape(20, -1)), numpy.zeros((20, 3)))
    network.target_scaling = ([1.0, 2.0, 3.0], [0.5, 1.0, 2.0])
    stream = network.stepper(20)
    for step in range(8):
        scores = stream.feed(data[:, step])
    assert scores.dtype == numpy.float64 and stream.most_observations is None
    assert numpy.array_equal(scores, network.scores(data.reshape(20, -1)))
    shift = numpy.arange(56.0)
    network.normalization = (shift, numpy.ones(56))
    stream = network.stepper(20)
    assert stream.most_observations == 8
    for step in range(8):
        scores = stream.feed(data[:, step])
    assert numpy.array_equal(scores, network.scores(data.reshape(20, -1)))
    with pytest.raises(stableode.StateError, match="normalization"):
        stream.feed(data[:, 0])


@pytest.mark.parametrize("name", ["values", "ode_rnn", "multistep", "dense"])
def test_states_save_streams_and_let_them_share_a_stepper(name, tmp_path):
    network = network_of(name, 8)
    data = sequences(network, 8, 2)
    expected = [[stream.feed(row) for row in rows] for rows in data for stream in [network.stepper()]]
    shared = network.stepper()
    states = [shared.state, shared.state]
    for step in range(8):
        for index in range(2):
            shared.state = states[index]
            assert shared.observations == step
            assert numpy.array_equal(shared.feed(data[index, step]), expected[index][step])
            states[index] = shared.state
    numpy.save(tmp_path / "state.npy", states[0])
    other = network.copy().stepper()
    other.state = numpy.load(tmp_path / "state.npy")
    assert numpy.array_equal(other.state, states[0])


def test_wrong_states_are_refused():
    network = network_of("ode_rnn", 8)
    stream = network.stepper(2)
    stream.feed(sequences(network, 8, 2)[:, 0])
    state = stream.state
    assert state.dtype == numpy.float64 and state.shape == (2, 1 + 1 + 1 + 3 + 8)

    def wrong(change, error, match):
        changed = state.copy()
        change(changed)
        with pytest.raises(error, match=match):
            stream.state = changed
        assert numpy.array_equal(stream.state, state)

    wrong(lambda s: s.__setitem__((0, 0), 1.5), stableode.InvalidDataError, "1.5 observations")
    wrong(lambda s: s.__setitem__((slice(None), 0), 9), stableode.InvalidDataError, "at most 8")
    wrong(lambda s: s.__setitem__((1, 0), 2), stableode.InvalidDataError, "row 1 has had 2.0 observations and row 0 1")
    wrong(lambda s: s.__setitem__((1, 1), 2), stableode.InvalidDataError, "column 1; it must be 0 or 1")
    wrong(lambda s: s.__setitem__((1, 5), numpy.nan), stableode.InvalidDataError, "row 1, column 5")
    wrong(lambda s: s.__setitem__((0, 7), 1e39), stableode.InvalidDataError, "1e\\+39 at row 0, column 7, too large for float32")
    with pytest.raises(stableode.ShapeMismatchError, match="state_width"):
        stream.state = state[:, :-1]
    with pytest.raises(stableode.UnsupportedTypeError, match="float64"):
        stream.state = state.astype("float32")


def test_wrong_observations_leave_everything_as_it_was():
    network = network_of("ode_rnn", 8)
    data = sequences(network, 8, 2, seed=1)
    stream = network.stepper(2)
    stream.feed(data[:, 0])
    state = stream.state
    good = data[:, 1].copy()
    good[:, 1:4], good[:, 4:] = 1.0, 1.0

    def wrong(place, value, match):
        bad = good.copy()
        bad[place] = value
        with pytest.raises(stableode.InvalidDataError, match=match):
            stream.feed(bad)
        assert numpy.array_equal(stream.state, state) and stream.observations == 1

    wrong((1, 2), numpy.nan, "observation: row 1: channel 1 is NaN")
    wrong((0, 3), numpy.inf, "observation: row 0: channel 2 is NaN, infinite")
    wrong((1, 0), 0.0, "row 1: the time is 0.0, before that of the last observation")
    wrong((1, 0), numpy.nan, "row 1: the time is NaN")
    wrong((0, 5), 0.5, "row 0: the mask of channel 1 is 0.5")
    with pytest.raises(stableode.ShapeMismatchError, match="features of a step"):
        stream.feed(good[:, :-1])
    with pytest.raises(stableode.ShapeMismatchError, match="rows of the stepper"):
        stream.feed(good[0])
    with pytest.raises(stableode.InvalidDataError, match="too large for float32"):
        stream.feed(numpy.where(numpy.arange(7) == 1, 1e300, good.astype("float64")))
    assert numpy.array_equal(stream.state, state)
    stream.feed(good)
    # Numbers whose masks are 0 are not read, nor is the time of an observation without any channel.
    last = stream.state[:, 6:]
    nothing = numpy.where(numpy.arange(7) < 4, numpy.nan, numpy.zeros((2, 7)))
    stream.feed(nothing)
    assert numpy.array_equal(stream.state[:, 6:], last)


def test_scores_that_are_not_finite():
    network = network_of("values", 4)
    network.parameters["readout.W"] = numpy.full((3, 8), 3e38)
    network.parameters["readout.b"] = [3e38, 3e38, 3e38]
    stream = network.stepper()
    with pytest.raises(stableode.NotFiniteError, match="scores are not finite"):
        stream.feed([10.0, 10.0, 10.0])
    assert stream.observations == 0


def test_the_first_observation_of_an_opening_that_reads_it():
    network = network_of("masks", 8, opening="sequence_dense")
    data = sequences(network, 8, 1)[0]
    stream = network.stepper()
    data[0, 4:] = [1, 0, 1]
    with pytest.raises(stableode.InvalidDataError, match="channel 1 is not observed; the opening sequence_dense begins with each channel's first observation"):
        stream.feed(data[0])
    data[0, 1:] = 1
    stream.feed(data[0])
    data[1, 1:] = [1, numpy.nan, 1, 1, 0, 1]
    stream.feed(data[1])


@pytest.mark.parametrize(
    ("options", "match"),
    [
        (dict(opening="zero_padding", field="dense", inputs=4, width=8, layers=4), "opening zero_padding takes no sequences"),
        (dict(field="neural_cde", interpolation="linear", inputs=12, channels=3, width=8, layers=4), "interpolation is linear"),
        (dict(field="antisymmetric_rnn", interpolation="hermite", inputs=12, channels=3, width=8, layers=4), "interpolation is hermite"),
        (dict(field="ode_rnn", sequence_layout="times_values", inputs=16, channels=3, width=8, layers=8), "sequence_time is scaled"),
        (dict(inputs=12, channels=3, width=8, blocks=[dict(field="antisymmetric_rnn", layers=4)] * 2), "blocks 0 and 1 both read the sequence"),
    ],
)
def test_networks_that_read_ahead_are_refused(options, match):
    network = stableode.Network(**{"opening": "sequence", "outputs": 2, **options})
    with pytest.raises(stableode.IncompatibleError, match=match):
        network.stepper()


def test_stages_before_and_behind_the_driven_block():
    blocks = [
        dict(field="dense", layers=3),
        dict(field="antisymmetric_rnn", layers=8),
        dict(connector="channel_padding", channels=11),
        dict(field="hamiltonian", integrator="verlet", layers=3),
    ]
    network = stableode.Network(opening="sequence_dense", inputs=24, channels=3, outputs=4, width=8, horizon=2.0, seed=1, blocks=blocks)
    data = sequences(network, 8, 20)
    stream = network.stepper(20)
    for step in range(8):
        scores = stream.feed(data[:, step])
    assert numpy.array_equal(scores, network.scores(data.reshape(20, -1)))


def test_probabilities_and_classes():
    network = network_of("values", 4, weights_in_time="shared").specification
    network = stableode.Network(**{**network, "loss": "softmax_cross_entropy"})
    data = sequences(network, 4, 3)
    streams = [network.stepper(3) for _ in range(3)]
    for step in range(4):
        results = streams[0].feed(data[:, step]), streams[1].feed_proba(data[:, step]), streams[2].feed_predict(data[:, step])
    flat = data.reshape(3, -1)
    for result, expected in zip(results, (network.scores(flat), network.predict_proba(flat), network.predict(flat)), strict=True):
        assert result.dtype == expected.dtype and numpy.array_equal(result, expected)
    assert network.stepper().feed_predict(data[0, 0]).shape == ()


@pytest.mark.parametrize("width", [2, 33, 1024])
def test_widths(width):
    network = stableode.Network(
        opening="sequence", inputs=9, channels=3, outputs=2, width=width, field="antisymmetric_rnn", layers=3, horizon=1.0, precision="float64")
    data = sequences(network, 3, 2)
    stream = network.stepper(2)
    for step in range(3):
        scores = stream.feed(data[:, step])
    assert numpy.array_equal(scores, network.scores(data.reshape(2, -1)))


def test_the_object():
    network = network_of("values", 4, weights_in_time="shared")
    with network.stepper() as stream:
        assert (stream.rows, stream.step_width, stream.observations) == (1, 3, 0) and "0 observations" in repr(stream)
        before = stream.feed([1, 2, 3])
        # The stepper keeps the parameters that the network had.
        network.initialize(99)
        stream.reset()
        assert numpy.array_equal(stream.feed(numpy.array([1, 2, 3], "int64")), before)
        assert not numpy.array_equal(network.stepper().feed([1, 2, 3]), before)
        with pytest.raises(TypeError, match="cannot be copied"):
            stream.__reduce__()
    with pytest.raises(stableode.InvalidHandleError, match="closed"):
        stream.feed([1, 2, 3])
    assert repr(stream) == "<closed Stepper>"
    with pytest.raises(stableode.OutOfRangeError, match="rows is 0"):
        network.stepper(0)
