"""libstableode.so exports the functions of the header and nothing else, and needs no Swift runtime."""

import json
import os
import pathlib
import re

from conftest import PREFIX, ROOT, run

ALLOWED = {"libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1", "ld-linux-x86-64.so.2"}  # the last is glibc's loader
if os.environ.get("BLAS") == "system":
    ALLOWED.add("libopenblas.so.0")


def exported(library):
    rows = [row.split() for row in run("nm", "-D", "--defined-only", library).splitlines()]
    # The symbol table lists the version node itself as an absolute symbol.
    return {row[2] for row in rows if not (row[1] == "A" and row[2].startswith("STABLEODE_"))}


def declared(header):
    """Every function that the header declares but does not define, from clang's syntax tree."""
    tree = json.loads(run("clang", "-x", "c", "-std=c99", "-fsyntax-only", "-Xclang", "-ast-dump=json", header))
    return {node["name"] for node in tree["inner"] if node["kind"] == "FunctionDecl" and node["name"].startswith("sode_") and node.get("storageClass") != "static"}


def test_exports_are_the_headers_functions(library, header):
    names = {name.split("@")[0] for name in exported(library)}
    functions = declared(header)
    assert len(functions) > 50  # the parser has read the header
    assert sorted(functions - names) == [], "declared in the header, missing from the library"
    assert sorted(names - functions) == [], "shown by the library, absent from the header"


def nodes():
    """Version node → the names that exports.map lists in it; the newest node has the pattern sode_* instead."""
    text = re.sub(r"/\*.*?\*/", "", (ROOT / "Sources/StableODELink/exports.map").read_text(), flags=re.S)
    return {node: re.findall(r"\bsode_[\w*]+", body) for node, body in re.findall(r"(STABLEODE_[\d.]+) \{(.*?)\}", text, re.S)}


def test_symbols_carry_the_node_of_the_version_that_brought_them(library, header):
    found = dict(name.split("@@") for name in exported(library))
    *old, (newest, pattern) = nodes().items()
    major, minor = (re.search(rf"SODE_VERSION_{part} (\d+)", header.read_text())[1] for part in ("MAJOR", "MINOR"))
    assert newest == f"STABLEODE_{major}.{minor}" and pattern == ["sode_*"]
    listed = {name: node for node, names in old for name in names}
    assert found == {name: listed.get(name, newest) for name in found}
    assert set(listed) <= set(found), "a name was taken away"
    # The names of a release are fixed: programs linked with it look for these names in this node.
    assert {node: len(names) for node, names in old} == {"STABLEODE_0.1": 103}


def test_needs_only_the_c_runtime(library):
    dynamic = run("readelf", "-dW", library)
    needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic))
    assert needed <= ALLOWED, needed - ALLOWED
    assert "RUNPATH" not in dynamic and "RPATH" not in dynamic
    assert re.search(r"\(SONAME\).*\[libstableode\.so\.0\]", dynamic)
    flags = re.search(r"\(FLAGS_1\).*Flags: (.*)", dynamic).group(1).split()
    assert "NOW" in flags and "NODELETE" in flags


def test_stripped_and_without_paths_of_the_build(library):
    assert ".symtab" not in run("readelf", "-SW", library)
    assert str(ROOT).encode() not in library.read_bytes()


def test_installation_carries_licenses_and_reference():
    documents = ("LICENSE", "Sources/StableODELink/NOTICES.md", "Sources/StableODE/StableODE.docc/options.md")
    for folder, sources in {"share/doc/stableode": documents, "share/man/man7": ("Sources/StableODELink/stableode.7",)}.items():
        for source in sources:
            assert (PREFIX / folder / pathlib.Path(source).name).read_text() == (ROOT / source).read_text()


def test_needs_no_newer_glibc_than_stated(library):
    """glibc 2.35 is Ubuntu 22.04's; Debian 12 has 2.36. (Swift alone needs 2.34; Debian's static OpenBLAS takes hypotf from 2.35.)"""
    versions = {tuple(map(int, found.split("."))) for found in re.findall(r"GLIBC_(\d+\.\d+)", run("objdump", "-T", library))}
    assert max(versions) <= (2, 35), max(versions)
