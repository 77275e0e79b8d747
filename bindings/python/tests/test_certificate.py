"""Certificates from Python: verdicts, numbers, witnesses, and radii against attacks."""

import hashlib
import json

import numpy
import pytest

import stableode
from checks_of_repairs import assert_repaired

OPTIONS = dict(inputs=6, outputs=3, width=10, field="gradient_flow", integrator="euler", layers=4, horizon=0.5, opening="dense", seed=3)


def test_what_is_proved_is_bound_to_the_model_file(tmp_path):
    network = stableode.Network(**OPTIONS)
    certificate = network.certify("lipschitz_l2")
    assert certificate.verdict == "proved" and certificate and certificate["lipschitz"] > 0
    network.save(tmp_path / "model.sode")
    written = (tmp_path / "model.sode").read_bytes()
    record = certificate.record
    assert record["model"] == {"sha256": hashlib.sha256(written).hexdigest(), "bytes": len(written)}
    digest = record["digest"]
    assert hashlib.sha256(certificate.text.replace(digest, "0" * 64).encode()).hexdigest() == digest
    assert "proved" in repr(certificate)


def test_the_lipschitz_bound_holds_between_samples():
    random = numpy.random.default_rng(1)
    for field in ("dense", "two_layer", "antisymmetric", "antisymmetric_damped", "negative_definite", "gradient_flow"):
        for integrator in ("euler", "heun", "rk4"):
            network = stableode.Network(**dict(OPTIONS, field=field, integrator=integrator, precision="float64"))
            x = random.standard_normal((200, 6)) * 3
            y = x + random.standard_normal((200, 6)) * 10.0 ** random.uniform(-3, 1, (200, 1))
            difference = network.scores(x) - network.scores(y)
            for statement, order in (("lipschitz_l2", 2), ("lipschitz_linf", numpy.inf)):
                ratio = numpy.linalg.norm(difference, order, axis=1) / numpy.linalg.norm(x - y, order, axis=1)
                assert ratio.max() <= network.certify(statement)["lipschitz"]


def test_a_limit_is_refuted_by_two_inputs():
    network = stableode.Network(**dict(OPTIONS, precision="float64"))
    bound = network.certify("lipschitz_l2")["lipschitz"]
    assert network.certify("lipschitz_l2", limit=bound * 1.01)
    certificate = network.certify("lipschitz_l2", limit=bound * 1e-3)
    assert certificate.verdict == "refuted"
    x, y = numpy.array(certificate.witness["x"]), numpy.array(certificate.witness["y"])
    ratio = numpy.linalg.norm(network.scores([x]) - network.scores([y])) / numpy.linalg.norm(x - y)
    assert ratio > bound * 1e-3


def test_radii_hold_for_perturbed_inputs():
    random = numpy.random.default_rng(2)
    x = random.standard_normal((500, 6)).astype("float32")
    network = stableode.Network(**OPTIONS)
    network.fit(stableode.Dataset(x, (x[:, 0] > 0).astype(int) + (x[:, 1] > 1)), epochs=20, optimizer="adam", learning_rate=0.01)
    classes, radii = network.certified_radius(x)
    assert (classes == network.predict(x)).all() and (radii > 0).mean() > 0.9
    for _ in range(20):
        direction = random.standard_normal(x.shape)
        moved = x + direction / numpy.linalg.norm(direction, axis=1, keepdims=True) * (radii * 0.999)[:, None]
        assert (network.predict(moved.astype("float32")) == classes).all()


def test_one_radius_as_a_certificate():
    network = stableode.Network(**OPTIONS)
    x = numpy.linspace(-1, 1, 6).astype("float32")
    (predicted,), (radius,) = network.certified_radius(x[None])
    certificate = network.certify("certified_radius", x)
    assert certificate.verdict == "proved" and certificate["radius"] == radius and certificate.record["result"]["class"] == predicted
    assert network.certify("certified_radius", x, radius=radius / 2)
    larger = network.certify("certified_radius", x, radius=radius * 2)
    assert larger.verdict == "not_provable" and larger.repair["radius"] == radius
    assert certificate.record["options"]["input"] == [float(number) for number in x]


def test_steps_are_proved_inside_and_refuted_outside():
    network = stableode.Network(**dict(OPTIONS, layers=1, bias="none"))
    weights = numpy.zeros((1, 10, 10), "float32")
    weights[0, 0, 0] = 1.0
    network.parameters["blocks.0.K"] = weights
    for horizon, verdict in ((1.999, "proved"), (2.001, "refuted")):
        changed = network.project(horizon=horizon)
        for statement in ("non_expansive", "step_size"):
            assert changed.certify(statement).verdict == verdict, (horizon, statement)
    assert 1.9 < changed.certify("non_expansive").repair["largest_step"] < 2


@pytest.mark.parametrize("statement", ["step_size", "non_expansive"])
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_repaired_networks_are_proved(statement, precision):
    network = stableode.Network(**dict(OPTIONS, precision=precision, horizon=30.0))
    certificate = network.certify(statement)
    assert certificate.verdict == "refuted"
    repaired, distance = network.repair(statement)
    assert repaired.certify(statement)
    assert abs(distance - certificate.repair["distance"]) < 1e-3 * distance
    limit = numpy.sqrt(2 / 30.0 * OPTIONS["layers"])
    kernels = numpy.asarray(network.parameters["blocks.0.K"], "float64")
    smallest = numpy.sqrt((numpy.maximum(numpy.linalg.svd(kernels, compute_uv=False) - limit, 0) ** 2).sum())
    assert smallest * (1 - 1e-6) <= distance <= smallest + 1e-4 * limit * len(kernels)
    assert numpy.linalg.norm(repaired.parameter_vector - network.parameter_vector) == pytest.approx(distance, rel=1e-5)


def test_a_limit_is_kept_by_the_repaired_readout():
    network = stableode.Network(**OPTIONS)
    limit = network.certify("lipschitz_l2")["lipschitz"] / 2
    repaired, distance = network.repair("lipschitz_l2", limit=limit)
    assert repaired.certify("lipschitz_l2", limit=limit) and distance > 0
    with pytest.raises(stableode.IncompatibleError, match="non_expansive"):
        network.repair("volume")


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("share", [0.5, 1e-3, 1e-12])
def test_a_limit_of_largest_differences_is_kept_by_the_repaired_readout(precision, share):
    """Each row is projected on the ball of ℓ₁: no point of it is nearer, in any of many directions."""
    network = stableode.Network(**dict(OPTIONS, precision=precision))
    limit = network.certify("lipschitz_linf")["lipschitz"] * share
    certificate = network.certify("lipschitz_linf", limit=limit)
    repaired, distance = network.repair("lipschitz_linf", limit=limit)
    after = repaired.certify("lipschitz_linf", limit=limit)
    assert after and after["lipschitz"] > 0.999 * limit
    before, left = (numpy.asarray(made.parameters["readout.W"], "float64") for made in (network, repaired))
    assert distance == pytest.approx(numpy.linalg.norm(before - left), rel=1e-6) and certificate.repair["distance"] == pytest.approx(distance, rel=1e-3)
    most, random = abs(left).sum(axis=1).max(), numpy.random.default_rng(0)
    for row, near in zip(before, left, strict=True):
        others = random.standard_normal((200, len(row)))
        others *= most / abs(others).sum(axis=1, keepdims=True)
        # Between the projection and any other point of the ball the angle is obtuse.
        assert ((row - near) @ (others - near).T).max() <= 1e-4 * numpy.linalg.norm(row - near) * most


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_numbers_k_are_moved_into_their_interval(precision):
    network = stableode.Network(inputs=4, outputs=3, width=6, layers=5, integrator="linear_multistep", multistep_shape="per_channel", seed=2, precision=precision)
    k = numpy.random.default_rng(0).uniform(-2, 2, network.parameters["blocks.0.k"].shape)
    network.parameters["blocks.0.k"] = k.astype(precision)
    certificate = network.certify("zero_stability")
    assert certificate.verdict == "refuted" and certificate.witness["k"] in network.parameters["blocks.0.k"].astype("float64")
    repaired, distance = network.repair("zero_stability")
    assert repaired.certify("zero_stability") and distance == pytest.approx(certificate.repair["distance"], rel=1e-12)
    assert distance == pytest.approx(numpy.linalg.norm(k - numpy.clip(k, -1, 1)), rel=1e-6)
    assert repaired.parameters["blocks.0.k"] == pytest.approx(numpy.clip(k, -1, 1), rel=1e-6)


FOLDED = [
    dict(opening="dense", opening_norm="tight", readout_norm="aol"),
    dict(opening="dense", opening_norm="row_sums", field="gradient_flow", steps="tight"),
    dict(field="gradient_flow", steps="tight", integrator="rk4"),
]


@pytest.mark.parametrize("options", FOLDED)
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_scaled_weights_are_folded(options, precision):
    network = stableode.Network(inputs=6, outputs=3, width=8, layers=3, precision=precision, seed=2, **options)
    x = numpy.random.default_rng(1).standard_normal((50, 6))
    unknown = network.certify("lipschitz_l2")
    assert unknown.verdict == "not_provable" and "fold_norms" in unknown.reason
    with pytest.raises(stableode.IncompatibleError, match="fold_norms"):
        network.export_onnx("never.onnx")
    folded = network.fold_norms()
    assert (folded.scores(x) == network.scores(x)).all()
    assert folded.certify("lipschitz_l2")
    assert folded.specification["opening_norm"] == folded.specification["readout_norm"] == "free"
    if options.get("steps"):
        # The norms are at the limit up to roundings, and bounds of them may be above.
        repaired, distance = folded.repair("non_expansive")
        assert repaired.certify("non_expansive") and distance < 1e-5 * numpy.linalg.norm(folded.parameters["blocks.0.K"])


def test_limits_that_no_weights_satisfy_have_no_repair():
    """Limits whose product with a norm no number of float32 holds to its last digit."""
    network = stableode.Network(**OPTIONS)
    network.parameters["readout.W"] = network.parameters["readout.W"] * numpy.float32(0.1)
    for limit in (1e-323, 1e-200, 1e-35):
        certificate = network.certify("lipschitz_l2", limit=limit)
        assert not certificate and "distance" not in certificate.repair
        with pytest.raises(stableode.IncompatibleError, match="no change of the weights"):
            network.repair("lipschitz_l2", limit=limit)


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("share", [1e-6, 1e-14])
def test_limits_far_below_the_bound_are_kept(precision, share):
    """Nearly all of the readout goes, and what stays has the singular vectors of the readout."""
    network = stableode.Network(**dict(OPTIONS, precision=precision))
    limit = network.certify("lipschitz_l2")["lipschitz"] * share
    repaired, distance = network.repair("lipschitz_l2", limit=limit)
    after = repaired.certify("lipschitz_l2", limit=limit)
    before, left = (numpy.asarray(made.parameters["readout.W"], "float64") for made in (network, repaired))
    assert after and after["lipschitz"] > 0.999 * limit and distance == pytest.approx(numpy.linalg.norm(before - left), rel=1e-6)
    u, values, v = numpy.linalg.svd(before, full_matrices=False)
    assert left == pytest.approx((u * numpy.minimum(values, numpy.linalg.norm(left, 2))) @ v, rel=1e-5, abs=1e-5 * abs(left).max())


REPAIRED = {
    "contraction": dict(field="antisymmetric_damped", gamma=0.8, horizon=3.0),
    "energy": dict(field="antisymmetric", gamma=0.8, horizon=6.0),
    "absolute_stability": dict(field="gradient_flow", integrator="linear_multistep", horizon=60.0),
}


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("statement", REPAIRED)
def test_what_is_named_makes_statements_provable(statement, precision):
    """The nearest weights, the largest step, the factor of the weights and the damping, each by itself."""
    network = stableode.Network(inputs=6, outputs=3, width=10, layers=3, seed=4, precision=precision, **REPAIRED[statement])
    certificate = network.certify(statement)
    assert certificate.verdict == "not_provable" and "layer" in certificate.reason and "blocks[0]" in certificate.reason
    assert {"weight_factor", "distance", "text"} <= set(certificate.repair)
    assert_repaired(network, certificate)
    repaired, distance = network.repair(statement)
    assert repaired.certify(statement) and distance == pytest.approx(certificate.repair["distance"], rel=1e-3)


def test_a_box_keeps_what_holds_everywhere():
    """A repair by the readout, and bounds for all inputs where a box cannot be followed."""
    network = stableode.Network(**dict(OPTIONS, field="dense", activation="tanh"))
    box = dict(lower=-0.5, upper=0.5)
    limit = network.certify("lipschitz_l2", **box)["lipschitz"] / 3
    certificate = network.certify("lipschitz_l2", limit=limit, **box)
    assert certificate.verdict == "not_provable" and certificate.repair["distance"] > 0 and "largest factor" in certificate.reason
    repaired, distance = network.repair("lipschitz_l2", limit=limit, **box)
    assert repaired.certify("lipschitz_l2", limit=limit, **box) and distance == pytest.approx(certificate.repair["distance"], rel=1e-3)
    image = stableode.Network(input_shape=[1, 5, 5], outputs=3, operator="convolution", field="dense", layers=2, width=2)
    on_box = image.certify("lipschitz_l2", **box)
    assert on_box and on_box["lipschitz"] == on_box["global"] and "all inputs, because" in on_box.record["claim"]


@pytest.mark.parametrize(
    ("options", "statement", "help"),
    [
        (dict(field="antisymmetric", gamma=0.0, horizon=9.0), "step_size", "gamma"),
        (dict(field="antisymmetric", gamma=0.0, integrator="heun"), "step_size", "ssprk3"),
        (dict(field="antisymmetric", gamma=0.3, integrator="rk4"), "step_size", "gamma 0"),
        (dict(field="antisymmetric_damped", gamma=40.0, layers=1), "contraction", "less than 2"),
        (dict(field="gradient_flow", activation="silu"), "non_expansive", "tanh or relu"),
        (dict(field="gradient_flow", integrator="linear_multistep", layers=2), "absolute_stability", "between −1 and 1"),
        (dict(field="dense"), "volume", "whatever the weights are"),
        (dict(field="dense"), "port_hamiltonian", "whatever the weights are"),
        (dict(field="dense"), "certified_radius", "margins"),
    ],
)
def test_where_no_weights_help_the_error_says_what_does(options, statement, help):
    network = stableode.Network(**{**dict(inputs=4, outputs=3, width=6, layers=2, seed=1), **options})
    if statement == "absolute_stability":
        network.parameters["blocks.0.k"] = numpy.array([[1.5]], "float32")
    with pytest.raises(stableode.IncompatibleError, match=help):
        network.repair(statement)


def test_reasons_say_where():
    """The layer that breaks a condition, with a witness too, and the factor that is largest where a product is too large."""
    network = stableode.Network(**dict(OPTIONS, layers=3, horizon=6.0))
    weights = network.parameters["blocks.0.K"] * numpy.float32(0.1)
    weights[1] *= 1000
    network.parameters["blocks.0.K"] = weights
    for statement in ("non_expansive", "step_size"):
        certificate = network.certify(statement)
        assert certificate.verdict == "refuted" and "(blocks[0], layer 1)" in certificate.reason and certificate.witness["layer"] == 1
    dense = stableode.Network(**dict(OPTIONS, layers=3, field="dense"))
    dense.parameters["blocks.0.K"] = weights
    assert "blocks[0], whose layer 1 has" in dense.certify("lipschitz_l2", limit=1.0).reason
    dense.parameters["blocks.0.K"] = weights * numpy.float32(1e30)
    huge = stableode.Network(**dict(OPTIONS, layers=12, field="dense"))
    huge.parameters["blocks.0.K"] = huge.parameters["blocks.0.K"] * numpy.float32(1e30)
    overflow = huge.certify("lipschitz_l2")
    assert overflow.verdict == "not_provable" and "larger than any number" in overflow.reason and "whose layer" in overflow.reason


def test_radii_that_overflow_say_so():
    """And that a margin is too small for its rounding errors is another reason, as is a tie."""
    network = stableode.Network(inputs=3, outputs=2, width=3, opening="dense", layers=1, seed=1)
    x = numpy.ones(3, "float32")
    small = network.copy()
    small.parameters["readout.W"] = network.parameters["readout.W"] * 0
    assert "tie" in small.certify("certified_radius", x).reason
    small.parameters["readout.b"] = numpy.array([1e6, 1e6 + 0.0625], "float32")
    small.parameters["readout.W"] = network.parameters["readout.W"] * numpy.float32(1e-3)
    assert "rounding" in small.certify("certified_radius", x).reason
    # Sums of rows of alternating signs stay small, but their bounds do not.
    large = stableode.Network(inputs=2, outputs=2, width=2, opening="dense", layers=1, seed=1)
    large.parameters["opening.W"] = numpy.array([[1e30, -1e30], [1.0, 0.0]], "float32")
    certificate = large.certify("certified_radius", numpy.array([1e8, 1e8], "float32"))
    assert certificate.verdict == "not_provable" and "overflow" in certificate.reason and "the opening" in certificate.reason


def test_steps_are_offered_where_they_help():
    """Not where an activation has negative slopes; and weights only where some are known."""
    falling = stableode.Network(inputs=4, outputs=2, width=4, layers=2, field="gradient_flow", activation="silu", horizon=40.0, seed=1)
    for statement in ("step_size", "non_expansive"):
        assert "largest_step" not in falling.certify(statement).repair
    steep = stableode.Network(inputs=4, outputs=2, width=4, layers=2, field="gradient_flow", horizon=400.0, seed=1).certify("non_expansive")
    assert steep.repair["largest_step"] > 0 and "sode_network_repair" in steep.repair["text"]
    own = stableode.Network(inputs=4, outputs=2, width=4, layers=2, field="antisymmetric", gamma=0.0, integrator="runge_kutta", tableau_a="0.5", tableau_b="0,1", tableau_order=2, seed=1)
    assert "tableau of your own" in own.certify("step_size").reason


def test_normalized_inputs_that_overflow_end_the_ball():
    """A feature that the network does not read, but whose normalized number it must hold: the library refuses inputs far off."""
    network = stableode.Network(inputs=2, outputs=2, width=2, opening="dense", layers=1, seed=1)
    network.normalization = ([0.0, 0.0], [1.0, 1e30])
    for name in ("opening.W", "readout.W"):
        network.parameters[name] = network.parameters[name] * numpy.float32(1e-10)
    weights = network.parameters["opening.W"].copy()
    weights[:, 1] = 0
    network.parameters["opening.W"] = weights
    network.parameters["readout.b"] = numpy.array([1.0, 0.0], "float32")
    with pytest.raises(stableode.InvalidDataError):
        network.predict([[0.3, 1e10]])
    _, radii = network.certified_radius([[0.3, 0.0]])
    assert 0 < radii[0] < 1e9 and not network.certify("certified_radius", [0.3, 0.0], radius=1e10)


def test_wrong_arguments_are_named():
    network = stableode.Network(**OPTIONS)
    with pytest.raises(stableode.UnknownNameError, match="lipschitz_l2"):
        network.certify("lipschitz_l")
    with pytest.raises(stableode.InvalidArgumentError, match="input"):
        network.certify("certified_radius")
    with pytest.raises(stableode.InvalidArgumentError, match="input"):
        network.certify("volume", [0.0] * 6)
    with pytest.raises(stableode.IncompatibleError, match="limit"):
        network.certify("volume", limit=1.0)
    with pytest.raises(stableode.OutOfRangeError):
        network.certify("lipschitz_l2", limit=-1.0)
    values = stableode.Network(**dict(OPTIONS, loss="least_squares"))
    with pytest.raises(stableode.IncompatibleError, match="classes"):
        values.certified_radius([[0.0] * 6])
    assert values.certify("certified_radius", [0.0] * 6).verdict == "not_provable"


def test_every_statement_gives_a_certificate():
    network = stableode.Network(**OPTIONS)
    for statement in stableode.certificates():
        features = [0.1] * 6 if statement == "certified_radius" else None
        certificate = network.certify(statement, features)
        record = json.loads(certificate.text)
        assert record["statement"] == statement and record["verdict"] in ("proved", "refuted", "not_provable")
        assert (record["verdict"] == "proved") == (certificate.reason is None)
