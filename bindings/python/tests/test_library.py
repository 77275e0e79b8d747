"""Finding and loading the library."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import stableode
from stableode import _library

PACKAGE_PARENT = Path(stableode.__file__).resolve().parents[1]


def run_python(code, **environment):
    """Runs code in a new interpreter that finds the package; an environment variable given as None is removed."""
    variables = {**os.environ, "PYTHONPATH": str(PACKAGE_PARENT), **environment}
    variables = {name: value for name, value in variables.items() if value is not None}
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], env=variables, capture_output=True, text=True, timeout=120, cwd="/"
    )


def test_failure_lists_every_path_tried(tmp_path):
    empty_package = tmp_path / "stableode"
    empty_package.mkdir()
    for source in Path(stableode.__file__).parent.glob("*.py"):
        (empty_package / source.name).write_text(source.read_text())
    result = run_python("import stableode", STABLEODE_LIBRARY=None, PYTHONPATH=str(tmp_path), LD_LIBRARY_PATH=None)
    if result.returncode == 0:
        pytest.skip("the library is installed on this system")
    assert "ImportError: libstableode could not be loaded. Tried:" in result.stderr
    assert str(empty_package / "libstableode.so.0") in result.stderr
    assert "libstableode.so.0 (the system's library path)" in result.stderr
    assert "STABLEODE_LIBRARY" in result.stderr


def test_chosen_path_is_the_only_one():
    result = run_python("import stableode", STABLEODE_LIBRARY="/nowhere/libstableode.so")
    assert "/nowhere/libstableode.so (environment variable STABLEODE_LIBRARY)" in result.stderr
    assert "system's library path" not in result.stderr


def test_package_folder_comes_before_the_system(monkeypatch):
    monkeypatch.delenv("STABLEODE_LIBRARY", raising=False)
    origins = [origin for _, origin in _library.candidates()]
    assert origins == ["this package", "the system's library path"]


def test_another_library_is_refused():
    result = run_python("import stableode", STABLEODE_LIBRARY="libm.so.6")
    assert "libm.so.6 is not libstableode" in result.stderr


@pytest.mark.parametrize("number, accepted", [(199, False), (200, True), (9999, True), (10000, False)])
def test_version_has_the_same_major_and_is_new_enough(number, accepted):
    class Fake:
        @staticmethod
        def sode_version_number():
            return number

    if accepted:
        _library._check_version(Fake, "here")
    else:
        with pytest.raises(ImportError, match="needs major version 0 and at least 0.2.0"):
            _library._check_version(Fake, "here")


def test_missing_function_is_named():
    with pytest.raises(ImportError, match="here lacks the function sode_nothing"):
        _library._declare(_library.library, "here", "sode_nothing", None, [])


def test_versions_agree():
    assert stableode.library_version() == stableode.__version__
    assert stableode.library_version() in stableode.build_info()


def test_nothing_is_printed():
    code = """
        import stableode
        training, validation = stableode.Dataset.problem("ellipses", 100, 20)
        network = stableode.Network(inputs=2, outputs=2, width=4, layers=4)
        network.fit(training, validation=validation, epochs=2, num_threads=1)
        network.predict(validation.features)
        try:
            stableode.Network(inputs=-1)
        except stableode.StableODEError:
            pass
    """
    result = run_python(code)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
