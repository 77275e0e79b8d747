"""What the last error message says after positive statuses, and the system's number of a file error."""

import errno
import os
import pickle

import numpy
import pytest

import stableode
from stableode._library import decode, library
from stableode._table import FUNCTIONS, Outcome

NAN = float("nan")

X = numpy.random.default_rng(0).standard_normal((40, 2))
Y = numpy.random.default_rng(1).standard_normal(40)


def regression(**options):
    return stableode.Network(**{"inputs": 2, "outputs": 1, "width": 2, "layers": 2, "loss": "least_squares", **options})


def last_error():
    return decode(library.sode_last_error_message())


def make_an_error():
    with pytest.raises(stableode.UnknownNameError):
        stableode.registry("nothing")
    assert "nothing" in last_error()


def outcomes():
    """Runs that end early, for each positive status that a run can return: name, words of the reason, options, arguments."""
    token = stableode.CancelToken()
    token.request()
    data = (X, Y)
    yield "stopped_by_callback", "callback", {}, {"on_progress": lambda progress: True}
    yield "cancelled", "cancel", {}, {"cancel": token}
    yield "time_limit", "time limit", {"epochs": 10**6}, {"time_limit": 0.05}
    yield "early_stopping", "patience", {"patience": 1, "optimizer": "sgd", "learning_rate": 1e-30}, {"validation": data}
    yield "converged", "gradient", {"optimizer": "lbfgs", "gradient_tolerance": 0.9}, {}
    yield "no_descent", "lowers the objective", {}, {}


@pytest.mark.parametrize("outcome, words, options, arguments", list(outcomes()), ids=lambda value: value if isinstance(value, str) else "")
def test_a_positive_status_says_its_reason(outcome, words, options, arguments):
    network = regression(precision="float64")
    trainer = stableode.Trainer(network, **{"epochs": 50, "num_threads": 1, **options})
    if outcome == "no_descent":
        # A loss whose gradient points uphill: no step along it lowers the loss.
        trainer = stableode.Trainer(network, loss=lambda s, t: ((s[:, 0] - t[:, 0]) ** 2, -(s - t)), optimizer="lbfgs", epochs=50)
    make_an_error()
    trainer.run((X, Y), **arguments)
    assert trainer.history.outcome == outcome
    assert words in last_error() and "nothing" not in last_error() and library.sode_last_error_number() == 0


def test_other_positive_statuses_say_their_reasons():
    network = regression()
    make_an_error()
    network.predict([[NAN, 0.0], [0.0, 0.0]], rows_without_result="nan")
    assert "row 0" in last_error() and "NaN" in last_error()
    large, token = numpy.zeros((2_000_000, 2)), stableode.CancelToken()
    token.request()
    for limit, error, word in (({"seconds": 1e-3}, stableode.TimeLimitError, "time limit"), ({"cancel": token}, stableode.CancelledError, "cancel")):
        make_an_error()
        with stableode.limits(**limit), pytest.raises(error, match=word):
            network.predict(large)
        assert word in last_error()


def test_all_functions_with_outcomes_are_tried():
    """Further functions that return a positive status with a result would need a row above."""
    names = {name for name, (result, _) in FUNCTIONS.items() if result is Outcome} - {"sode_network_fit_trajectories"}  # test_trajectory_fits
    assert names <= {"sode_trainer_run", "sode_trainer_run_stream", "sode_multilevel_run", "sode_network_predict", "sode_predictor_run", "sode_predictor_run_f32", "sode_predictor_run_f64"}


def test_success_leaves_the_message():
    make_an_error()
    regression().predict(X)
    assert "nothing" in last_error()


def test_file_errors_carry_the_systems_number(tmp_path):
    network = regression()
    trainer = stableode.Trainer(network)
    missing, folder = tmp_path / "missing" / "model.sode", tmp_path / "f"
    folder.mkdir()
    readable = tmp_path / "labels"
    readable.write_bytes(b"x" * 20)
    for call in (
        lambda: stableode.Network.load(missing),
        lambda: stableode.Trainer.load(os.fsencode(missing)),
        lambda: stableode.Dataset.idx(missing, readable),
        lambda: network.save(missing),
        lambda: trainer.save(str(missing)),
    ):
        with pytest.raises(stableode.FileError) as caught:
            call()
        error = caught.value
        assert (error.errno, error.strerror, error.filename) == (errno.ENOENT, os.strerror(errno.ENOENT), str(missing))
        assert str(missing) in str(error) and isinstance(error, OSError)
        copy = pickle.loads(pickle.dumps(error))
        assert (copy.errno, copy.filename, copy.code, str(copy)) == (error.errno, error.filename, error.code, str(error))
    with pytest.raises(stableode.FileError, match="not a regular file") as caught:
        stableode.Network.load(folder)
    assert caught.value.errno is None and caught.value.filename == str(folder)
    name = "ä" * 300
    with pytest.raises(stableode.FileError) as caught:
        stableode.Network.load(tmp_path / name)
    assert caught.value.errno == errno.ENAMETOOLONG and caught.value.filename == str(tmp_path / name)
