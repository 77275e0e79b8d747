"""Fitted fields: roll-outs at coarse times, files, the fields that serve, and what the data decide."""

import pickle
import re
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import numpy
import pytest

import stableode
from stableode import trajectories
from stableode._library import library

ROOT = Path(__file__).resolve().parents[3]
TIMES = numpy.linspace(0, 6, 40)
STATES = numpy.stack([numpy.cos(TIMES), -numpy.sin(TIMES)], axis=1)


@pytest.fixture(scope="module")
def model():
    return trajectories.fit(TIMES, STATES, epochs=300, seed=1)


def test_coarse_times_take_no_longer_steps_than_the_fit(model):
    assert model.layout.largest_interval == pytest.approx(6 / 39)
    truth = numpy.array([numpy.cos(6), -numpy.sin(6)])
    for grid in ([0, 6], [0, 3, 6], [0.0, 0.1, 0.1, 6.0]):
        found = model.rollout([1.0, 0.0], grid)
        assert found.shape == (len(grid), 2) and numpy.abs(found[-1] - truth).max() < 0.02
    fine = numpy.linspace(0, 6, 40)
    several = model.rollout([[1.0, 0.0], [0.5, 0.0]], [[0.0, 2.0, 6.0], [0.0, 0.0, 0.3]])
    assert several.shape == (2, 3, 2)
    assert numpy.array_equal(several[1, 2], model.rollout([0.5, 0.0], [0.0, 0.15, 0.3])[-1])
    assert numpy.array_equal(several[0, 2], model.rollout([1.0, 0.0], numpy.concatenate([numpy.linspace(0, 2, 14), 2 + numpy.arange(1, 27) * (4.0 / 26)]))[-1])
    assert numpy.array_equal(model.rollout([1.0, 0.0], fine)[-1], model.rollout([1.0, 0.0], fine)[-1])
    assert numpy.array_equal(model.rollout([1.0, 0.0], 100 + fine), model.rollout([1.0, 0.0], 100 + fine))


def test_times_of_the_fit_take_the_steps_of_the_fit():
    """Also where they are rounded: the places of 0.1·k are not equally far from each other."""
    times = 0.1 * numpy.arange(40)
    model = trajectories.fit(times, STATES, epochs=5, seed=1)
    row = numpy.concatenate([(STATES[0] - model.shift) / model.scale, (times + 1000) / model.time_unit])[None]
    expected = model.shift + model.scale * model.network.scores(row).reshape(40, 2)
    assert numpy.array_equal(model.rollout(STATES[0], times + 1000), expected)


def test_far_times_are_followed_or_refused(model):
    far = model.rollout([1.0, 0.0], [0, 600.0])
    assert numpy.allclose(far[-1], model.rollout([1.0, 0.0], numpy.linspace(0, 600, 3901))[-1], rtol=1e-6)
    with pytest.raises(stableode.OutOfRangeError, match="reach from 0 to 1e\\+12, which takes 6.5e\\+12 steps, none longer than the longest interval of the fit, 0.153846"):
        model.rollout([1.0, 0.0], [0, 1e12])
    with pytest.raises(stableode.InvalidDataError, match="trajectory 1: time 2 is 0.5, before"):
        model.rollout([[1.0, 0.0]] * 2, [[0, 1, 2], [0, 1, 0.5]])
    with pytest.raises(stableode.InvalidDataError, match="trajectory 0: time 1 is NaN or infinite"):
        model.rollout([1.0, 0.0], [0, numpy.inf])


def test_roll_outs_follow_changed_parameters(model):
    copy = pickle.loads(pickle.dumps(model))
    before = [copy.rollout([1.0, 0.0], grid)[-1] for grid in (TIMES, [0, 6.0])]
    copy.network.parameter_vector = 0.9 * copy.network.parameter_vector
    after = [copy.rollout([1.0, 0.0], grid)[-1] for grid in (TIMES, [0, 6.0])]
    assert numpy.abs(numpy.subtract(before, after)).min() > 1e-4 and numpy.allclose(*after, atol=1e-9)


def test_adaptive_steps_need_no_further_times():
    model = trajectories.fit(TIMES, STATES, epochs=100, seed=1, integrator="dopri5")
    assert numpy.abs(model.rollout([1.0, 0.0], [0, 6.0])[-1] - model.rollout([1.0, 0.0], TIMES)[-1]).max() < 1e-3


def test_refits_keep_the_longest_interval_of_their_own_data(model):
    assert model.refit(TIMES[::3], STATES[::3], epochs=1).layout.largest_interval == pytest.approx(18 / 39)


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_models_are_kept(tmp_path, precision):
    pandas = pytest.importorskip("pandas")
    dates = numpy.datetime64("2024-03-01T12:00") + (1000 * TIMES).round().astype("timedelta64[ms]")
    frame = pandas.DataFrame(300 + 50 * STATES, columns=["q", "p"])
    model = trajectories.fit(dates, frame, epochs=20, seed=1, precision=precision)
    model.save(tmp_path / "field.safetensors")
    found = trajectories.load(tmp_path / "field.safetensors")
    assert numpy.array_equal(found.rollout([310.0, 290.0], dates), model.rollout([310.0, 290.0], dates))
    assert numpy.array_equal(found.rollout([310.0, 290.0], dates[[0, 30]]), model.rollout([310.0, 290.0], dates[[0, 30]]))
    assert numpy.array_equal(found.field(None, [310.0, 290.0]), model.field(None, [310.0, 290.0]))
    assert found.layout.columns == ("q", "p") and found.initial_states.shape == (0, 2) and found.layout.clock == model.layout.clock
    assert found.result.loss == model.result.loss and found.result.outcome == "ok" and found.width == 2
    again = found.refit(dates, frame, epochs=1)
    assert again.time_unit == model.time_unit and again.initial_states.shape == (1, 2)
    # The network's own file is as good.
    model.network.save(tmp_path / "network.safetensors")
    assert numpy.array_equal(trajectories.load(tmp_path / "network.safetensors").rollout([310.0, 290.0], dates), model.rollout([310.0, 290.0], dates))


def test_files_that_are_no_models_are_refused(tmp_path, model):
    stableode.Network(inputs=2, outputs=2).save(tmp_path / "network")
    with pytest.raises(stableode.IncompatibleError, match="no model of stableode.trajectories"):
        trajectories.load(tmp_path / "network")
    for key, text in [("trajectory_scale", "1.0"), ("trajectory_scale", "1.0 -1.0"), ("trajectory_time_unit", "soon"), ("trajectory_fit", "{}"), ("trajectory_shift", "nan 0")]:
        model.save(tmp_path / "damaged")
        network = stableode.Network.load(tmp_path / "damaged")
        network.metadata[key] = text
        network.save(tmp_path / "damaged")
        with pytest.raises(stableode.InvalidDataError, match="the notes of the fit in the network's metadata are damaged"):
            trajectories.load(tmp_path / "damaged")


def test_the_guides_program_in_c_has_the_same_bits(tmp_path, model):
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no C compiler")
    page = (ROOT / "bindings/python/guide/trajectories.md").read_text(encoding="utf-8")
    (tmp_path / "rollout.c").write_text(re.findall(r"^```c\n(.*?)^```", page, re.M | re.S)[0])
    (tmp_path / "libstableode.so.0").symlink_to(Path(library._name).resolve())
    options = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-I", ROOT / "include", f"-Wl,-rpath,{tmp_path}", "-o", "rollout"]
    subprocess.run([compiler, "rollout.c", "libstableode.so.0", *options], cwd=tmp_path, check=True)
    model.save(tmp_path / "field.safetensors")
    shown = subprocess.run([tmp_path / "rollout", "field.safetensors", "1", "0"], cwd=tmp_path, capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr
    found = numpy.array([[float(part) for part in line.split()] for line in shown.stdout.splitlines()])
    assert numpy.array_equal(found[:, 1:], model.rollout([1.0, 0.0], found[:, 0])) and len(found) == 101


def test_pickles_hold_no_network_of_a_roll_out(model):
    before = len(pickle.dumps(model))
    expected = model.rollout([1.0, 0.0], numpy.linspace(0, 6, 3000))
    assert len(pickle.dumps(model)) == before
    copy = pickle.loads(pickle.dumps(model))
    assert numpy.array_equal(copy.rollout([1.0, 0.0], numpy.linspace(0, 6, 3000)), expected) and copy.layout.clock == model.layout.clock


def test_comparisons_are_by_identity(model):
    """Arrays have no truth value."""
    packed = trajectories.pack(TIMES, STATES)
    series = stableode.sequences.pack([numpy.ones((3, 1)), numpy.ones((4, 1))])
    for value, other in [(model, model.refit(TIMES, STATES, epochs=1)), (packed, trajectories.pack(TIMES, STATES)), (series, stableode.sequences.pack([numpy.ones((3, 1)), numpy.ones((4, 1))]))]:
        assert value == value and value != other and len({value, other}) == 2


def test_initial_states_of_the_result_are_those_of_the_model():
    model = trajectories.fit(TIMES, 300 + 50 * STATES, epochs=20, seed=1)
    assert numpy.array_equal(model.result.initial_states, model.initial_states) and abs(model.initial_states[0, 0] - 350) < 20


#: Fields that no data of states alone determine → what the refusal says.
REFUSED = {
    "hamiltonian": "momenta or velocities", "hamiltonian_two_weight": "momenta or velocities", "second_order": "momenta or velocities",
    "antisymmetric_rnn": "driven by sequences", "gated_antisymmetric_rnn": "driven by sequences", "neural_cde": "driven by sequences", "ode_rnn": "driven by sequences",
}  # fmt: skip


@pytest.mark.parametrize("field", list(stableode.fields()))
def test_each_field_serves_or_is_refused_by_name(field, tmp_path):
    if field in REFUSED:
        with pytest.raises(stableode.IncompatibleError, match=rf"\b{field}\b.*{REFUSED[field]}"):
            trajectories.fit(TIMES, STATES, field=field)
        return
    model = trajectories.fit(TIMES, STATES, field=field, epochs=3, seed=1)
    assert model.rollout([1.0, 0.0], [0.0, 1.0, 2.0]).shape == (3, 2) and model.field(0.0, [1.0, 0.0]).shape == (2,)
    model.save(tmp_path / "field")
    assert numpy.array_equal(trajectories.load(tmp_path / "field").field(None, STATES), model.field(None, STATES))


@pytest.mark.parametrize("basis", [name for name in stableode.time_bases() if name != "shared"])
def test_weights_that_change_with_time_are_refused(basis):
    with pytest.raises(stableode.IncompatibleError, match=f"weights_in_time is '{basis}'.*'shared'"):
        trajectories.fit(TIMES, STATES, weights_in_time=basis)


@pytest.mark.parametrize("option", ["width", "inputs", "channels", "outputs", "outputs_at", "opening", "layers", "blocks", "horizon", "step_sizes"])
def test_what_the_data_decide_is_refused_with_the_reason(option):
    with pytest.raises(stableode.InvalidArgumentError, match=f"^{option} is 3, but a fit to trajectories sets it: "):
        trajectories.fit(TIMES, STATES, **{option: 3})


@pytest.mark.parametrize(("misspelt", "near"), [("segmnt", "segment"), ("feild", "field"), ("substep", "substeps"), ("learnig_rate", "learning_rate")])
def test_misspelt_options_get_the_nearest(misspelt, near):
    with pytest.raises(stableode.UnknownNameError, match=f"^{misspelt} is no option .*did you mean '{near}'"):
        trajectories.fit(TIMES, STATES, **{misspelt: 1})


def test_fits_that_went_astray_are_warned_of():
    with pytest.warns(UserWarning, match="none of the 30 steps lowered the objective.*smaller learning_rate"):
        trajectories.fit(TIMES, STATES, optimizer="adam", learning_rate=1.0, epochs=30, seed=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trajectories.fit(TIMES, STATES, epochs=1, seed=1)
        trajectories.fit(TIMES, STATES, segment=5, epochs=20, seed=1)
        trajectories.fit(TIMES, numpy.ones((40, 2)), epochs=3, seed=1)


INTERRUPTED = """
import os, signal, threading, time
import numpy
from stableode import trajectories

times = numpy.linspace(0, 6, 40)
states = numpy.stack([numpy.cos(times), -numpy.sin(times)], axis=1)
interrupted = []
def interrupt():
    interrupted.append(time.monotonic())
    os.kill(os.getpid(), signal.SIGINT)
threading.Timer(1.0, interrupt).start()
try:
    trajectories.fit([times] * 200, [states] * 200, epochs=10**9, optimizer="adam")
except KeyboardInterrupt:
    print(time.monotonic() - interrupted[0])
"""


def test_ctrl_c_ends_a_fit_within_300_ms():
    shown = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=60)
    assert shown.returncode == 0, shown.stderr
    assert float(shown.stdout) < 0.3
