"""The command line, used wrongly: one sentence and the code 2, before anything is written."""

import pytest
from test_command import model, one_sentence, rows, run, table, trained, write

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


def test_options_have_the_commands_names_in_errors(tmp_path):
    write(path := tmp_path / "gaps.csv", ["size", "color", "kind"], [[number if number else "", "rb"[number % 2], "uv"[number % 2]] for number in range(10)])
    one_sentence(trained(tmp_path, path)[0], 1, "line 2", "--missing mean")
    shown, model = trained(tmp_path, path, "--missing", "mean")
    write(new := tmp_path / "new.csv", ["size", "color"], [[1, "green"]])
    one_sentence(run("predict", model, new), 1, "'green'", "--unseen zeros")
