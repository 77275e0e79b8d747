"""The statements that are no radius: Lipschitz bounds and step conditions."""

import json
import time

import numpy
import pytest

import check_certificate as checker
import made
from test_certified_radius import changed, numbers, value_at

RNG = numpy.random.default_rng


def network(*blocks, seed=0, width=5, scale=0.3, **tensors):
    """A dense network of these blocks with a square K a layer."""
    shapes = {"opening.W": (width, 4), "opening.b": (width,)}
    for i, block in enumerate(blocks):
        names = ("K1", "K2") if block["field"] == "hamiltonian_two_weight" else ("K",)
        for name in names:
            shapes[f"blocks.{i}.{name}"] = (block["layers"], width, width)
            shapes[f"blocks.{i}.{name.replace('K', 'b')}"] = (block["layers"], width)
    shapes |= {"readout.W": (3, width), "readout.b": (3,)}
    values = made.float32_tensors(RNG(seed), shapes, scale)
    return made.Made(made.specification(4, 3, width, list(blocks)), values | {name: numpy.asarray(value, numpy.float32) for name, value in tensors.items()})


def lipschitz(net, rules, norm="l2", limit=0.0):
    """A Lipschitz certificate whose layers have the given rules: (rule, norms, bound) each."""
    place, s = net.norm("matrix", "opening.W", None, norm)
    stages, total = [{"kind": "opening", "index": 0, "rule": "affine", "norms": [place], "lipschitz": s}], s
    for i, layers in enumerate(rules):
        entries = [{"rule": rule, "norms": places, "lipschitz": bound * made.SLACK} for rule, places, bound in layers]
        product = float(numpy.prod([entry["lipschitz"] for entry in entries])) * made.SLACK
        stages.append({"kind": "block", "index": i, "lipschitz": product, "layers": entries})
        total *= product
    place, r = net.norm("matrix", "readout.W", None, norm)
    stages.append({"kind": "readout", "index": 0, "rule": "affine", "norms": [place], "lipschitz": r})
    result = {"lipschitz": total * r * made.SLACK, "features": total * made.SLACK}
    return net.certificate(f"lipschitz_{norm}", options={"limit": limit}, hypotheses=[], stages=stages, result=result)


def dense_rules(net, norm="l2"):
    rules = []
    for j in range(3):
        place, s = net.norm("matrix", "blocks.0.K", j, norm)
        rules.append(("residual", [place], 1 + s / 3))
    return [rules]


def log_norm_rules(net):
    rules = []
    for j in range(3):
        (a, s), (b, m) = net.norm("matrix", "blocks.0.K", j, "l2"), net.norm("matrix", "blocks.0.K", j, "log_l2")
        rules.append(("log_norm", [a, b], numpy.sqrt(1 + 2 / 3 * (m + s) / 2 + s * s / 9)))
    return [rules]


def rows_rules(net):
    rules = []
    for j in range(3):
        k = net.tensors["blocks.0.K"][j].astype(float)
        others = abs(k).sum(axis=1) - abs(numpy.diag(k))
        rules.append(("rows", [], max(max(1, value) for value in abs(1 + numpy.diag(k) / 3) + others / 3)))
    return [rules]


def damped_rules(net, gamma):
    rules = []
    for j in range(3):
        place, s = net.norm("antisymmetric_part", "blocks.0.K", j, "l2")
        rules.append(("damped", [place], numpy.sqrt(1 - 2 / 3 * (gamma - s / 2) + (gamma + s) ** 2 / 9)))
    return [rules]


def antisymmetric_rules(net, gamma):
    rules = []
    for j in range(3):
        place, s = net.norm("antisymmetric_part", "blocks.0.K", j, "l2")
        total = s * s + gamma * gamma / 4
        rules.append(("log_norm", [place], numpy.sqrt(1 + 2 / 3 * (-gamma / 4 + numpy.sqrt(total) / 2) + total / 9)))
    return [rules]


def stages_rules(net):
    """Heun's method: 1 + h·½(ℓ + ℓ(1 + hℓ))."""
    rules = []
    for j in range(3):
        place, s = net.norm("matrix", "blocks.0.K", j, "l2")
        rules.append(("stages", [place], 1 + s / 6 * (1 + 1 + s / 3)))
    return [rules]


def verlet_rules(net):
    rules = []
    for j in range(3):
        place, s = net.norm("matrix", "blocks.0.K", j, "l2")
        c = s / 3
        rules.append(("verlet", [place], numpy.linalg.norm([[1 + c * c, c], [c, 1]], 2)))
    return [rules]


LIPSCHITZ = {
    "residual": (lambda: network(made.block("dense", 3)), dense_rules, "l2"),
    "residual_linf": (lambda: network(made.block("dense", 3)), lambda net: dense_rules(net, "linf"), "linf"),
    "log_norm": (lambda: network(made.block("dense", 3)), log_norm_rules, "l2"),
    "rows": (lambda: network(made.block("dense", 3)), rows_rules, "linf"),
    "damped": (lambda: network(made.block("antisymmetric_damped", 3, gamma=0.5)), lambda net: damped_rules(net, 0.5), "l2"),
    "antisymmetric": (lambda: network(made.block("antisymmetric", 3, gamma=0.25)), lambda net: antisymmetric_rules(net, 0.25), "l2"),
    "stages": (lambda: network(made.block("dense", 3, integrator="heun")), stages_rules, "l2"),
    "verlet": (lambda: network(made.block("hamiltonian", 3, integrator="verlet")), verlet_rules, "l2"),
}  # fmt: skip


@pytest.mark.parametrize("name", LIPSCHITZ)
def test_lipschitz_bounds(name):
    """Accepted as they are; with any bound lowered, not."""
    make, rules, norm = LIPSCHITZ[name]
    net = make()
    text = lipschitz(net, rules(net), norm)
    assert "|N(x) − N(y)|" in checker.check(net.data, text)[0]
    content = json.loads(text)
    for path in numbers(content):
        if path[-1] in ("bound", "lipschitz", "features"):
            with pytest.raises(checker.Rejected):
                checker.check(net.data, made.signed(changed(content, path, value_at(content, path) * 0.999)))
        elif "norms" in path or path[-1] == "index":
            with pytest.raises(checker.Rejected):
                checker.check(net.data, made.signed(changed(content, path, value_at(content, path) + 1)))
    total = content["result"]["lipschitz"]
    assert checker.check(net.data, made.signed(changed(content, ("options", "limit"), total * 1.01)))
    with pytest.raises(checker.Rejected, match="limit"):
        checker.check(net.data, made.signed(changed(content, ("options", "limit"), total * 0.99)))


@pytest.mark.parametrize(("name", "options"), [("log_norm", {"activation": "gelu"}), ("rows", {"activation": "sin"}), ("damped", {"activation": "silu"})])
def test_theorems_of_monotone_activations_refuse_others(name, options):
    make, rules, norm = LIPSCHITZ[name]
    net = make()
    net.specification["blocks"][0].update(options)
    net = made.Made(net.specification, net.tensors)
    with pytest.raises(checker.Rejected, match="slopes"):
        checker.check(net.data, lipschitz(net, rules(net), norm))


def gradient_flow(**options):
    block = made.block("gradient_flow", 3, **{"hidden_width": 0, "inner_normalization": "none", "steps": "plain", **options})
    return network(block)


def steps_of(net, name, formula, operator="matrix", limit=2.0, relation="<=", slopes=True):
    """A certificate with a hypothesis for each layer."""
    found = [made.hypothesis("slopes", 0.0, ">=", 0.0)] if slopes else []
    for j in range(3):
        _, s = net.norm(operator, "blocks.0.K", j, "l2")
        found.append(made.hypothesis(name, formula(s) * made.SLACK, relation, limit, layer=j))
    return found


STEPS = {
    ("non_expansive", "euler_step"): (lambda: gradient_flow(), lambda net: steps_of(net, "euler_step", lambda s: s * s / 3)),
    ("non_expansive", "circle_step"): (lambda: gradient_flow(integrator="rk3"), lambda net: steps_of(net, "circle_step", lambda s: s * s / 3, limit=1.0)),
    ("non_expansive", "damped_step"): (
        lambda: network(made.block("antisymmetric_damped", 3, gamma=0.9)),
        lambda net: steps_of(net, "damped_step", lambda s: 1 - 2 / 3 * (0.9 - s / 2) + (0.9 + s) ** 2 / 9, "antisymmetric_part", 1.0),
    ),
    ("step_size", "rotation_step"): (
        lambda: network(made.block("antisymmetric", 3, gamma=1.5)),
        lambda net: steps_of(net, "rotation_step", lambda s: (s * s + 1.5**2 / 4) / 3, "antisymmetric_part", 1.5, slopes=False),
    ),
    ("energy", "rotation_step"): (
        lambda: network(made.block("antisymmetric", 3, gamma=1.5)),
        lambda net: steps_of(net, "rotation_step", lambda s: (s * s + 1.5**2 / 4) / 3, "antisymmetric_part", 1.5, slopes=False),
    ),
    ("step_size", "imaginary_step"): (
        lambda: network(made.block("antisymmetric", 3, gamma=0.0, integrator="rk4")),
        lambda net: steps_of(net, "imaginary_step", lambda s: s / 3, "antisymmetric_part", 2.8284, slopes=False),
    ),
    ("step_size", "midpoint_step"): (
        lambda: network(made.block("antisymmetric", 3, gamma=0.0, integrator="midpoint")),
        lambda net: steps_of(net, "midpoint_step", lambda s: s / 3, "antisymmetric_part", 1.0, "<", slopes=False),
    ),
    ("step_size", "undamped imaginary_step"): (
        lambda: network(made.block("antisymmetric_damped", 3, gamma=0.0, integrator="rk4")),
        lambda net: steps_of(net, "imaginary_step", lambda s: s / 3, "antisymmetric_part", 2.8284, slopes=False),
    ),
    ("step_size", "undamped midpoint_step"): (
        lambda: network(made.block("antisymmetric_damped", 3, gamma=0.0, integrator="midpoint")),
        lambda net: steps_of(net, "midpoint_step", lambda s: s / 3, "antisymmetric_part", 1.0, "<", slopes=False),
    ),
    ("step_size", "verlet_step"): (
        lambda: network(made.block("hamiltonian", 3, integrator="verlet")), lambda net: steps_of(net, "verlet_step", lambda s: s / 3, limit=2.0, relation="<", slopes=False),
    ),
    ("step_size", "leapfrog_step"): (
        lambda: gradient_flow(integrator="leapfrog", start="neumann"), lambda net: steps_of(net, "leapfrog_step", lambda s: s * s / 9, limit=4.0, relation="<", slopes=False),
    ),
}  # fmt: skip


@pytest.mark.parametrize("key", STEPS, ids="-".join)
def test_step_conditions(key):
    make, hypotheses = STEPS[key]
    net = make()
    text = net.certificate(key[0], hypotheses=hypotheses(net))
    lines = checker.check(net.data, text)
    assert not any("stable" in line and "zero-stable" not in line for line in lines)
    content = json.loads(text)
    for i in range(len(content["hypotheses"])):
        for name, factor in (("value", 0.99), ("limit", 1.05), ("layer", None), ("block", None), ("relation", None), ("holds", None)):
            entry = content["hypotheses"][i]
            if name not in entry or (entry["name"] == "slopes" and name in ("value", "limit")):
                continue
            wrong = {"relation": ">", "holds": False}.get(name, entry[name] * factor if factor else entry[name] + 1 if name in ("layer", "block") else None)
            with pytest.raises(checker.Rejected):
                checker.check(net.data, made.signed(changed(content, ("hypotheses", i, name), wrong)))
        rest = content["hypotheses"][:i] + content["hypotheses"][i + 1 :]
        if content["hypotheses"][i]["name"] != "slopes" or key[0] == "non_expansive":
            with pytest.raises(checker.Rejected):
                checker.check(net.data, made.signed({**content, "hypotheses": rest}))


def test_steps_that_are_too_long_are_rejected():
    """h L‖K‖² just above and just below 2."""
    for factor, is_right in ((1.001, False), (0.999, True)):
        net = gradient_flow()
        largest = max(numpy.linalg.norm(k.astype(float), 2) for k in net.tensors["blocks.0.K"])
        net.specification["blocks"][0]["horizon"] = 3 * 2 * factor / largest**2
        net = made.Made(net.specification, net.tensors)
        h = net.specification["blocks"][0]["horizon"] / 3
        text = net.certificate("non_expansive", hypotheses=steps_of(net, "euler_step", lambda s, h=h: h * s * s))
        if is_right:
            assert checker.check(net.data, text)
        else:
            with pytest.raises(checker.Rejected, match="euler_step"):
                checker.check(net.data, text)


TWO_STEP = {
    "midpoint": lambda **options: (
        network(made.block("antisymmetric", 3, gamma=0.0, integrator="midpoint", **options)), ("midpoint_step", lambda s: s / 3, "antisymmetric_part", 1.0, "<", False),
    ),
    "leapfrog": lambda **options: (gradient_flow(integrator="leapfrog", start="neumann", **options), ("leapfrog_step", lambda s: s * s / 9, "matrix", 4.0, "<", False)),
}  # fmt: skip


@pytest.mark.parametrize("name", TWO_STEP)
def test_two_step_methods_need_equal_steps(name):
    """With unequal steps the recurrence has other coefficients, of which the condition says nothing."""
    third = 1 / 3
    for sizes, is_right in (([third] * 3, True), ([third, third, 0.3], False), ([0.1, third, third], False)):
        net, arguments = TWO_STEP[name](step_sizes=sizes)
        text = net.certificate("step_size", hypotheses=steps_of(net, *arguments))
        if is_right:
            assert checker.check(net.data, text)
        else:
            with pytest.raises(checker.Rejected, match="equal steps"):
                checker.check(net.data, text)


@pytest.mark.parametrize("sizes", ["0.5,0.25,0.125", [0.5, 0.25, 0.125]])
def test_step_sizes_say_how_many_layers_there_are(sizes):
    net = gradient_flow(step_sizes=sizes)
    for name in ("layers", "horizon"):
        del net.specification["blocks"][0][name]
    net = made.Made(net.specification, net.tensors)
    found = steps_of(net, "euler_step", lambda s: s * s)
    for hypothesis, h in zip(found[1:], (0.5, 0.25, 0.125), strict=True):
        hypothesis["value"] *= h
    assert checker.check(net.data, net.certificate("non_expansive", hypotheses=found))
    found[1]["value"] *= 0.5
    with pytest.raises(checker.Rejected, match="layer 0"):
        checker.check(net.data, net.certificate("non_expansive", hypotheses=found))


@pytest.mark.parametrize("sizes", ["0.0_5,0.1,0.1", "0.1,,0.1,0.1", "0.1,0.1,0.1,", "\u0660.\u0661,0.1,0.1", "0.1 0.1,0.1,0.1", "nan,0.1,0.1", "0x1p-3,0.1,0.1", ","])
def test_lists_of_numbers_are_those_that_the_library_reads(sizes):
    net = gradient_flow(step_sizes=sizes)
    with pytest.raises(checker.Rejected, match="no list of numbers"):
        checker.check(net.data, net.certificate("non_expansive", hypotheses=[]))


def test_the_options_name_the_statement():
    net = network(made.block("hamiltonian", 3, integrator="verlet"))
    assert checker.check(net.data, net.certificate("volume", hypotheses=[], options={"statement": "volume"}))
    with pytest.raises(checker.Rejected, match=r"options\.statement"):
        checker.check(net.data, net.certificate("volume", hypotheses=[], options={"statement": "non_expansive"}))


def test_an_unknown_padding_is_rejected_whatever_the_weights_are():
    for padding, is_right in (("reflect", True), ("zero", True), ("no such padding", False), (1, False)):
        net = network(made.block("hamiltonian", 3, integrator="verlet", padding=padding))
        if is_right:
            assert checker.check(net.data, net.certificate("volume", hypotheses=[]))
        else:
            with pytest.raises(checker.Rejected, match="padding"):
                checker.check(net.data, net.certificate("volume", hypotheses=[]))


def test_layers_of_one_method_are_asked_once(monkeypatch):
    """What holds of a method up to a number is proved once for all layers that need less: work grows with the layers alone."""
    asked = []
    original = checker.tableau
    monkeypatch.setattr(checker, "tableau", lambda stage: asked.append(stage) or original(stage))
    net = gradient_flow(integrator="runge_kutta", tableau_a="0.5", tableau_b="0.5,0.5")
    model = checker.Model(net.data)
    stage = next(stage for stage in model.stages if stage.kind == "block")
    for x in (1, 0.5, 1, 0, 0.25):
        assert checker.is_circle_contractive(stage, checker.Fraction(x))
    assert len(asked) == 1
    assert not checker.is_circle_contractive(stage, checker.Fraction(100)) and not checker.is_circle_contractive(stage, checker.Fraction(-1))
    assert checker.is_circle_contractive(stage, checker.Fraction(1)) and len(asked) == 3


def test_work_grows_with_the_layers_alone():
    """Of equal steps, which are compared once and not for every layer."""
    times = []
    for layers in (1000, 8000):
        net = network(made.block("antisymmetric", layers, gamma=0.0, integrator="midpoint", weights_in_time="shared"), **{"blocks.0.K": numpy.zeros((1, 5, 5)), "blocks.0.b": numpy.zeros((1, 5))})
        _, s = net.norm("antisymmetric_part", "blocks.0.K", 0, "l2")
        found = [made.hypothesis("slopes", 0.0, ">=", 0.0)] + [made.hypothesis("midpoint_step", s, "<", 1.0, layer=j) for j in range(layers)]
        text, start = net.certificate("step_size", hypotheses=found), time.process_time()
        assert checker.check(net.data, text)
        times.append(time.process_time() - start)
    assert times[1] < 30 * times[0] + 1, times


def test_weights_that_are_constant_in_pieces():
    """Four layers of two pieces: the second piece begins at the third layer, and with unequal steps where its time begins."""
    for sizes, entries in (("", [0, 0, 1, 1]), ("0.25,0.25,0.25,0.25", [0, 0, 1, 1]), ("0.1,0.1,0.1,0.7", [0, 0, 0, 1]), ("0.7,0.1,0.1,0.1", [0, 1, 1, 1])):
        block = made.block("gradient_flow", 4, hidden_width=0, inner_normalization="none", steps="plain", weights_in_time="piecewise_constant", basis_count=2, step_sizes=sizes)
        net = network({**block, "layers": 2}, scale=0.2)
        net.specification["blocks"][0]["layers"] = 4
        # The pieces' norms are different.
        net.tensors["blocks.0.K"][1] *= 2
        net = made.Made(net.specification, net.tensors)
        steps = [float(h) for h in sizes.split(",")] if sizes else [0.25] * 4
        found = [made.hypothesis("slopes", 0.0, ">=", 0.0)]
        for j, (h, entry) in enumerate(zip(steps, entries, strict=True)):
            _, s = net.norm("matrix", "blocks.0.K", entry, "l2")
            found.append(made.hypothesis("euler_step", h * s * s * made.SLACK, "<=", 2.0, layer=j))
        assert checker.check(net.data, net.certificate("non_expansive", hypotheses=found))
        for j in range(4):
            if entries[j] == 1:
                less = [{**hypothesis, "value": hypothesis["value"] / 4} if hypothesis.get("layer") == j else hypothesis for hypothesis in found]
                with pytest.raises(checker.Rejected, match=f"layer {j}"):
                    checker.check(net.data, net.certificate("non_expansive", hypotheses=less))
    net.specification["blocks"][0]["basis_count"] = 5
    net = made.Made(net.specification, net.tensors)
    with pytest.raises(checker.Rejected, match="pieces"):
        checker.check(net.data, net.certificate("non_expansive", hypotheses=found))


def test_row_sums_hold_by_construction():
    net = made.flow_network(row_sums=True)
    found = [made.hypothesis("slopes", 0.0, ">=", 0.0)] + [made.hypothesis("row_sums", 1.0, "<=", 1.0, layer=j) for j in range(3)]
    assert checker.check(net.data, net.certificate("non_expansive", hypotheses=found))[0].startswith("non-expansive in ℓ₂")
    # With fixed slopes it is the same condition.
    assert "does not increase |v|" in checker.check(net.data, net.certificate("step_size", hypotheses=found))[0]
    for change in ({"steps": "plain"}, {"integrator": "rk3"}, {"activation": "gelu"}):
        net.specification["blocks"][0] = {**made.flow_network(row_sums=True).specification["blocks"][0], **change}
        other = made.Made(net.specification, net.tensors)
        for statement in ("non_expansive", "step_size"):
            with pytest.raises(checker.Rejected):
                checker.check(other.data, other.certificate(statement, hypotheses=found))


def test_row_sums_belong_to_gradient_flows():
    net = network(made.block("second_order", 3, integrator="verlet", form="gradient", hidden_width=0, steps="row_sums"), **{"blocks.0.log_q": numpy.zeros((3, 5))})
    with pytest.raises(checker.Rejected, match="no steps row_sums"):
        checker.check(net.data, net.certificate("volume", hypotheses=[]))


def test_contraction():
    net = network(made.block("antisymmetric_damped", 3, gamma=1.5), scale=0.2)
    found, factor = [], 1.0
    for j in range(3):
        _, s = net.norm("antisymmetric_part", "blocks.0.K", j, "l2")
        square = (1 - 2 / 3 * (1.5 - s / 2) + (1.5 + s) ** 2 / 9) * made.SLACK
        factor *= numpy.sqrt(square) * made.SLACK
        found += [made.hypothesis("damping", (1.5 - s / 2) / made.SLACK, ">", 0.0, layer=j), made.hypothesis("damped_step", square, "<", 1.0, layer=j)]
    text = net.certificate("contraction", hypotheses=found, result={"factor": float(factor)})
    assert factor < 1
    assert checker.check(net.data, text)
    with pytest.raises(checker.Rejected, match="factor"):
        checker.check(net.data, made.signed(changed(json.loads(text), ("result", "factor"), float(factor) * 0.999)))
    # A step that keeps distances is no contraction.
    with pytest.raises(checker.Rejected, match="relation"):
        checker.check(net.data, made.signed(changed(json.loads(text), ("hypotheses", 1, "relation"), "<=")))
    least = min(entry["value"] for entry in found if entry["name"] == "damping")
    assert checker.check(net.data, net.certificate("contraction", hypotheses=found, result={"factor": float(factor), "rate_of_the_flow": least}))
    with pytest.raises(checker.Rejected, match="rate_of_the_flow"):
        checker.check(net.data, net.certificate("contraction", hypotheses=found, result={"factor": float(factor), "rate_of_the_flow": least * 1.001}))


@pytest.mark.parametrize("other", [made.block("dense", 3), made.block("antisymmetric_damped", 3, gamma=1.5)], ids=["another field", "without hypotheses"])
def test_every_block_must_contract(other):
    """The first block's proof says nothing of the second."""
    net = network(made.block("antisymmetric_damped", 3, gamma=1.5), other, scale=0.2)
    found, factor = [], 1.0
    for j in range(3):
        _, s = net.norm("antisymmetric_part", "blocks.0.K", j, "l2")
        square = (1 - 2 / 3 * (1.5 - s / 2) + (1.5 + s) ** 2 / 9) * made.SLACK
        factor *= numpy.sqrt(square) * made.SLACK
        found += [made.hypothesis("damping", (1.5 - s / 2) / made.SLACK, ">", 0.0, layer=j), made.hypothesis("damped_step", square, "<", 1.0, layer=j)]
    with pytest.raises(checker.Rejected, match="block"):
        checker.check(net.data, net.certificate("contraction", hypotheses=found, result={"factor": float(factor)}))


def multistep(numbers, **options):
    block = made.block("gradient_flow", 3, integrator="linear_multistep", multistep_shape="scalar", multistep_start="euler", hidden_width=0, inner_normalization="none", steps="plain", **options)
    return network(block, **{"blocks.0.k": numbers})


def test_multistep_networks():
    net = multistep([[-0.1], [0.5]])
    k = net.tensors["blocks.0.k"].astype(float).ravel()
    found = []
    for j in (1, 2):
        found += [made.hypothesis("multistep_k", k[j - 1], ">", -1.0, layer=j), made.hypothesis("multistep_k", k[j - 1], "<=", 1.0, layer=j)]
    assert "zero-stable" in checker.check(net.data, net.certificate("zero_stability", hypotheses=found))[0]
    steps = steps_of(net, "multistep_step", lambda s: s * s / 3, slopes=False)
    steps[0]["name"] = "euler_step"
    for step, number in zip(steps, [0.0, *k], strict=True):
        step["limit"] = 2 * (1 - number)
    assert "absolute stability" in checker.check(net.data, net.certificate("absolute_stability", hypotheses=steps))[0]
    # Unequal steps change the field's part of the recurrence alone.
    net = multistep([[-0.1], [0.5]], step_sizes=[0.1, 0.2, 0.3])
    assert "zero-stable" in checker.check(net.data, net.certificate("zero_stability", hypotheses=found))[0]
    for bad in ([[-1.0], [0.5]], [[-0.1], [1.5]]):
        net = multistep(bad)
        with pytest.raises(checker.Rejected):
            checker.check(net.data, net.certificate("zero_stability", hypotheses=found))


@pytest.mark.parametrize("statement", ["zero_stability", "absolute_stability"])
def test_every_block_must_be_a_multistep_method(statement):
    """The first block's proof says nothing of the second, which Euler's method solves, or whose hypotheses are missing."""
    first = multistep([[-0.1], [0.5]]).specification["blocks"][0]
    for second in (made.block("dense", 3), first):
        net = network(first, second, **{"blocks.0.k": [[-0.1], [0.5]]}, **({"blocks.1.k": [[-0.1], [0.5]]} if second is first else {}))
        k = net.tensors["blocks.0.k"].astype(float).ravel()
        if statement == "zero_stability":
            found = [made.hypothesis("multistep_k", k[j - 1], relation, limit, layer=j) for j in (1, 2) for relation, limit in ((">", -1.0), ("<=", 1.0))]
        else:
            found = steps_of(net, "multistep_step", lambda s: s * s / 3, slopes=False)
            found[0]["name"] = "euler_step"
            for step, number in zip(found, [0.0, *k], strict=True):
                step["limit"] = 2 * (1 - number)
        with pytest.raises(checker.Rejected, match="block"):
            checker.check(net.data, net.certificate(statement, hypotheses=found))


@pytest.mark.parametrize("loss", ["softmax_cross_entropy", "logistic", "multilabel_logistic", "unheard_of", None])
def test_scores_of_classes_are_not_scaled(loss):
    """The tensors targets.shift and targets.scale would make a bound of the scores as small as they like, though the library scales no such scores."""
    net = network(made.block("dense", 3))
    text = lipschitz(net, dense_rules(net))
    assert checker.check(net.data, text)
    other = made.Made({**net.specification, "loss": loss}, {"targets.shift": numpy.zeros(3), "targets.scale": numpy.full(3, 1e-3), **net.tensors})
    other.norms = net.norms
    content = json.loads(text)
    stages = [*content["stages"], {"kind": "targets", "index": 0, "rule": "diagonal", "norms": [], "lipschitz": 1e-3}]
    result = {name: value * 1e-3 if name == "lipschitz" else value for name, value in content["result"].items()}
    arguments = {"options": {"limit": 0.0}, "hypotheses": [], "stages": stages, "result": result}
    with pytest.raises(checker.Rejected, match="targets"):
        checker.check(other.data, other.certificate("lipschitz_l2", **arguments))
    values = made.Made({**other.specification, "loss": "least_squares"}, other.tensors)
    values.norms = net.norms
    assert checker.check(values.data, values.certificate("lipschitz_l2", **arguments))


def test_volume():
    net = network(made.block("hamiltonian", 3, integrator="verlet"))
    assert "determinant 1" in checker.check(net.data, net.certificate("volume", hypotheses=[]))[0]
    net = network(made.block("dense", 3))
    with pytest.raises(checker.Rejected, match="volume"):
        checker.check(net.data, net.certificate("volume", hypotheses=[]))


@pytest.mark.parametrize(
    "options",
    [
        {"noise": "stochastic_depth", "survival_scaling": "none"}, {"inner_normalization": "batch"}, {"steps": "tight"}, {"weights_in_time": "b_spline"}, {"residual_scale": 2.0},
        {"integrator": "dopri5"}, {"noise": "unheard_of"},
    ],
)  # fmt: skip
def test_options_that_change_the_map_are_rejected(options):
    net = gradient_flow(**options)
    with pytest.raises(checker.Rejected):
        checker.check(net.data, net.certificate("non_expansive", hypotheses=steps_of(net, "euler_step", lambda s: s * s / 3)))
