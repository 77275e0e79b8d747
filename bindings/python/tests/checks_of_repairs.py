"""What a certificate names as a repair makes its statement provable."""

import json

import stableode


def changed(network, **options):
    """The same network with other options of its blocks."""
    specification = json.loads(json.dumps(network.specification))
    for block in specification["blocks"]:
        block.update(options)
    made = stableode.Network.from_json(json.dumps(specification))
    for name, values in network.parameters.items():
        made.parameters[name] = values
    return made


def assert_repaired(network, certificate):
    """Largest steps, factors of the weights and smallest damping. Nothing is said where another hypothesis fails as well, of slopes or of numbers k."""
    repair = certificate.repair
    failing = {hypothesis["name"] for hypothesis in certificate.hypotheses if not hypothesis["holds"]}
    statement = certificate.record["statement"]
    (block, *others) = network.specification["blocks"]
    if not repair or others or failing & {"slopes", "multistep_k"}:
        return
    if "weight_factor" in repair:
        made = changed(network)
        # Weights are rounded.
        factor = repair["weight_factor"] * (1 - 1e-6 if network.specification["precision"] == "float32" else 1)
        for name, values in network.parameters.items():
            if name.startswith("blocks.") and name.split(".")[-1][0] in "KC":
                made.parameters[name] = (values * factor).astype(values.dtype)
        assert made.certify(statement), f"weights times {factor}"
    if "largest_step" in repair and not block["step_sizes"]:
        assert changed(network, horizon=repair["largest_step"] * block["layers"]).certify(statement), f"steps of {repair['largest_step']}"
    if repair.get("smallest_gamma", 1e9) < 1e6:
        assert changed(network, gamma=repair["smallest_gamma"]).certify(statement), f"gamma {repair['smallest_gamma']}"
