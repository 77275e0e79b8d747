"""BLAS=system with a distribution's serial OpenBLAS, whose work memory two threads cannot share safely: the library detects this, and products are right.

The tests link the library again from the objects of the release build, with the shared OpenBLAS instead of the static one, which is the only difference
between the two forms. This takes seconds and does not change the build.
"""

import json
import os
import pathlib
import re
import subprocess

import pytest
from conftest import ROOT, build, run, without_swift

BUILD = ROOT / ".build/x86_64-unknown-linux-gnu/release"


def serial_library():
    triple = run("gcc", "-print-multiarch").strip()
    return pathlib.Path(os.environ.get("OPENBLAS_LIBDIR", f"/usr/lib/{triple}/openblas-serial"))


@pytest.fixture(scope="module")
def system_form(tmp_path_factory):
    """libstableode.so linked with BLAS=system, in a separate folder."""
    if not (serial_library() / "libopenblas.so.0").exists():
        pytest.skip("the serial OpenBLAS is not installed as a shared library (Debian package libopenblas0-serial)")
    folder = tmp_path_factory.mktemp("system-blas")
    # SwiftPM's record of how it linked the product.
    manifest = (ROOT / ".build/release.yaml").read_text()
    commands = [json.loads(found) for found in re.findall(r'^ *args: (\[".*-emit-library.*\])$', manifest, re.M)]
    command = next(command for command in commands if command[command.index("-o") + 1].endswith("/libstableode.so"))
    command[command.index("-o") + 1] = str(folder / "libstableode.so")
    command = [word for word in command if word not in ("-l:libopenblas.a", "-lopenblas") and not word.endswith("/openblas-serial")]
    # The linker resolves all symbols now, so that none is missing at run time.
    run(*command, f"-L{serial_library()}", "-l:libopenblas.so.0", "-Xlinker", "-z", "-Xlinker", "defs", cwd=ROOT)
    (folder / "libstableode.so.0").symlink_to("libstableode.so")
    return folder


def test_the_library_needs_the_systems_blas(system_form):
    assert "libopenblas.so.0" in run("readelf", "-dW", system_form / "libstableode.so")


def test_products_of_several_threads_are_right(system_form, tmp_path):
    program = build(pathlib.Path(__file__).parent / "products.c", tmp_path)
    environment = {**without_swift(), "LD_LIBRARY_PATH": f"{system_form}:{serial_library()}"}
    output = run(program, cwd=tmp_path, env=environment, timeout=300)
    assert "serial OpenBLAS with one product at a time" in output
    assert output.strip().splitlines()[-1].endswith(" 0 failed"), output
