"""Tests of the C interface from outside: like a user's programs, they build against the tree that `make install` makes."""

import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
STAGE = ROOT / ".build-stage"
PREFIX = STAGE / "usr/local"


def run(*command, **options):
    """Runs a command; if it fails, the error shows its output."""
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    assert result.returncode == 0, f"{' '.join(map(str, command))}\nexit status {result.returncode}\n{result.stdout}{result.stderr}"
    return result.stdout


def without_swift():
    """An environment whose PATH has the system's tools but no Swift toolchain, and whose loader finds the installed library."""
    environment = {name: value for name, value in os.environ.items() if name in ("HOME", "LANG", "TMPDIR")}
    environment["PATH"] = "/usr/bin:/bin"
    environment["LD_LIBRARY_PATH"] = str(PREFIX / "lib")
    return environment


def build(source, folder, standard="c99"):
    """Compiles one C or C++ program with the flags of the installed pkg-config file and returns its path."""
    environment = without_swift()
    environment["PKG_CONFIG_PATH"] = str(PREFIX / "lib/pkgconfig")
    environment["PKG_CONFIG_SYSROOT_DIR"] = str(STAGE)
    flags = run("pkg-config", "--cflags", "--libs", "stableode", env=environment).split()
    program = pathlib.Path(folder) / pathlib.Path(source).stem
    warnings = ["-Wall", "-Wextra", "-pedantic", "-Werror"]
    is_cpp = pathlib.Path(source).suffix == ".cpp"
    compiler = ["g++", "-std=c++17", "-Wno-missing-field-initializers"] if is_cpp else ["gcc", f"-std={standard}", "-Wstrict-prototypes"]
    run(*compiler, "-D_POSIX_C_SOURCE=200809L", "-O1", *warnings, source, "-o", program, *flags, "-lm", "-ldl", "-pthread", env=environment)
    return program


@pytest.fixture(scope="session", autouse=True)
def installed():
    """The staged installation, which `make stage` makes."""
    assert (PREFIX / "lib/libstableode.so").exists(), "run `make stage` first (make test does)"
    return PREFIX


@pytest.fixture(scope="session")
def header():
    return PREFIX / "include/stableode.h"


@pytest.fixture(scope="session")
def library():
    return (PREFIX / "lib/libstableode.so").resolve()
