"""The header compiles as C and C++ of every common standard, alone, included twice, and in any order."""

import re

import pytest
from conftest import ROOT, run

WARNINGS = ["-Wall", "-Wextra", "-pedantic", "-Werror"]
STANDARDS = [("gcc", "c99"), ("gcc", "c11"), ("gcc", "c17"), ("clang", "c99"), ("clang", "c11")] + [
    (compiler, standard) for compiler in ("g++", "clang++") for standard in ("c++11", "c++14", "c++17", "c++20")
]
UNITS = {
    "alone": '#include "stableode.h"\n',
    "twice": '#include "stableode.h"\n#include "stableode.h"\n',
    "first": '#include "stableode.h"\n#include <math.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n',
    "last": '#include <string.h>\n#include <stdlib.h>\n#include <stdio.h>\n#include <math.h>\n#include "stableode.h"\n',
}


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("compiler,standard", STANDARDS)
def test_header_compiles(header, tmp_path, compiler, standard, unit):
    is_c = not standard.startswith("c++")
    source = tmp_path / ("unit.c" if is_c else "unit.cpp")
    # The program uses an inline helper and the constants, so that they are compiled and not only parsed.
    use = "int64_t shape[1] = {1};\n  float value[1] = {0};\n  sode_tensor tensor = sode_tensor_f32(value, 1, shape);\n  return tensor.ndim - 1 + SODE_OK;"
    source.write_text(UNITS[unit] + "int main(void) {\n  " + use + "\n}\n")
    strict = ["-Wstrict-prototypes", "-Wmissing-prototypes"] if is_c else []
    run(compiler, f"-std={standard}", *WARNINGS, *strict, f"-I{header.parent}", "-c", source, "-o", tmp_path / "unit.o")


def test_only_two_includes(header):
    includes = re.findall(r"^\s*#\s*include\s*(\S+)", header.read_text(), re.MULTILINE)
    assert sorted(includes) == ["<stddef.h>", "<stdint.h>"]


def test_opening_program_is_the_example(header):
    """The program in the header's first comment is examples/c/peaks.c, line for line."""
    example = (ROOT / "examples/c/peaks.c").read_text().rstrip("\n").split("\n")
    lines = [re.sub(r"^ \*( {3})?", "", line) for line in header.read_text().split("*/")[0].split("\n")]
    assert example[0] in lines, "the header's comment does not hold the first line of examples/c/peaks.c"
    start = lines.index(example[0])
    assert lines[start : start + len(example)] == example


def test_version_macro(header):
    """The header's macros, the library's file name and the pkg-config file state the same version."""
    text = header.read_text()
    version = ".".join(re.search(rf"#define SODE_VERSION_{part} (\d+)", text).group(1) for part in ("MAJOR", "MINOR", "PATCH"))
    assert (header.parents[1] / f"lib/libstableode.so.{version}").is_file()
    assert f"Version: {version}\n" in (header.parents[1] / "lib/pkgconfig/stableode.pc").read_text()
