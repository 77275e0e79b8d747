"""The wheel that `make wheel` makes: its metadata, the library in it, and the licenses."""

import email
import os
import platform
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import stableode

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The path of a wheel with the library under test. `.ci/wheel` ends with `twine check --strict`."""
    out = tmp_path_factory.mktemp("wheel") / "out"
    environment = {**os.environ, "OUT": str(out), "LIBRARY": os.environ["STABLEODE_LIBRARY"], "PYTHON": sys.executable}
    made = subprocess.run([ROOT / ".ci" / "wheel"], env=environment, capture_output=True, text=True)
    assert made.returncode == 0, made.stdout + made.stderr
    assert "PASSED" in made.stdout
    (path,) = out.glob("*.whl")
    return path


def read(path, name):
    """A text file of the wheel; one of its dist-info folder if the name begins with a slash."""
    with zipfile.ZipFile(path) as archive:
        full = f"stableode-{stableode.__version__}.dist-info{name}" if name.startswith("/") else name
        return archive.read(full).decode()


def test_it_is_a_wheel_for_this_platform(wheel):
    tag = f"py3-none-manylinux_2_35_{platform.machine()}"
    assert wheel.name == f"stableode-{stableode.__version__}-{tag}.whl"
    described = email.message_from_string(read(wheel, "/WHEEL"))
    assert described["Root-Is-Purelib"] == "false" and described["Tag"] == tag


def test_it_says_what_it_is(wheel):
    metadata = email.message_from_string(read(wheel, "/METADATA"))
    assert metadata["Version"] == stableode.__version__ == stableode.library_version()
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Author"] and metadata.get_all("Project-URL") and metadata["Keywords"]
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert "stableode.Network(" in metadata.get_payload()


def test_it_carries_library_licenses_and_types(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {"stableode/libstableode.so.0", "stableode/py.typed"} <= set(names)
    assert not [name for name in names if "test" in name or name.startswith("hatch")]
    assert read(wheel, "/licenses/LICENSE") == (ROOT / "LICENSE").read_text()
    assert read(wheel, "/licenses/NOTICES.md") == (ROOT / "Sources/StableODELink/NOTICES.md").read_text()


def test_notices_name_what_is_linked_in():
    notices = (ROOT / "Sources/StableODELink/NOTICES.md").read_text()
    for part in ("OpenBLAS", "zlib", "Swift"):
        assert f"## {part}" in notices and f"| {part}" in notices
    # The wording that the license of each part requires.
    assert "Neither the name of the OpenBLAS project" in notices and "The University of Texas at Austin" in notices
    assert "The origin of this software must not be misrepresented" in notices
    assert "you may redistribute such product without providing attribution" in notices


def test_the_installed_wheel_works_by_itself(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STABLEODE_")}
    environment["PYTHONPATH"] = str(tmp_path)
    code = "import stableode; print(stableode.__file__, stableode.library_version())"
    shown = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, cwd=tmp_path)
    assert shown.stdout.split() == [str(tmp_path / "stableode" / "__init__.py"), stableode.__version__], shown.stderr
