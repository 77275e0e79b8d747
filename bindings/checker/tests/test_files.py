"""Files: altered bytes, hostile texts, exit statuses, and what the checker needs to run."""

import ast
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import time

import numpy
import pytest

import check_certificate as checker
import made
from test_certified_radius import X, changed

CHECKER = pathlib.Path(checker.__file__)


@pytest.fixture(scope="module")
def network():
    return made.flow_network()


@pytest.fixture(scope="module")
def certificate(network):
    return made.radius_certificate(network, X, 0.01)


def run(*arguments):
    """The checker in a process of its own, without any installed package."""
    result = subprocess.run([sys.executable, "-I", "-S", CHECKER, *map(str, arguments)], capture_output=True, text=True)
    return result.returncode, result.stdout + result.stderr


def test_exit_statuses(network, certificate, tmp_path):
    model, text = tmp_path / "model", tmp_path / "certificate.json"
    model.write_bytes(network.data)
    text.write_bytes(certificate)
    status, output = run(model, text)
    assert (status, "ACCEPTED" in output, "certified radius" in output) == (0, True, True)
    text.write_bytes(certificate.replace(b"proved", b"proven"))
    status, output = run(model, text)
    assert (status, "REJECTED" in output) == (1, True)
    assert run(model, tmp_path / "missing")[0] == 2
    assert run(tmp_path, text)[0] == 2
    assert run(model)[0] == 2


def test_the_checker_never_ends_in_a_traceback(network, certificate, tmp_path):
    """Texts that cannot be encoded, streams that cannot show what is printed, and a stream that is full."""
    model, text = tmp_path / "model", tmp_path / "certificate.json"
    model.write_bytes(network.data)
    digest = json.loads(certificate)["digest"].encode()
    surrogate = "\\ud800"
    text.write_bytes(certificate.replace(digest, surrogate.encode() * 64))
    status, output = run(model, text)
    assert status == 1 and "digest is not where it belongs" in output
    for member in ("verdict", "statement"):
        text.write_bytes(made.signed({**json.loads(certificate), member: "\ud800\nACCEPTED\x1b[2J"}))
        status, output = run(model, text)
        assert status == 1 and surrogate in output and len(output.splitlines()) == 1 and "\x1b" not in output
    text.write_bytes(certificate)
    for encoding in ("latin-1", "ascii", "cp1252", "utf-8"):
        result = subprocess.run([sys.executable, CHECKER, model, text], capture_output=True, env={**os.environ, "PYTHONIOENCODING": encoding})
        assert result.returncode == 0 and result.stdout.startswith(b"ACCEPTED") and result.stderr == b"", (encoding, result)
    if os.path.exists("/dev/full"):
        with open("/dev/full", "wb") as full:
            result = subprocess.run([sys.executable, "-I", CHECKER, model, text], stdout=full, stderr=subprocess.PIPE)
        assert result.returncode == 3 and b"Traceback" not in result.stderr and b"cannot be written" in result.stderr


@pytest.mark.parametrize("error", [MemoryError, RecursionError, OSError, KeyboardInterrupt, ZeroDivisionError])
def test_what_nobody_foresees_is_a_rejection_of_its_own(network, certificate, tmp_path, monkeypatch, capsys, error):
    model, text = tmp_path / "model", tmp_path / "certificate.json"
    model.write_bytes(network.data)
    text.write_bytes(certificate)

    def fail(*arguments):
        raise error("no more")

    monkeypatch.setattr(checker.Checker, "run", fail)
    assert checker.main([str(model), str(text)]) == 3
    monkeypatch.setattr(checker, "read", fail)
    assert checker.main([str(model), str(text)]) == 3
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) == 2 and all(line.startswith("REJECTED: ") and error.__name__ in line and "nothing is verified" in line for line in shown)


def test_no_digit_can_be_changed(network, certificate):
    """Every digit of every number of the text, without a new digest."""
    places = [match.start() for match in re.finditer(rb"(?<![a-z\"])[0-9](?![0-9a-f]{20})", certificate)]
    assert len(places) > 400
    for place in places[::3]:
        digit = b"7" if certificate[place : place + 1] != b"7" else b"3"
        with pytest.raises(checker.Rejected):
            checker.check(network.data, certificate[:place] + digit + certificate[place + 1 :])


def test_no_byte_of_the_model_can_be_changed(network, certificate):
    for place in range(0, len(network.data), 7):
        data = bytearray(network.data)
        data[place] ^= 1 << place % 8
        with pytest.raises(checker.Rejected, match="SHA-256"):
            checker.check(bytes(data), certificate)
    for data in (network.data[:-1], network.data + b"\0", b""):
        with pytest.raises(checker.Rejected, match="length"):
            checker.check(data, certificate)


def read_model(data):
    """Specification and tensors, by the layout of safetensors alone."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    specification, tensors = json.loads(header.pop("__metadata__")["specification"]), {}
    for name, entry in header.items():
        first, last = (8 + length + offset for offset in entry["data_offsets"])
        tensors[name] = numpy.frombuffer(bytes(data[first:last]), {"F32": "<f4", "F64": "<f8"}[entry["dtype"]]).reshape(entry["shape"])
    return made.Made(specification, tensors)


def assert_true(model, content):
    """The claims of a radius, computed again with NumPy from the model's own numbers."""
    for claim in content["norms"]:
        _, bound = model.norm(claim["operator"], claim["tensor"], claim.get("entry"), claim["norm"])
        assert bound / made.ROOM <= claim["bound"] * (1 + 1e-12), claim
    x, result = X.astype(numpy.float64), content["result"]
    center, _, _ = made.rounding_error(model, x, result["radius"], "float32")
    assert center <= content["rounding"]["center"] * (1 + 1e-12)
    z, winner = made.forward(model, x), result["class"]
    for margin in result["margins"]:
        assert z[winner] - z[margin["class"]] >= margin["margin"] - 1e-12
    rng = numpy.random.default_rng(0)
    for _ in range(5):
        d = rng.standard_normal(len(x))
        point = (X + 0.99 * result["radius"] * d / numpy.linalg.norm(d)).astype(numpy.float32)
        assert numpy.argmax(made.forward(model, point, numpy.float32)) == winner


def test_models_of_a_forger_are_rejected_or_keep_what_is_claimed(network, certificate):
    """Bits are changed and the hashes made right. What is accepted is true of the changed model, too: the last bits of weights, and metadata on which nothing depends. A changed sign or exponent of a weight is mostly not."""
    content = json.loads(certificate)
    assert_true(read_model(network.data), content)
    rng = numpy.random.default_rng(0)
    start = 8 + int.from_bytes(network.data[:8], "little")
    tensors = json.loads(network.data[8:start])
    parts = {
        "header": range(8, start), "low": [start + offset + 4 * k for name in ("opening.W", "blocks.0.K", "readout.W") for offset in tensors[name]["data_offsets"][:1] for k in range(15)],
        "high": [start + offset + 4 * k + 3 for name in ("opening.W", "blocks.0.K", "readout.W") for offset in tensors[name]["data_offsets"][:1] for k in range(15)], "any": range(start, len(network.data)),
    }  # fmt: skip
    accepted = dict.fromkeys(parts, 0)
    for part, places in parts.items():
        for _ in range(60):
            data = bytearray(network.data)
            bit = 0 if part == "low" else int(rng.integers(5, 8)) if part == "high" else int(rng.integers(8))
            data[places[int(rng.integers(len(places)))]] ^= 1 << bit
            forged = {**content, "model": {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}}
            try:
                checker.check(bytes(data), made.signed(forged))
            except checker.Rejected:
                continue
            accepted[part] += 1
            assert_true(read_model(bytes(data)), content)
    assert accepted["low"] >= 40 and accepted["high"] <= 25 and accepted["header"] <= 15 and 0 < accepted["any"] < 60, accepted


def test_headers_of_a_forger_are_rejected(network):
    """A tensor twice, tensors that overlap, gaps, other shapes, and bytes behind the last one."""

    def with_header(change, tail=b""):
        length = int.from_bytes(network.data[:8], "little")
        text = change(network.data[8 : 8 + length].rstrip())
        return len(text).to_bytes(8, "little") + text + network.data[8 + length :] + tail

    def twice(text):
        return text[:-1] + b',"readout.b":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}'

    def overlapping(text):
        header = json.loads(text)
        header["readout.b"]["data_offsets"] = [0, 12]
        return json.dumps(header).encode()

    def reshaped(text):
        header = json.loads(text)
        header["opening.W"]["shape"] = header["opening.W"]["shape"][::-1]
        return json.dumps(header).encode()

    def wider(text):
        header = json.loads(text)
        header["opening.W"]["shape"] = [1 << 20, 1 << 20]
        return json.dumps(header).encode()

    for change, tail in ((twice, b""), (overlapping, b""), (reshaped, b""), (wider, b""), (lambda text: text, b"\0\0\0\0")):
        with pytest.raises(checker.Rejected):
            checker.Model(with_header(change, tail))
    assert checker.Model(with_header(lambda text: text))
    for data in (b"", b"\xff" * 8, b"\2" + b"\0" * 7 + b"{}", (1 << 60).to_bytes(8, "little") + b"{}"):
        with pytest.raises(checker.Rejected):
            checker.Model(data)


HOSTILE = {
    "nested": b"[" * 1_000_000,
    "nested_objects": b'{"a":' * 200_000,
    "digits": b'{"format":' + b"9" * 1_000_000 + b"}",
    "fraction": b'{"format":0.' + b"1" * 1_000_000 + b"}",
    "exponent": b'{"format":1e999999999}',
    "nan": b'{"format":NaN}',
    "infinity": b'{"format":-Infinity}',
    "twice": b'{"format":"stableode.certificate","format":"stableode.certificate"}',
    "not_utf8": b'{"format":"\xff\xfe"}',
    "truncated": b'{"format":"stableode.certificate"',
    "list": b"[]",
    "null": b"null",
    "text": b'"stableode.certificate"',
    "empty": b"",
    "zeros": b"\0" * 1000,
    "surrogate": b'{"format":"\\ud800"}',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_rejected(network, name):
    with pytest.raises(checker.Rejected):
        checker.check(network.data, HOSTILE[name])


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("norms",), {}), (("norms",), [None]), (("norms", 0), []), (("norms", 0, "bound"), "1"), (("norms", 0, "bound"), True), (("norms", 0, "bound"), None), (("norms", 0, "tensor"), "blocks.9.K"),
        (("norms", 0, "tensor"), "__metadata__"), (("norms", 1, "entry"), 1 << 62), (("norms", 1, "entry"), -1), (("norms", 1, "entry"), 0.0), (("norms", 1, "entry"), True), (("stages",), None),
        (("stages", 1, "layers"), []), (("stages", 1, "layers", 0, "norms"), [99]), (("stages", 1, "layers", 0, "norms"), [-1]), (("result",), None), (("result", "class"), True),
        (("result", "margins"), None), (("result", "radius"), 1e308), (("options",), None), (("options", "input"), []), (("options", "input"), ["1"] * 7), (("options", "input", 0), 1e308),
        (("model",), None), (("model", "bytes"), "1"), (("statement",), None), (("statement",), ["certified_radius"]), (("rounding",), None), (("version",), True), (("version",), 2),
        (("format",), "stableode"), (("hypotheses",), {"a": 1}), (("hypotheses",), [{"name": "margin", "value": 1, "relation": ">", "limit": 0, "holds": True}]),
    ],
)  # fmt: skip
def test_members_of_other_kinds_are_rejected(network, certificate, path, value):
    with pytest.raises(checker.Rejected):
        checker.check(network.data, made.signed(changed(json.loads(certificate), path, value)))


def test_a_list_of_many_norms_costs_nothing(network, certificate):
    """A claim is proved once; the same claim again is refused, so that work is bounded by the model."""
    content = json.loads(certificate)
    content["norms"] += [dict(content["norms"][0]) for _ in range(100_000)]
    start = time.monotonic()
    with pytest.raises(checker.Rejected, match="again"):
        checker.check(network.data, made.signed(content))
    assert time.monotonic() - start < 60


def test_prose_says_nothing(network, certificate):
    """A claim in words is not verified, and the output does not repeat it."""
    content = changed(json.loads(certificate), ("claim",), "unconditionally stable")
    assert not any("unconditionally" in line for line in checker.check(network.data, made.signed(content)))


def test_the_standard_library_is_enough():
    tree = ast.parse(CHECKER.read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names if name} <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("tool", ["mypy", "pyright"])
def test_types(tool):
    options = ["--strict", "--cache-dir", "/dev/null"] if tool == "mypy" else []
    result = subprocess.run([sys.executable, "-m", tool, *options, CHECKER.name], capture_output=True, text=True, cwd=CHECKER.parent)
    if tool == "pyright" and "error" not in result.stdout and result.returncode not in (0, 1):
        pytest.skip("pyright cannot run here")
    assert result.returncode == 0, result.stdout
