"""Who hears of training: several callbacks, the display of `verbose`, and the log."""

import builtins
import io
import logging
import sys
import types

import numpy
import pytest

import stableode
from stableode import _bars


@pytest.fixture
def data(batch):
    return stableode.Dataset(*batch)


def test_several_callbacks_each_receive_each_report_once_and_in_order(network, data):
    heard = []
    network.fit(data, epochs=3, on_progress=[lambda report: heard.append(("a", report)), lambda report: heard.append(("b", report))])
    assert [name for name, _ in heard] == ["a", "b"] * (len(heard) // 2) and len(heard) >= 6
    assert all(first[1] is second[1] for first, second in zip(heard[::2], heard[1::2]))
    assert [report.epoch for name, report in heard if name == "a" and report.kind == "epoch"] == [1, 2, 3]


def test_the_first_that_stops_wins_and_all_hear_the_last_report(network, data):
    heard = []
    history = network.fit(data, epochs=50, on_progress=(lambda report: report.epoch >= 2, lambda report: heard.append(report) or False))
    assert history.outcome == "stopped_by_callback" and len(history) <= 3
    assert heard[-1].epoch >= 2


def test_an_exception_ends_training_with_its_traceback(network, data):
    later = []

    def fails(report):
        raise ZeroDivisionError("from the callback")

    with pytest.raises(ZeroDivisionError, match="from the callback") as caught:
        network.fit(data, epochs=5, on_progress=[fails, later.append], verbose=True)
    assert caught.traceback[-1].name == "fails" and later == []


@pytest.mark.parametrize("wrong, message", [
    (3, "on_progress is a int"), ([print, None], r"on_progress\[1\] is None"), ([print, 3], r"on_progress\[1\] is a int"),
])
def test_what_is_no_function_is_refused(network, data, wrong, message):
    with pytest.raises(stableode.UnsupportedTypeError, match=message):
        network.fit(data, epochs=1, on_progress=wrong)
    with pytest.raises(stableode.UnsupportedTypeError, match=message):
        stableode.multilevel(network, data, layers=6, on_progress=wrong, epochs=1)


@pytest.mark.parametrize("wrong, error", [("yes", stableode.UnsupportedTypeError), (3, stableode.OutOfRangeError)])
def test_verbose_is_checked(network, data, wrong, error):
    with pytest.raises(error, match="verbose"):
        network.fit(data, epochs=1, verbose=wrong)


def test_silence_is_the_default(network, data, capfd):
    network.fit(data, epochs=2)
    assert capfd.readouterr() == ("", "")


def test_lines_show_each_epoch(network, data, capfd):
    network.fit(data, validation=data, epochs=3, verbose=2)
    shown = capfd.readouterr()
    assert shown.out == ""
    lines = shown.err.splitlines()
    assert [line.split(":")[0] for line in lines] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]
    assert "validation accuracy" in lines[0] and "loss" in lines[0]


@pytest.fixture
def without_tqdm(monkeypatch):
    real = builtins.__import__
    for name in [name for name in sys.modules if name.split(".")[0] == "tqdm"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "tqdm", None)
    return real


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_bar_of_plain_text_without_tqdm(network, data, monkeypatch, without_tqdm):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    network.fit(data, epochs=5, verbose=True)
    shown = screen.getvalue()
    last = shown.split("\r")[-1]
    assert shown.endswith("\n") and last.startswith("epoch 5/5 [####") and "100 %" in last and "loss" in last


def test_few_lines_in_a_file_without_tqdm(network, data, capfd, without_tqdm):
    network.fit(data, epochs=100, verbose=True)
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 11 and lines[-1].startswith("epoch 100/100")


def test_the_bar_of_tqdm_where_it_is_installed(network, data, monkeypatch):
    """A stand-in records what tqdm's bar is told, so that this runs where tqdm is not installed too."""
    made = []

    class Bar:
        monitor_interval = 10

        def __init__(self, **options):
            self.options, self.n, self.texts, self.closed = options, options["initial"], [], False
            made.append(self)

        def set_description_str(self, text, refresh):
            self.texts.append(text)

        def set_postfix_str(self, text, refresh):
            self.texts.append(text)

        def update(self, amount):
            self.n += amount

        def close(self):
            self.closed = True

    monkeypatch.setitem(sys.modules, "tqdm", types.ModuleType("tqdm"))
    monkeypatch.setitem(sys.modules, "tqdm.auto", types.ModuleType("tqdm.auto"))
    sys.modules["tqdm.auto"].tqdm = Bar
    trainer = stableode.Trainer(network, epochs=6)
    trainer.run(data, epochs=2, verbose=True)
    trainer.run(data, verbose=1)
    first, second = made
    assert (first.options["total"], first.options["initial"], first.n) == (2, 0, 2)
    assert (second.options["total"], second.options["initial"], second.n) == (6, 2, 6)
    assert first.closed and second.closed and "epoch 6/6" in second.texts
    assert type(first).monitor_interval == 0  # no thread that a fork would find


def test_tqdm_itself(network, data, capfd):
    pytest.importorskip("tqdm", reason="tqdm is not installed")
    network.fit(data, epochs=4, verbose=True)
    assert "epoch 4/4 100%" in capfd.readouterr().err


def test_a_bar_is_closed_when_training_fails(network, data, monkeypatch, without_tqdm):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    with pytest.raises(ZeroDivisionError):
        network.fit(data, epochs=5, verbose=True, on_progress=lambda report: 1 / 0)
    assert screen.getvalue().endswith("\n")


def test_programs_without_standard_error(network, data, monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    assert len(network.fit(data, epochs=2, verbose=True)) == 2


def test_the_log_receives_epochs(network, data, caplog):
    with caplog.at_level(logging.INFO, logger="stableode"):
        network.fit(data, validation=data, epochs=2)
    messages = [record.getMessage() for record in caplog.records]
    assert messages[0] == "training begins: 20 samples, 20 for validation; optimizer automatic"
    assert [message.split(":")[0] for message in messages[1:3]] == ["epoch 1/2", "epoch 2/2"]
    assert messages[3] == "training ended: ok"
    assert caplog.records[1].progress.epoch == 1
    caplog.clear()
    with caplog.at_level(logging.WARNING, logger="stableode"):
        network.fit(data, epochs=2)
    assert not caplog.records


def test_a_trainer_of_several_runs_shows_all_its_epochs(network, data, capfd):
    trainer = stableode.Trainer(network, epochs=4)
    trainer.run(data, epochs=1, verbose=2)
    trainer.run(data, verbose=2)
    assert [line.split(":")[0] for line in capfd.readouterr().err.splitlines()] == ["epoch 1/1", "epoch 2/4", "epoch 3/4", "epoch 4/4"]


def test_levels_are_named(make_network, data, capfd):
    stableode.multilevel(make_network(layers=2), data, layers=4, epochs=1, verbose=2)
    assert [line.split(":")[0] for line in capfd.readouterr().err.splitlines()] == ["epoch 1/1", "level 1, epoch 1/1"]


def test_figures_leave_out_what_there_is_not(network, data):
    reports = []
    network.fit(data, epochs=1, on_progress=reports.append)
    assert "validation" not in _bars.figures(reports[-1]) and "accuracy" in _bars.figures(reports[-1])


def test_repr_of_a_trainer(network, data):
    trainer = stableode.Trainer(network, epochs=5)
    trainer.run(data, epochs=2)
    assert repr(trainer) == "Trainer(adamw, 2 epochs trained, at most 5)"
    trainer.close()
    assert repr(trainer) == "Trainer(closed)"


def test_streams_that_do_not_say_whether_they_are_terminals(monkeypatch):
    class Plain:
        def write(self, text):
            return len(text)

        def flush(self):
            pass

    for without_bars in (False, True):
        if without_bars:
            monkeypatch.setitem(sys.modules, "tqdm.auto", None)
        monkeypatch.setattr(sys, "stderr", Plain())
        assert len(stableode.Network(inputs=2, outputs=2).fit(numpy.arange(20.0).reshape(10, 2), [0, 1] * 5, epochs=2, verbose=True)) == 2
