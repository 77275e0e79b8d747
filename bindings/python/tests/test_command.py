"""The command line: every kind of file, exit codes, and errors of one sentence."""

import csv
import gzip
import json
import os
import signal
import subprocess
import sys
import time
import types

import numpy
import polars
import pyarrow
import pytest
from pyarrow import parquet

import stableode
from stableode.__main__ import main
from stableode._command.arrow import ArrowTable

SPECIES = ["setosa", "versicolor", "virginica"]


@pytest.fixture
def rows():
    random = numpy.random.default_rng(3)
    labels = numpy.arange(90) % 3
    return numpy.round(random.normal(size=(90, 2), scale=0.4) + labels[:, None] * [2, -1], 3), labels


@pytest.fixture
def table(tmp_path, rows):
    path = tmp_path / "flowers.csv"
    write(path, ["length", "width", "species"], [[*point, SPECIES[label]] for point, label in zip(rows[0].tolist(), rows[1])])
    return path


@pytest.fixture
def model(tmp_path, table):
    path = tmp_path / "flowers.safetensors"
    assert main(["train", str(table), "--target", "species", "-o", str(path), "--epochs", "40", "--set", "learning_rate=0.05", "--set", "width=6", "--quiet"]) == 0
    return path


def write(path, header, rows, delimiter=","):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerows(([header] if header else []) + rows)


def run(*arguments, **options):
    """Runs the command as a user does; returns the finished process."""
    return subprocess.run([sys.executable, "-m", "stableode", *map(str, arguments)], capture_output=True, text=True, **options)


def one_sentence(shown, code, *parts):
    assert shown.returncode == code, shown.stderr
    assert "Traceback" not in shown.stderr
    line = shown.stderr.strip().splitlines()[-1]
    assert line.startswith("stableode: ")
    for part in parts:
        assert part in line, line


# Training, evaluation, prediction and inspection


def test_a_model_from_train_to_predict(tmp_path, table, model, rows):
    network = stableode.Network.load(model)
    assert network.classes == SPECIES and [column["name"] for column in network.columns.record["inputs"]] == ["length", "width"]
    assert network.specification["width"] == 6

    shown = run("evaluate", model, table, "--metrics", "macro_f1", "--json")
    figures = json.loads(shown.stdout)
    expected = network.evaluate(rows[0], rows[1], metrics="macro_f1")
    assert figures == expected and figures["accuracy"] > 0.9

    out = tmp_path / "out.csv"
    shown = run("predict", model, table, "--output", out, "--probabilities")
    assert (shown.returncode, shown.stdout, shown.stderr) == (0, "", "")
    with open(out, newline="") as file:
        found = list(csv.DictReader(file))
    assert list(found[0]) == ["species", *(f"probability_{name}" for name in SPECIES)]
    assert [row["species"] for row in found] == [SPECIES[label] for label in network.predict(rows[0])]
    probabilities = numpy.array([[float(row[f"probability_{name}"]) for name in SPECIES] for row in found], "float32")
    assert (probabilities == network.predict_proba(rows[0])).all()


def test_train_says_what_it_did(tmp_path, table):
    shown = run("train", table, "--target", "species", "--output", tmp_path / "m", "--validation", table, "--epochs", "3", "--seed", "4", "--set", "field=dense")
    assert shown.returncode == 0, shown.stderr
    for part in ("90 samples, 2 features from 2 numbers; target species: 3 classes (setosa, versicolor, virginica)", "dense of width", "validation accuracy: ", "3 epochs (ok)"):
        assert part in shown.stdout
    assert "epoch 3/3" in shown.stderr
    assert stableode.Network.load(tmp_path / "m").specification["seed"] == 4


def test_the_same_seed_gives_the_same_file(tmp_path, table):
    for name in ("a", "b"):
        assert main(["train", str(table), "--target", "species", "-o", str(tmp_path / name), "--epochs", "2", "--seed", "5", "--quiet"]) == 0
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_inspect_shows_everything(model):
    shown = run("inspect", model)
    assert shown.returncode == 0
    for part in ("antisymmetric of width 6", "checksum: right", "field: antisymmetric", "blocks.0.K: 10 × 6 × 6", "normalization: ", "columns: length, width; target species", "classes: setosa, versicolor"):
        assert part in shown.stdout
    described = json.loads(run("inspect", model, "--json").stdout)
    network = stableode.Network.load(model)
    assert described["specification"] == network.specification and described["parameter_count"] == network.parameter_count
    assert described["columns"] == network.columns.record and described["metadata"] == {}


def test_predict_matches_columns_by_name_and_needs_no_target(tmp_path, model, rows):
    path = tmp_path / "other.csv"
    write(path, ["note", "width", "length"], [["x", *point[::-1]] for point in rows[0].tolist()])
    shown = run("predict", model, path)
    assert shown.returncode == 0 and shown.stdout.splitlines()[0] == "species"
    assert shown.stdout.splitlines()[1:] == [SPECIES[label] for label in stableode.Network.load(model).predict(rows[0])]


def test_a_reader_that_ends_early_is_no_error(tmp_path, model, table):
    command = f"{sys.executable} -m stableode predict {model} {table} | head -1"
    shown = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert shown.stdout == "species\n" and "Traceback" not in shown.stderr


def test_regression(tmp_path, rows):
    path, out = tmp_path / "line.csv", tmp_path / "line"
    write(path, ["a", "b", "y"], [[*point, 0.5 * point[0] - point[1]] for point in rows[0].tolist()])
    assert run("train", path, "--target", "y", "-o", out, "--epochs", "200", "--set", "learning_rate=0.02", "--set", "opening=dense", "--set", "width=8").returncode == 0
    figures = json.loads(run("evaluate", out, path, "--json").stdout)
    assert figures["r2"] > 0.9 and set(figures) == {"loss", "samples", "r2", "mean_absolute_error"}
    lines = run("predict", out, path).stdout.splitlines()
    assert lines[0] == "y" and len(lines) == 91 and all(float(line) == float(line) for line in lines[1:])
    one_sentence(run("predict", out, path, "--probabilities"), 1, "no probabilities")


# Kinds of files


def columns(path, **options):
    from stableode._command.csv_file import read_csv

    source = read_csv(str(path), **options)
    source.require(source.names)
    return source.names, numpy.column_stack([source.table._columns[name] for name in source.names]).tolist()


@pytest.mark.parametrize("text, names, values", [
    ("a,b\n1,2\n3,4\n", ["a", "b"], [[1, 2], [3, 4]]),
    ("1,2\n3,4\n", ["1", "2"], [[1, 2], [3, 4]]),
    ("a;b\n1;2\n", ["a", "b"], [[1, 2]]),
    ("a\tb\r\n1\t2\r\n", ["a", "b"], [[1, 2]]),
    ("\ufeffa,\"b,c\"\n1,\"2\"\n\n3, 4 \n", ["a", "b,c"], [[1, 2], [3, 4]]),
    ("2019,b\n1,2\n", ["2019", "b"], [[1, 2]]),
    ("a\n1e3\n-.5", ["a"], [[1000], [-0.5]]),
])
def test_csv_in_its_forms(tmp_path, text, names, values):
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode())
    assert columns(path) == (names, values)
    import gzip

    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(text.encode()))
    assert columns(tmp_path / "t.csv.gz") == (names, values)


def test_csv_of_many_rows(tmp_path):
    values = numpy.random.default_rng(0).random((10_000, 3)).tolist()
    write(tmp_path / "t.csv", ["a", "b", "c"], values)
    assert columns(tmp_path / "t.csv") == (["a", "b", "c"], values)


@pytest.mark.parametrize("text, parts", [
    ("a,b\n1,2\n3,x\n", ["line 3", "column 'b'", "'x'"]),
    ("a,b\n1,\"2\n3\"\n4,1\n5,2\n", ["line 2", "column 'b'"]),
    ("a,b\nx,1\n2,1\n3,1\n", ["line 2", "column 'a'", "'x'"]),
    ("b,a\n1,\"x\ny\"\n2,u\ninf,z\n", ["line 5", "column 'b'", "'inf'"]),
    ("a,b\n1,\"2\"\n\n4,inf\n", ["line 4", "column 'b'", "'inf'"]),
    ("a,b\n1,2\n3\n", ["line 3", "1 entries", "2"]),
    ("a,a\n1,2\n", ["two columns", "'a'"]),
    ("a,\n1,2\n", ["column 2 has no name", "--drop 2"]),
    (",0,1,kind\n0,1,2,u\n1,3,4,v\n", ["column 1 has no name, and its number is the name of another one", "index=False"]),
    ("a,b\n", ["no rows"]),
    ("", ["is empty"]),
    ("a,b\n1,\"2\n", ["line 2"]),
])
def test_csv_errors_name_line_and_column(tmp_path, text, parts):
    from stableode._command.errors import CommandError

    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(CommandError) as caught:
        columns(path)
    for part in [str(path), *parts]:
        assert part in str(caught.value)


def test_bad_bytes_and_bad_gzip(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"a,b\n1,\xff\n")
    one_sentence(run("train", tmp_path / "t.csv", "--target", "b", "-o", tmp_path / "m"), 1, "UTF-8")
    (tmp_path / "t.csv.gz").write_bytes(b"\x1f\x8b damaged")
    one_sentence(run("train", tmp_path / "t.csv.gz", "--target", "b", "-o", tmp_path / "m"), 1, "gzip")


def test_npz(tmp_path, rows):
    path, out = tmp_path / "t.npz", tmp_path / "m"
    numpy.savez(path, X=rows[0], y=numpy.array(SPECIES)[rows[1]])
    assert run("train", path, "-o", out, "--epochs", "30", "--set", "learning_rate=0.05", "--set", "width=6").returncode == 0
    assert json.loads(run("evaluate", out, path, "--json").stdout)["accuracy"] > 0.8
    assert run("predict", out, path).stdout.splitlines()[0] == "prediction"
    numpy.savez(path, X=rows[0], answer=rows[1])
    one_sentence(run("train", path, "-o", out), 2, "--target", "answer")
    assert run("train", path, "-o", out, "--target", "answer", "--epochs", "1").returncode == 0
    path.write_bytes(b"PK damaged")
    one_sentence(run("train", path, "-o", out), 1, "NPZ")
    numpy.savez(path, X=numpy.array([{}], dtype=object), y=[0])
    one_sentence(run("train", path, "-o", out), 1, "NPZ")


def idx(path, array):
    path.write_bytes(bytes([0, 0, 8, array.ndim]) + numpy.array(array.shape, ">u4").tobytes() + array.astype("uint8").tobytes())


def test_idx(tmp_path):
    random = numpy.random.default_rng(1)
    images, labels = random.integers(0, 256, (40, 4, 5)), numpy.arange(40) % 2
    images[labels == 1, :2] = 255
    idx(tmp_path / "some-images-idx3-ubyte", images)
    idx(tmp_path / "answers", labels)
    out = tmp_path / "m"
    data = tmp_path / "some-images-idx3-ubyte"
    one_sentence(run("train", data, "-o", out), 2, "--labels")
    assert run("train", data, "--labels", tmp_path / "answers", "-o", out, "--epochs", "20", "--set", "learning_rate=0.01").returncode == 0
    assert run("predict", out, data).stdout.splitlines()[0] == "prediction"
    (tmp_path / "answers").rename(tmp_path / "some-labels-idx1-ubyte")
    assert json.loads(run("evaluate", out, data, "--json").stdout)["accuracy"] > 0.9
    data.write_bytes(data.read_bytes()[:-1])
    one_sentence(run("predict", out, data), 1, str(data))
    os.truncate(data, 1 << 36)  # a sparse file that is far too long is not read
    one_sentence(run("predict", out, data), 1, str(data))


class Reader(types.ModuleType):
    """Stands in for polars, so that the readers' common path is tested where none is installed."""

    def __init__(self, columns):
        super().__init__("reader")
        self.table, self.columns, self.height = ArrowTable(columns), list(columns), 90

    def read_parquet(self, path):
        return self

    def __arrow_c_array__(self, requested_schema=None):
        return self.table.__arrow_c_array__(requested_schema)


def test_parquet_through_any_reader(tmp_path, monkeypatch, rows, capsys):
    path, out = tmp_path / "t.parquet", str(tmp_path / "m")
    path.write_bytes(b"PAR1")
    names = [SPECIES[label] for label in rows[1]]
    for name in ("pyarrow", "pyarrow.parquet", "pandas", "duckdb", "polars"):
        monkeypatch.setitem(sys.modules, name, None)
    assert main(["train", str(path), "--target", "species", "-o", out]) == 1
    assert "none of pyarrow, polars, pandas, duckdb is installed" in capsys.readouterr().err
    columns = {"a": rows[0][:, 0], "b": rows[0][:, 1], "species": names}
    monkeypatch.setitem(sys.modules, "polars", Reader(columns))
    assert main(["train", str(path), "--target", "species", "-o", out, "--epochs", "1", "--quiet"]) == 0
    assert stableode.Network.load(out).classes == SPECIES
    sys.modules["polars"] = Reader({**columns, "a": numpy.array([1.0, numpy.nan] * 45)})
    assert main(["train", str(path), "--target", "species", "-o", out]) == 1
    assert "row 1 is missing" in capsys.readouterr().err


@pytest.mark.parametrize("reader", ["pyarrow", "polars", "pandas", "duckdb"])
def test_parquet_with_real_readers(tmp_path, monkeypatch, rows, reader, capsys):
    from stableode._command import parquet_file

    path, out = tmp_path / "t.parquet", str(tmp_path / "m")
    values = {"a": rows[0][:, 0].tolist(), "n": list(range(90)), "flag": [True, False] * 45, "gap": [1.0, None] * 45}
    species = pyarrow.array([SPECIES[label] for label in rows[1]]).dictionary_encode()
    parquet.write_table(pyarrow.table({**values, "species": species}), path)
    monkeypatch.setattr(parquet_file, "_READERS", {reader: parquet_file._READERS[reader]})
    command = ["train", str(path), "--target", "species", "-o", out, "--epochs", "1", "--quiet"]
    assert main(command) == 1
    assert "'gap': its value at row 1 is missing" in capsys.readouterr().err
    assert main([*command, "--missing", "mean_and_indicator"]) == 0
    assert stableode.Network.load(out).classes == SPECIES and stableode.Network.load(out).inputs == 5
    assert main(["predict", out, str(path)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 91
    path.write_bytes(b"PAR1 damaged")
    assert main(command) == 1
    assert "cannot be read" in capsys.readouterr().err


# Categories, missing entries, other targets


def test_texts_become_categories_and_missing_entries_follow_the_policy(tmp_path, capsys):
    path, out = tmp_path / "t.csv", str(tmp_path / "m")
    write(path, ["color", "size", "y"], [[["red", "blue", ""][index % 3], index % 7 or "", index % 2] for index in range(60)])
    command = ["train", str(path), "--target", "y", "-o", out, "--epochs", "1", "--quiet"]
    assert main(command) == 1
    assert "line 4 is missing" in capsys.readouterr().err
    assert main([*command, "--missing", "mean_and_indicator"]) == 0
    record = stableode.Network.load(out).columns.record
    assert record["inputs"][0]["categories"] == ["blue", "red"] and record["target"]["classes"] == [0, 1]
    other = tmp_path / "o.csv"
    write(other, ["size", "color"], [[1, "green"]])
    assert main(["predict", out, str(other)]) == 1
    assert "line 2" in capsys.readouterr().err
    assert main([*command, "--missing", "mean", "--unseen", "zeros"]) == 0
    assert main(["predict", out, str(other)]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "y"


def test_names_are_no_categories(tmp_path, capsys):
    path = tmp_path / "t.csv"
    write(path, ["name", "x", "y"], [[f"person {index}", index, index % 2] for index in range(120)])
    assert main(["train", str(path), "--target", "y", "-o", str(tmp_path / "m")]) == 1
    assert "120 different texts in 120 rows" in capsys.readouterr().err
    assert main(["train", str(path), "--target", "y", "-o", str(tmp_path / "m"), "--drop", "name", "--epochs", "1", "--quiet"]) == 0


@pytest.mark.parametrize("task, targets, outputs, loss", [
    ("automatic", [1, 2, 5] * 20, 3, "softmax_cross_entropy"), ("automatic", list(range(60)), 1, "least_squares"), ("regression", [1, 2, 5] * 20, 1, "least_squares"),
    ("classification", list(range(30)) * 2, 30, "softmax_cross_entropy"), ("automatic", [0.5, 1.5] * 30, 1, "least_squares"),
])
@pytest.mark.parametrize("kind", ["csv", "npz"])
def test_what_the_target_is(tmp_path, kind, task, targets, outputs, loss):
    path, out = tmp_path / f"t.{kind}", tmp_path / "m"
    if kind == "csv":
        write(path, ["x", "y"], [[0.1 * index, target] for index, target in enumerate(targets)])
    else:
        numpy.savez(path, X=numpy.linspace(0, 6, 60)[:, None], y=targets)
    assert main(["train", str(path), "--target", "y", "-o", str(out), "--task", task, "--epochs", "1", "--quiet"]) == 0
    network = stableode.Network.load(out)
    assert (network.outputs, network.specification["loss"]) == (outputs, loss)


def test_a_loss_of_values_needs_no_task(tmp_path):
    write(tmp_path / "t.csv", ["x", "count"], [[0.1 * index, index % 4] for index in range(60)])
    assert main(["train", str(tmp_path / "t.csv"), "--target", "count", "-o", str(tmp_path / "m"), "--set", "loss=least_squares", "--epochs", "1", "--quiet"]) == 0
    assert stableode.Network.load(tmp_path / "m").outputs == 1


def test_models_of_data_frames_and_of_arrays_predict_too(tmp_path, table, rows, capsys):
    """A model that a program made, with or without a record of columns."""
    network = stableode.Network(inputs=2, outputs=3)
    network.save(tmp_path / "m")
    assert main(["predict", str(tmp_path / "m"), str(table), "--drop", "species"]) == 0
    assert capsys.readouterr().out.splitlines() == ["prediction", *map(str, network.predict(rows[0]))]
    assert main(["evaluate", str(tmp_path / "m"), str(table), "--target", "species", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == network.evaluate(*rows)
    assert main(["predict", str(tmp_path / "m"), str(table), "--drop", "species", "--drop", "width"]) == 1
    assert "1 columns of features; the model has 2 inputs" in capsys.readouterr().err


# Errors and exit codes


def test_usage_errors_have_the_code_2(tmp_path, table, model):
    out = tmp_path / "m"
    for arguments in ([], ["dance"], ["train", table], ["train", table, "-o", out, "--epochs", "x"]):
        shown = run(*arguments)
        assert shown.returncode == 2 and "usage:" in shown.stderr
    one_sentence(run("train", table, "-o", out), 2, "--target", "length, width, species")
    one_sentence(run("train", table, "--target", "species", "-o", out, "--set", "widht=3"), 2, "'widht'", "'width'")
    one_sentence(run("train", table, "--target", "species", "-o", out, "--set", "width"), 2, "OPTION=VALUE")
    one_sentence(run("train", table, "--target", "species", "-o", out, "--set", "width=-1"), 2, "width", "-1")
    one_sentence(run("train", table, "--target", "species", "-o", out, "--set", "field=dens"), 2, "dens")
    one_sentence(run("evaluate", model, table, "--metrics", "fame"), 2, "fame")
    assert not out.exists()


@pytest.mark.parametrize("arguments, parts", [
    (["train", "{folder}/none.csv", "--target", "a", "-o", "{folder}/m"], ["none.csv", "No such file"]),
    (["train", "{folder}", "--target", "a", "-o", "{folder}/m"], ["Is a directory"]),
    (["train", "{table}", "--target", "spezies", "-o", "{folder}/m"], ["no column 'spezies'", "length, width, species"]),
    (["train", "{table}", "--target", "length", "--task", "classification", "-o", "{folder}/m"], ["length"]),
    (["train", "{table}", "--target", "species", "-o", "{folder}"], ["is a folder"]),
    (["train", "{table}", "--target", "species", "-o", "{folder}/none/m"], ["does not exist"]),
    (["train", "{table}", "--target", "species", "-o", "{folder}/m", "--drop", "x"], ["no column 'x'"]),
    (["train", "{table}", "--target", "species", "-o", "{folder}/m", "--task", "regression"], ["species"]),
    (["evaluate", "{table}", "{table}"], ["no model file"]),
    (["predict", "{model}", "{table}", "-o", "{folder}"], ["is a folder"]),
    (["inspect", "{folder}/none"], ["none"]),
])
def test_failures_have_the_code_1_and_one_sentence(tmp_path, table, model, arguments, parts):
    places = dict(folder=tmp_path, table=table, model=model)
    one_sentence(run(*[argument.format(**places) for argument in arguments]), 1, *parts)
    assert not (tmp_path / "m").exists()


def test_unknown_classes_and_missing_columns(tmp_path, model):
    path = tmp_path / "t.csv"
    write(path, ["length", "width", "species"], [[1, 2, "setosa"], [1, 2, "rose"]])
    one_sentence(run("evaluate", model, path), 1, "line 3", "column 'species'", "'rose'", "setosa, versicolor, virginica")
    write(path, ["length", "species"], [[1, "setosa"]])
    one_sentence(run("predict", model, path), 1, "no column 'width'")
    write(path, ["length", "width"], [[1, 2]])
    one_sentence(run("evaluate", model, path), 1, "no column 'species'")


def test_unexpected_errors_keep_to_one_sentence(table, model, monkeypatch, capsys):
    monkeypatch.setattr(stableode.Network, "load", lambda path: 1 / 0)
    assert main(["inspect", str(model)]) == 1
    assert "unexpected ZeroDivisionError" in capsys.readouterr().err
    with pytest.raises(ZeroDivisionError):
        main(["--traceback", "inspect", str(model)])


def test_a_failed_prediction_leaves_the_old_file(tmp_path, table, model):
    out = tmp_path / "out.csv"
    out.write_text("old")
    text = table.read_text().splitlines()
    table.write_text("\n".join([*text[:10], "1,x,setosa"]))
    one_sentence(run("predict", model, table, "-o", out), 1, "line 11")
    assert out.read_text() == "old" and sorted(path.name for path in tmp_path.iterdir()) == ["flowers.csv", "flowers.safetensors", "out.csv"]


def test_ctrl_c_ends_training_within_its_time(tmp_path, table):
    command = [sys.executable, "-m", "stableode", "train", str(table), "--target", "species", "-o", str(tmp_path / "m"), "--epochs", "100000000", "--set", "layers=200"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    assert "90 samples" in process.stdout.readline()
    time.sleep(1.0)
    begin = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    elapsed = time.monotonic() - begin
    assert process.returncode == 130 and "Traceback" not in errors and errors.rstrip().endswith("stableode: interrupted")
    # 0.3 s for the call, and as much again in which the interpreter ends.
    assert elapsed < 0.6, elapsed
    assert not (tmp_path / "m").exists()


def test_the_script_is_declared():
    from pathlib import Path

    text = (Path(stableode.__file__).parents[1] / "pyproject.toml").read_text()
    assert 'stableode = "stableode.__main__:main"' in text


def test_an_output_is_never_an_input(tmp_path, table, model):
    before, link = model.read_bytes(), tmp_path / "again.csv"
    link.hardlink_to(table)
    text = table.read_text()
    for arguments in (
        ["train", table, "--target", "species", "--output", table],
        ["train", table, "--target", "species", "--output", link],
        ["train", table, "--target", "species", "--validation", link, "--output", link],
        ["predict", model, table, "--output", model],
        ["predict", model, table, "--output", link],
    ):
        one_sentence(run(*arguments), 1, "must be another one")
    assert model.read_bytes() == before and table.read_text() == text


def test_an_output_that_cannot_be_written_is_refused_before_the_work(tmp_path, table, model):
    os.mkfifo(tmp_path / "pipe")
    for path, part in ((tmp_path / "pipe", "is no file"), ("/proc/x.st", "cannot be written to"), ("/dev/full", "is no file")):
        shown = run("train", table, "--target", "species", "--output", path, timeout=20)
        one_sentence(shown, 1, part)
        assert not shown.stdout
    one_sentence(run("predict", model, table, "--output", "/dev/full"), 1, "/dev/full")
    closed = subprocess.run(f"{sys.executable} -m stableode predict {model} {table} >&-", shell=True, capture_output=True, text=True)
    assert closed.returncode == 1 and "TypeError" not in closed.stderr


@pytest.mark.parametrize("entry", ["inf", "-inf", "Infinity", "1e999"])
@pytest.mark.parametrize("rows", [["{}", "2", "3"], ["{}", "{}", "{}"], ["1", "{}", "3"]])
def test_infinite_entries_are_numbers_that_are_refused(tmp_path, entry, rows):
    path = tmp_path / "infinite.csv"
    write(path, ["a", "y"], [[row.format(entry), "pq"[place % 2]] for place, row in enumerate(rows)])
    line = 2 + next(place for place, row in enumerate(rows) if row == "{}")
    one_sentence(run("train", path, "--target", "y", "--output", tmp_path / "x.st"), 1, f"line {line}", "'a'", entry)


def test_errors_about_arrays_name_the_file(tmp_path):
    path = tmp_path / "holes.npz"
    numpy.savez(path, X=numpy.array([[1.0], [numpy.nan]]), y=[0, 1])
    one_sentence(run("train", path, "--output", tmp_path / "x.st"), 1, "holes.npz", "row 1")


# What files hold, and what is said about it


def trained(tmp_path, path, *arguments, target="kind"):
    """(the finished process, the model file) of a short training on a file."""
    model = tmp_path / "model.safetensors"
    return run("train", path, "--target", target, "-o", model, "--epochs", "1", *arguments), model


def test_the_kinds_of_columns_are_shown_and_texts_that_look_like_numbers(tmp_path):
    rows = [[number / 2, f"{number % 20},5", f"2024-01-{1 + number % 28:02}", "uv"[number % 2]] for number in range(80)]
    write(path := tmp_path / "german.csv", ["size", "price", "day", "kind"], rows, ";")
    shown, model = trained(tmp_path, path)
    assert "from 1 number and 2 categories (price: 20 values, day: 28 values); target kind: 2 classes (u, v)" in shown.stdout
    assert "column 'price': its 20 different texts look like numbers with decimal commas; --decimal , reads them so" in shown.stderr
    assert "column 'day': its 28 different texts look like dates" in shown.stderr
    assert "1 number and 2 categories" in run("inspect", model).stdout
    assert "look like" not in trained(tmp_path, path, "--quiet")[0].stderr

    shown, model = trained(tmp_path, path, "--decimal", ",", "--drop", "day", "--drop", "size")
    assert "1 features from 1 number;" in shown.stdout and "look like" not in shown.stderr
    assert run("predict", model, path, "--decimal", ",").returncode == 0
    one_sentence(trained(tmp_path, path, "--decimal", ",", "--thousands", ",")[0], 1, "they must differ")


def test_too_many_texts_that_look_like_numbers(tmp_path):
    write(path := tmp_path / "many.csv", ["price", "kind"], [[f"{number},5", "uv"[number % 2]] for number in range(80)], ";")
    one_sentence(trained(tmp_path, path)[0], 1, "too many for categories", "decimal commas", "--decimal ,")


def test_thousands_are_separated(tmp_path):
    write(path := tmp_path / "thousands.csv", ["price", "kind"], [[f"{1000 * number:,}", "uv"[number % 2]] for number in range(40)])
    _, model = trained(tmp_path, path, "--thousands", ",")
    assert stableode.Network.load(model).columns.record["inputs"] == [{"name": "price", "missing": "error"}]


@pytest.mark.parametrize("spelling", [str, lambda value: str(value).lower(), lambda value: str(value).upper()])
def test_true_and_false_are_booleans(tmp_path, spelling):
    flags = [number % 3 == 0 for number in range(30)]
    write(path := tmp_path / "flags.csv", ["flag", "size", "kind"], [[spelling(flag), number, spelling(not flag)] for number, flag in enumerate(flags)])
    shown, model = trained(tmp_path, path, "--unseen", "zeros")
    network = stableode.Network.load(model)
    assert network.classes == [False, True] and "categories" not in network.columns.record["inputs"][0]
    polars.DataFrame({"flag": flags, "size": range(30)}).write_parquet(parquet := tmp_path / "flags.parquet")
    assert run("predict", model, path, "--probabilities").stdout == run("predict", model, parquet, "--probabilities").stdout != ""


def test_a_model_reads_columns_as_it_learned_them(tmp_path):
    """Codes that look like numbers in one file stay the texts that they were in another."""
    write(path := tmp_path / "codes.csv", ["code", "kind"], [[["A1", "12", "true"][number % 3], "uv"[number % 2]] for number in range(30)])
    _, model = trained(tmp_path, path, "--unseen", "zeros")
    write(some := tmp_path / "some.csv", ["code"], [["12"], ["12"]])
    expected = stableode.Network.load(model).predict_proba(ArrowTable({"code": ["12"]}))[0]
    write(flags := tmp_path / "flags.csv", ["code"], [["true"]])
    shown = run("predict", model, some, "--probabilities").stdout.splitlines()
    assert len(shown) == 3 and [float(value) for value in shown[1].split(",")[1:]] == pytest.approx(expected, rel=1e-6)
    assert run("predict", model, flags, "--probabilities").stdout.splitlines()[1] != shown[1]


def test_a_column_without_a_name(tmp_path):
    write(path := tmp_path / "index.csv", ["", "size", "kind"], [[number, number / 2, "uv"[number % 2]] for number in range(30)])
    one_sentence(trained(tmp_path, path)[0], 1, "column 1 has no name", "index=False", "--drop 1")
    shown, model = trained(tmp_path, path, "--drop", "1")
    assert shown.returncode == 0 and run("predict", model, path).returncode == 0


def test_columns_that_the_model_does_not_know_are_named(tmp_path, table, model):
    write(more := tmp_path / "more.csv", ["id", "length", "width", "note"], [[1, 2.0, 1.0, "x"]])
    shown = run("predict", model, more)
    assert shown.returncode == 0 and "does not know 'id', 'note'; passed over" in shown.stderr
    assert run("predict", model, more, "--drop", "id", "--drop", "note").stderr == ""
    write(several := tmp_path / "several.csv", ["id", "length", "width", "species"], [[1, 2.0, 1.0, "u"], [2, 1.0, 3.0, "v"]])
    write(few := tmp_path / "few.csv", ["length", "width", "species"], [[2.0, 1.0, "u"], [1.0, 3.0, "v"]])
    for options, shown in (([], True), (["--quiet"], False)):
        stderr = run("train", few, "--target", "species", "-o", tmp_path / "new", "--epochs", "1", "--validation", several, *options).stderr
        assert ("does not know 'id'; passed over" in stderr) == shown


@pytest.mark.parametrize("packed", [False, True])
def test_standard_input(tmp_path, table, model, packed):
    import gzip

    content = gzip.compress(table.read_bytes()) if packed else table.read_bytes()
    expected = run("predict", model, table).stdout
    for path in ("-", "/dev/stdin"):
        shown = subprocess.run([sys.executable, "-m", "stableode", "predict", model, path], input=content, capture_output=True)
        assert shown.stdout.decode() == expected != ""


@pytest.mark.parametrize("name, content, words", [("a.json", b"{}", "file of JSON"), ("a.xlsx", b"PK", "file of Excel"), ("a.csv", b"a\0b\n1\n", "not text")])
def test_files_of_other_kinds(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    one_sentence(trained(tmp_path, tmp_path / name)[0], 1, words, "it must be CSV, NPZ (.npz), IDX or Parquet (.parquet)")


def test_arrays_of_images_and_of_labels(tmp_path):
    random = numpy.random.default_rng(0)
    numpy.savez(path := tmp_path / "images.npz", X=random.random((20, 1, 4, 4)), y=random.integers(0, 2, (20, 3)))
    shown = run("train", path, "-o", tmp_path / "model", "--epochs", "1")
    assert shown.returncode == 0, shown.stderr
    assert "images of 1 × 4 × 4, which are learned by convolutions; --set width=16" in shown.stderr and "--set loss=multilabel_logistic" in shown.stderr
    assert stableode.Network.load(tmp_path / "model").specification["input_shape"] == "1,4,4"
    assert run("evaluate", tmp_path / "model", path).returncode == run("predict", tmp_path / "model", path).returncode == 0
    assert run("train", path, "-o", tmp_path / "model", "--epochs", "1", "--set", "width=16", "--set", "operator=convolution").returncode == 0
    asked = ["--set", "input_shape=[1,4,4]", "--set", "operator=dense", "--set", "loss=multilabel_logistic"]
    shown = run("train", path, "-o", tmp_path / "model", "--epochs", "1", *asked)
    assert shown.returncode == 0 and "--set" not in shown.stderr
