"""Every C and C++ program of this folder, built with the installed pkg-config file and run without a Swift toolchain in the PATH."""

import pathlib
import shutil

import pytest
from conftest import build, run, without_swift

PROGRAMS = sorted(path for pattern in ("*.c", "*.cpp") for path in pathlib.Path(__file__).parent.glob(pattern))
# These CPUs, x86-64-v2 without AVX and FMA and x86-64-v3 without AVX-512, must not meet an illegal instruction.
OLDER_PROCESSORS = ["Nehalem", "Haswell"]


def succeeds(output):
    last = output.strip().splitlines()[-1]
    passed, failed = (int(word) for word in (last.split()[0], last.split()[2]))
    assert passed > 0 and failed == 0, output
    print(output)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_program(program, tmp_path):
    environment = without_swift()
    assert shutil.which("swift", path=environment["PATH"]) is None
    succeeds(run(build(program, tmp_path), cwd=tmp_path, env=environment, timeout=300))


@pytest.mark.parametrize("processor", OLDER_PROCESSORS)
def test_runs_on_older_processors(processor, tmp_path):
    emulator = shutil.which("qemu-x86_64")
    if emulator is None:
        pytest.skip("qemu-x86_64 is not installed (Debian package qemu-user)")
    program = build(pathlib.Path(__file__).parent / "whole_way.c", tmp_path)
    succeeds(run(emulator, "-cpu", processor, program, cwd=tmp_path, env=without_swift(), timeout=600))
