"""The command line, used wrongly: one sentence and the code 2, before anything is written."""

import pytest
from test_command import model, one_sentence, rows, run, table

__all__ = ["model", "rows", "table"]


@pytest.mark.parametrize("arguments, words", [
    (["--set", "width=abc"], "width takes an integer"), (["--set", "learning_rate=-1"], "learning_rate is -1"), (["--epochs", "-1"], "--epochs: -1"), (["--seed", "-1"], "--seed: -1"),
    (["--time-limit", "0"], "--time-limit: 0"), (["--threads", "-1"], "--threads: -1"), (["--set", "epochs=2", "--epochs", "3"], "epochs is given twice"),
    (["--set", "width=4", "--set", "width=5"], "--set names width twice"), (["--set", "blocks=[{"], "must be JSON"), (["--set", "loss=nothing"], "nothing"),
])  # fmt: skip
def test_wrong_options_are_wrong_usage(tmp_path, table, arguments, words):
    shown = run("train", table, "--target", "species", "-o", tmp_path / "model", *arguments)
    assert shown.returncode == 2 and words in shown.stderr.splitlines()[-1] and "Traceback" not in shown.stderr
    assert not (tmp_path / "model").exists()


def test_metrics_that_there_are_not_are_wrong_usage(model, table):
    one_sentence(run("evaluate", model, table, "--metrics", "foo"), 2, "there is no metric 'foo'")
    one_sentence(run("evaluate", model, table, "--metrics", "f1"), 2, "macro_f1")
    assert run("evaluate", model, table, "--quiet").returncode == run("predict", model, table, "--quiet").returncode == 0
