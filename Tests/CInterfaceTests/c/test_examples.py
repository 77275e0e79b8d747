"""Every example runs, in C from the installed tree and in Python, and reaches the figures that it states.

Most examples check their figures and report the result by their exit status; for the others these tests check the printed figures.
"""

import json
import os
import re
import sys

import pytest
from conftest import PREFIX, ROOT, build, run, without_swift

EXAMPLES = ROOT / "examples"
TESTED_HERE = {
    "c/fashion_mnist.c",
    "c/image_network.c",
    "c/lm_resnet.c",
    "c/peaks.c",
    "c/pendulum.c",
    "c/serve_images.c",
    "c/stream.c",
    "python/certificate.py",
    "python/certified.py",
    "python/disc_in_annulus.py",
    "python/fashion_mnist.py",
    "python/fitted_fields.py",
    "python/hidden_images.py",
    "python/image_network.py",
    "python/large_tables.py",
    "python/lm_resnet.py",
    "python/multilevel.py",
    "python/optimizers.py",
    "python/peaks.py",
    "python/quickstart.py",
    "python/resolutions.py",
    "python/results.py",
    "python/robustness.py",
    "python/scikit_learn.py",
    "python/sequences.py",
    "python/stability_report.py",
    "python/stochastic_depth.py",
    "python/tables.py",
    "python/trajectories.py",
}


def python(example, folder, *arguments):
    environment = {**os.environ, "STABLEODE_LIBRARY": str(PREFIX / "lib/libstableode.so.0"), "PYTHONPATH": str(ROOT / "bindings/python")}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    output = run(sys.executable, EXAMPLES / "python" / example, *arguments, cwd=folder, env=environment, timeout=900)
    print(output)
    return output


def percent(text, output):
    """The percentage that follows a text."""
    return float(re.search(rf"{text} ([0-9.]+) %", output).group(1))


def test_every_example_is_run():
    found = {str(path.relative_to(EXAMPLES)) for pattern in ("c/*.c", "python/*.py") for path in EXAMPLES.glob(pattern)}
    assert found == TESTED_HERE


def test_large_tables(tmp_path):
    """A part of the stream is enough: the process does not grow with it."""
    pytest.importorskip("pyarrow")
    output = python("large_tables.py", tmp_path, "0.3")
    assert float(re.search(r"in a process of (\d+) MB", output).group(1)) < 300
    besides, scores = map(float, re.search(r"with ([0-9.]+) MB besides them, of which ([0-9.]+) MB are scores", output).groups())
    assert besides < scores + 2


def test_peaks_in_c(tmp_path):
    """The peaks network must reach 98.5 %, which exceeds Haber & Ruthotto's figure."""
    output = run(build(EXAMPLES / "c/peaks.c", tmp_path), cwd=tmp_path, env=without_swift(), timeout=300)
    assert percent("validation accuracy", output) >= 98.5
    # The point (0, 1.6) lies on the highest peak.
    assert float(re.search(r"probability ([0-9.]+)", output).group(1)) > 0.9


def test_pendulum_in_c(tmp_path):
    """The exit status says whether the friction was found."""
    output = run(build(EXAMPLES / "c/pendulum.c", tmp_path), cwd=tmp_path, env=without_swift(), timeout=300)
    print(output)
    assert float(re.search(r"RMSE ([0-9.]+) of the angle", output).group(1)) < 0.1


def test_stream_in_c(tmp_path):
    """The exit status says whether the stream is heard rightly. Times are printed, and depend on the machine's other work."""
    output = run(build(EXAMPLES / "c/stream.c", tmp_path), cwd=tmp_path, env=without_swift(), timeout=300)
    print(output)
    assert percent("heard rightly", output) >= 95
    assert float(re.search(r"99.9 % within ([0-9.]+) us", output).group(1)) > 0


def test_quickstart_in_python(tmp_path):
    assert percent("validation accuracy", python("quickstart.py", tmp_path)) >= 98.5


def test_peaks_in_python(tmp_path):
    output = python("peaks.py", tmp_path)
    assert output.count("validation accuracy") == 2


def test_trajectories_in_python(tmp_path):
    """Draws the README's figure. It needs matplotlib, which `make setup` does not install."""
    pytest.importorskip("matplotlib")
    assert percent("validation accuracy", python("trajectories.py", tmp_path, "figure.png")) >= 98.5
    assert (tmp_path / "figure.png").stat().st_size < 200_000


def test_disc_in_annulus_in_python(tmp_path):
    """Its exit status says that the stated accuracies are reached."""
    output = python("disc_in_annulus.py", tmp_path, "disc.png")
    assert "3      20" in output and (tmp_path / "disc.png").stat().st_size < 300_000


def test_fitted_fields_in_python(tmp_path):
    """Its exit status says that the stated errors are reached."""
    output = python("fitted_fields.py", tmp_path, "fields.png")
    assert output.count("hamiltonian_h") == 2 and (tmp_path / "fields.png").stat().st_size < 300_000


def test_multilevel_in_python(tmp_path):
    """Draws the levels and the gradients in 1 024 layers. The example itself checks accuracies and ratios of gradients."""
    pytest.importorskip("matplotlib")
    output = python("multilevel.py", tmp_path, "figures")
    assert percent("128 layers: validation accuracy", output) >= 98.5
    assert output.count("1024 layers, accuracy") == 12
    assert all(path.stat().st_size < 200_000 for path in (tmp_path / "figures").iterdir())


def test_optimizers_in_python(tmp_path):
    """Draws the objective against work. The example itself checks that variable projection needs less work than Adam."""
    pytest.importorskip("matplotlib")
    output = python("optimizers.py", tmp_path, "figures")
    assert output.count("best validation accuracy") == 10
    assert (tmp_path / "figures/optimizers.png").stat().st_size < 200_000


def test_stochastic_depth_in_python(tmp_path):
    """The example itself checks its accuracies with all layers and with layers removed, and the bits of two threads. It draws if matplotlib is installed."""
    output = python("stochastic_depth.py", tmp_path, "figure.png")
    assert output.count("validation accuracy") == 4 and "two threads gave the same bits" in output
    assert "no picture" in output or (tmp_path / "figure.png").stat().st_size < 200_000


def test_robustness_in_python(tmp_path):
    """Two seeds of the fast networks. The example itself compares their accuracies with noise and after attacks."""
    pytest.importorskip("sklearn")
    assert python("robustness.py", tmp_path, "--short").count("after an attack of radius 0.1") == 3


def test_the_stated_robustness_is_that_of_all_seeds():
    """Of five seeds each, written by one version; every stable network suffers less than dense, which is no better without noise and attacks by more than two points."""
    lines = [json.loads(line) for line in (EXAMPLES / "results.jsonl").read_text(encoding="utf-8").splitlines()]
    means = {}
    for name in ("dense", "antisymmetric", "gradient_flow", "rotate_relax"):
        own = [line for line in lines if line["figure"] == f"robustness/{name}"]
        assert [line["seed"] for line in own] == [1, 2, 3, 4, 5]
        means[name] = [sum(line[kind][size] for line in own) / 5 for kind, size in (("noise", "0.0"), ("noise", "0.5"), ("attack", "0.1"))]
    plain = means.pop("dense")
    for clean, noisy, attacked in means.values():
        assert clean > plain[0] - 0.02 and noisy > plain[1] + 0.05 and attacked > 2 * plain[2]


def test_stability_report_in_python(tmp_path):
    """The example itself checks what the report says of both schemes."""
    pytest.importorskip("matplotlib")
    output = python("stability_report.py", tmp_path, "figure.png")
    assert percent("rk4: validation accuracy", output) >= 95 and "is violated at 32 of 32 layers" in output
    assert (tmp_path / "figure.png").stat().st_size < 200_000


@pytest.mark.parametrize(("field", "epochs", "least"), [("antisymmetric", [], 88.5), ("hamiltonian", ["/usr/share/datasets/fashion-mnist", "2"], 84)])
def test_fashion_mnist_in_c_and_its_model_in_python(field, epochs, least, tmp_path):
    """All epochs of one field, whose exit status says whether it reached 88.5 %; two of the other. Python computes the same bits from the saved model."""
    program = build(EXAMPLES / "c/fashion_mnist.c", tmp_path)
    output = run(program, field, "model.safetensors", "scores.f32", *epochs, cwd=tmp_path, env=without_swift(), timeout=900)
    print(output)
    assert percent("test accuracy", output) >= least
    again = python("fashion_mnist.py", tmp_path, "--load", "model.safetensors", "--compare", "scores.f32")
    assert "100000 scores are the same" in again
    assert percent("test accuracy", again) == percent("test accuracy", output)


def test_fashion_mnist_in_python(tmp_path):
    assert percent("test accuracy", python("fashion_mnist.py", tmp_path)) >= 88.5


def test_image_network_in_c_and_python_served_from_c(tmp_path):
    """A convolutional network learns from a few images, in C and in Python with the same figures. C computes the same bits from the saved models, image by image."""
    output = python("image_network.py", tmp_path, "--epochs", "2", "--samples", "2000", "--save", "model.safetensors", "--scores", "scores.f32")
    accuracy = percent("test accuracy", output)
    assert accuracy >= 54
    served = run(build(EXAMPLES / "c/serve_images.c", tmp_path), "model.safetensors", "scores.f32", cwd=tmp_path, env=without_swift(), timeout=300)
    assert percent("accuracy", served) == accuracy and "0 images with other scores" in served
    assert percent("test accuracy", run(build(EXAMPLES / "c/image_network.c", tmp_path), "2", "2000", "own.safetensors", cwd=tmp_path, env=without_swift(), timeout=300)) == accuracy
    served = run(tmp_path / "serve_images", "own.safetensors", "scores.f32", cwd=tmp_path, env=without_swift(), timeout=300)
    assert "0 images with other scores" in served


def test_lm_resnet_in_c_and_python(tmp_path):
    """The same figures from C and from Python."""
    output = run(build(EXAMPLES / "c/lm_resnet.c", tmp_path), "1", "512", cwd=tmp_path, env=without_swift(), timeout=600)
    again = python("lm_resnet.py", tmp_path, "--epochs", "1", "--samples", "512")
    for text in (r"test accuracy ([0-9.]+) %", r"(\d+) parameters"):
        found = re.findall(text, output)
        assert len(found) == 2 and found == re.findall(text, again)


def test_scikit_learn_in_python(tmp_path):
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    output = python("scikit_learn.py", tmp_path)
    assert percent("iris: accuracy", output) >= 94 and percent("breast_cancer: accuracy", output) >= 95


def test_resolutions_in_python(tmp_path):
    """The example itself compares accuracies."""
    assert python("resolutions.py", tmp_path).count("hr_") == 3


def test_hidden_images_in_python(tmp_path):
    output = python("hidden_images.py", tmp_path, "--epochs", "1", "--samples", "1000", "--output", "figure.png")
    assert "(21, 1, 10, 28, 28)" in output
    assert "no picture" in output or (tmp_path / "figure.png").stat().st_size < 300_000


def test_tables_in_python(tmp_path):
    """Networks with their defaults learn two small tables, and the written figures hold what the guide page defaults.md says of them. Without scikit-learn nothing runs."""
    lines = [json.loads(line) for line in (EXAMPLES / "results.jsonl").read_text(encoding="utf-8").splitlines()]
    lines = {line["figure"].removeprefix("tables/"): line for line in lines if line["figure"].startswith("tables/")}
    for name, line in lines.items():
        assert line["command"] == f"python examples/python/tables.py {name} --write --seed {line['seed']}"
        others = [figure for method, figure in line["figures"].items() if method != "stableode"]
        if line["measure"] == "accuracy":
            assert (line["figures"]["stableode"] >= max(others) - 1) == (name != "checkerboard"), f"{name}: the page says that another method is ahead on checkerboard alone"
        else:
            assert line["figures"]["stableode"] <= 1.1 * min(others), name
    pytest.importorskip("sklearn")
    output = python("tables.py", tmp_path, "--short")
    assert float(re.search(r"iris +stableode ([0-9.]+)", output).group(1)) >= 94
    assert float(re.search(r"diabetes +stableode ([0-9.]+)", output).group(1)) <= 60


def test_certificate_in_python(tmp_path):
    """The checker accepts what the example saves."""
    assert python("certificate.py", tmp_path).startswith("proved")
    assert "ACCEPTED" in run(sys.executable, ROOT / "bindings/checker/check_certificate.py", "model.safetensors", "certificate.json", cwd=tmp_path)


def test_certified_in_python(tmp_path):
    """The network keeps its certificate in the short form, too. The written figures are those that the example expects."""
    output = python("certified.py", tmp_path, "--short", "--threads", "1")
    # Radius, correct and certified; then of those that are attacked: certified in float32, certified, and correct after the attack.
    rows = {fields[0]: [float(number) for number in fields[1::2]] for fields in map(str.split, output.splitlines()) if len(fields) == 9 and fields[2::2] == ["%"] * 4}
    assert len(rows) == 8 and rows["0"][0] >= 60 and rows["0.25"][0] >= 30
    assert all(single <= certified <= attacked for _, single, certified, attacked in rows.values())
    lines = [json.loads(line) for line in (EXAMPLES / "results.jsonl").read_text(encoding="utf-8").splitlines()]
    lines = [line for line in lines if line["figure"] == "certified/dense"]
    assert len(lines) == 3
    for line in lines:
        assert line["command"] == f"python examples/python/certified.py --network dense --write --seed {line['seed']}"
        assert line["test_accuracy"] >= 0.87 and line["certified"]["0.25"] >= 0.796


def test_every_long_figure_has_a_short_form(tmp_path):
    names = [line.split()[0] for line in python("results.py", tmp_path, "--list").splitlines()]
    lines = [json.loads(line) for line in (EXAMPLES / "results.jsonl").read_text(encoding="utf-8").splitlines()]
    lines = [line for line in lines if line["command"].startswith("make results")]
    assert len(names) >= 8 and {line["figure"] for line in lines} <= set(names)
    for line in lines:
        assert line["command"] == f"make results WHAT={line['figure']} SEED={line['seed']}" and line["test_accuracy"] == line["test_accuracies"][-1]
    for name in ("stable/leapfrog", "compared/lm_resnet_14"):
        assert re.search(r"test accuracy [0-9.]+ %, \d+ parameters", python("results.py", tmp_path, name, "--short"))


def test_a_long_figure_replaces_its_own_line_and_no_other(tmp_path):
    """On a copy of the results, whose lines of other examples have no seed, or other keys."""
    (tmp_path / "python").mkdir()
    (tmp_path / "python/results.py").write_text((EXAMPLES / "python/results.py").read_text(encoding="utf-8"), encoding="utf-8")
    before = (EXAMPLES / "results.jsonl").read_text(encoding="utf-8")
    (tmp_path / "results.jsonl").write_text(before, encoding="utf-8")
    line = {**next(found for found in map(json.loads, before.splitlines()) if found["figure"] == "hr/verlet" and found["seed"] == 2), "test_accuracy": 0.5}
    call = f"import results; results.write({line!r}); results.write({ {**line, 'seed': 9}!r})"
    environment = {**os.environ, "STABLEODE_LIBRARY": str(PREFIX / "lib/libstableode.so.0"), "PYTHONPATH": f"{tmp_path / 'python'}:{ROOT / 'bindings/python'}"}
    run(sys.executable, "-c", call, cwd=tmp_path, env=environment)
    after = [json.loads(text) for text in (tmp_path / "results.jsonl").read_text(encoding="utf-8").splitlines()]
    expected = [line if (found["figure"], found.get("seed")) == ("hr/verlet", 2) else found for found in map(json.loads, before.splitlines())]
    own = {found["figure"] for found in after if found["command"].startswith("make results")}
    assert [found for found in after if found["figure"] not in own] == [found for found in expected if found["figure"] not in own]
    assert sorted(map(json.dumps, after)) == sorted(map(json.dumps, [*expected, {**line, "seed": 9}]))


def test_sequences_in_python(tmp_path):
    """Both fields classify nearly all made series, and most of them where 70 % of the observations are dropped."""
    pytest.importorskip("sklearn")
    output = python("sequences.py", tmp_path, "--short")
    found = [[float(number) for number in re.findall(r"([0-9.]+) %", line)] for line in output.splitlines() if line.startswith("made")]
    assert [part for part, *_ in found] == [0, 30, 70] and min(found[0][1:]) > 95 and min(found[2][1:]) > 65
