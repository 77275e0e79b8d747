"""Random networks, every statement of the registry: no `proved` is contradicted, every `refuted` replays, and the checker accepts what is proved.

SODE_SWEEP_NETWORKS is the number of networks of each statement (20); SODE_SWEEP_SEED chooses others. SODE_SWEEP_WRITE=1 writes what is found as lines of examples/results.jsonl, in place of those of the same statement and seed.
A failure names the network: `certificate_sweep.random_network(statement, index, seed)` makes it again.
"""

import os
import pathlib
import sys
import traceback
from collections import Counter

import numpy
import pytest

import attacks_on_scores as attacks
import certificate_sweep as sweep
import checks_of_distances as distances
import checks_of_frozen_steps as frozen
import reference_network as reference
import stableode
from checks_of_radii import certified_radius

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "bindings/checker"), str(ROOT / "examples/python")]
import check_certificate as checker  # noqa: E402
from results import read_lines, write  # noqa: E402

NETWORKS = int(os.environ.get("SODE_SWEEP_NETWORKS", "20"))
SEED = int(os.environ.get("SODE_SWEEP_SEED", "0"))
WRITES = os.environ.get("SODE_SWEEP_WRITE") == "1"

CHECKS = {
    "lipschitz_l2": distances.lipschitz("lipschitz_l2", 2), "lipschitz_linf": distances.lipschitz("lipschitz_linf", numpy.inf), "non_expansive": distances.non_expansive, "contraction": distances.contraction,
    "step_size": frozen.step_size, "zero_stability": frozen.zero_stability, "absolute_stability": frozen.absolute_stability, "volume": frozen.volume, "energy": frozen.energy,
    "port_hamiltonian": frozen.port_hamiltonian, "certified_radius": certified_radius,
}  # fmt: skip

#: One in so many proved certificates goes to the checker.
SHARE = {"certified_radius": 10}


def test_every_statement_is_swept():
    assert set(CHECKS) == set(stableode.certificates())


@pytest.mark.parametrize("statement", CHECKS)
def test_no_statement_is_contradicted(statement):
    verdicts, failures, checked, rejected = Counter(), [], 0, 0
    for index in range(NETWORKS):
        network, treatment = sweep.random_network(statement, index, SEED)
        random = numpy.random.default_rng([SEED, index])
        try:
            assert_same_as_reference(network, random)
            for certificate in CHECKS[statement](network, random):
                verdicts[certificate.verdict] += 1
                if certificate and verdicts["proved"] % SHARE.get(statement, 3) == 1:
                    checked += 1
                    assert checker.check(network.to_bytes(), certificate.text.encode())
        except Exception as error:
            rejected += isinstance(error, checker.Rejected)
            frame = [part for part in traceback.extract_tb(error.__traceback__) if "tests" in part.filename or "checker" in part.filename][-1]
            failures.append(f"network {index} ({treatment}, {network.specification['blocks']}): {type(error).__name__} in {pathlib.Path(frame.filename).name}, line {frame.lineno}: {error}")
    print(f"\n{statement}: {dict(verdicts)}, {checked} checked again, {rejected} rejected, {len(failures)} failures")
    if WRITES:
        write({"figure": f"sweeps/{statement}", "seed": SEED, "networks": NETWORKS, "verdicts": dict(sorted(verdicts.items())), "contradicted": len(failures) - rejected, "checked_again": checked, "rejected_by_the_checker": rejected,
               "command": command(NETWORKS, SEED), "version": stableode.library_version()})  # fmt: skip
    assert not failures, f"{len(failures)} of {NETWORKS} networks (seed {SEED}): " + "\n".join(failures[:40])
    assert verdicts["proved"] > NETWORKS // 8, verdicts


def command(networks, seed):
    return f"SODE_SWEEP_NETWORKS={networks} SODE_SWEEP_SEED={seed} SODE_SWEEP_WRITE=1 pytest -s bindings/python/tests/test_certificate_sweeps.py"


def test_the_written_sweeps_contradict_nothing():
    """Of each statement 1000 networks, and the checker accepts every certificate of them that it is given."""
    if WRITES:
        pytest.skip("the lines are being written")
    lines = [line for line in read_lines() if line["figure"].startswith("sweeps/")]
    assert {line["figure"].removeprefix("sweeps/") for line in lines} == set(CHECKS)
    for line in lines:
        assert line["networks"] >= 1000 and line["checked_again"] > 50 and line["command"] == command(line["networks"], line["seed"])
        assert line["contradicted"] == line["rejected_by_the_checker"] == 0, line["figure"]


def test_the_largest_radius_is_proved():
    """What certified_radius gives is what certify proves."""
    random = numpy.random.default_rng(0)
    for seed in range(10):
        x = random.standard_normal((40, 4))
        network = stableode.Network(inputs=4, outputs=3, width=6, opening="dense", layers=2, precision="float64", field="gradient_flow", steps="row_sums", seed=seed)
        _, radii = network.certified_radius(x)
        assert all(bool(network.certify("certified_radius", row)) == (radius > 0) for row, radius in zip(x, radii, strict=True))


def assert_same_as_reference(network, random):
    """The networks of this file in NumPy are the library's, so that neither is tested by a wrong one."""
    x = random.standard_normal((2, network.inputs))
    twin = attacks.double_twin(network)
    try:
        expected, found = reference.scores(twin, x), twin.scores(x)
        moved = reference.scores(twin, x * (1 + 1e-12))
    except (KeyError, stableode.NotFiniteError):
        return
    sensitivity = float(abs(moved - expected).max())
    if max(abs(values).max() for values in twin.parameters.values()) < 1e3 and sensitivity < 1e-6:
        numpy.testing.assert_allclose(found, expected.astype("float64"), rtol=1e-8, atol=1e-8 * float(abs(expected).max() + 1) + sensitivity)
