"""Model files and checkpoints that another program wrote: limits of their metadata, order of their tensors, numbers of their vectors."""

import json
import pathlib
import re
import struct

import numpy
import pytest

import stableode
from stableode._library import decode

NAN = float("nan")

X = numpy.random.default_rng(0).standard_normal((40, 2))
Y = numpy.random.default_rng(1).standard_normal(40)


def regression(**options):
    return stableode.Network(**{"inputs": 2, "outputs": 1, "width": 2, "layers": 2, "loss": "least_squares", **options})


def with_metadata(data, entries):
    """A model file as another program writes it: with further metadata, and without a checksum."""
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    del header["__metadata__"]["checksum"]
    header["__metadata__"] |= entries
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data[8 + length :]


@pytest.mark.parametrize(
    "entries, reason",
    [
        ({"k" * 257: "v"}, "a metadata key has 257 bytes; at most 256"),
        ({"": "v"}, "a metadata key is empty"),
        ({"note": "v" * (1 << 20)}, "the metadata has 1048580 bytes; at most 1048576"),
        ({f"key{i}": "v" * 1000 for i in range(1100)}, "the metadata has"),
    ],
)
def test_files_hold_no_more_metadata_than_can_be_set(entries, reason):
    data = regression().to_bytes()
    with pytest.raises(stableode.FileFormatError, match=reason):
        stableode.Network.from_bytes(with_metadata(data, entries))


def test_files_hold_as_much_metadata_as_can_be_set():
    network, notes = regression(), {"k" * 256: "v" * ((1 << 20) - 256)}
    network.metadata = notes
    assert stableode.Network.from_bytes(network.to_bytes()).metadata == notes
    assert stableode.Network.from_bytes(with_metadata(regression().to_bytes(), notes)).metadata == notes


def checkpoint(tmp_path, optimizer="adam", change=lambda header, tensors: None):
    """Loads a checkpoint that another program wrote: its tensors, as arrays by name, after a change; in another order and without a checksum."""
    network = regression()
    trainer = stableode.Trainer(network, optimizer=optimizer, epochs=4, num_threads=1)
    trainer.run((X, Y), epochs=2)
    path = tmp_path / "checkpoint"
    trainer.save(path)
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header, body = json.loads(data[8 : 8 + length]), data[8 + length :]
    metadata, tensors = header.pop("__metadata__"), {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = numpy.frombuffer(body[begin:end], {"F32": "<f4", "F64": "<f8"}[entry["dtype"]]).reshape(entry["shape"]).copy()
    training = json.loads(metadata["training"])
    change(training, tensors)
    metadata["training"] = json.dumps(training)
    del metadata["checksum"]
    order = sorted(tensors, key=lambda name: (-tensors[name].itemsize, name))
    written, offset = {"__metadata__": metadata}, 0
    for name in order:
        array = tensors[name]
        written[name] = {"dtype": f"F{8 * array.itemsize}", "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(written).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(tensors[name].tobytes() for name in order))
    trainer.run((X, Y))
    return network, stableode.Trainer.load(path)


@pytest.mark.parametrize("optimizer", stableode.optimizers())
@pytest.mark.parametrize("names", [True, False], ids=["", "0.1.0"])
def test_checkpoints_of_other_writers_load(tmp_path, optimizer, names):
    """Version 0.1.0 did not write the names of the vectors, which then follow from the optimizer."""
    straight, (network, trainer) = checkpoint(tmp_path, optimizer, lambda training, tensors: None if names else training.pop("vectors"))
    assert network.checksum == "absent"
    trainer.run((X, Y))
    numpy.testing.assert_array_equal(network.parameter_vector, straight.parameter_vector)


def test_the_golden_checkpoint_loads_from_another_writer(tmp_path):
    """The one of version 0.1.0 in the Swift tests, in another order of its tensors, with its own checksum and without one."""
    import base64

    source = (pathlib.Path(__file__).parents[3] / "Tests/StorageTests/CheckpointFileTests.swift").read_text(encoding="utf-8")
    data = base64.b64decode("".join(re.findall(r'^  "([A-Za-z0-9+/=]+)",$', source, re.M)))
    length = struct.unpack("<Q", data[:8])[0]
    header, body = json.loads(data[8 : 8 + length]), data[8 + length :]
    path = tmp_path / "golden"
    for checksum in ("right", "absent"):
        metadata, written, moved = dict(header["__metadata__"]), {}, b""
        if checksum == "absent":
            del metadata["checksum"]
        written["__metadata__"] = metadata
        for name in sorted((name for name in header if name != "__metadata__"), key=lambda name: (header[name]["dtype"] != "F64", name)):
            begin, end = header[name]["data_offsets"]
            written[name] = {**header[name], "data_offsets": [len(moved), len(moved) + end - begin]}
            moved += body[begin:end]
        text = json.dumps(written, ensure_ascii=False).encode()
        path.write_bytes(struct.pack("<Q", len(text)) + text + moved)
        network, trainer = stableode.Trainer.load(path)
        assert network.checksum == checksum and len(trainer.history) == 2
        training, validation = stableode.Dataset.problem("ellipses", 40, 20, seed=3)
        trainer.run(training, validation)
        assert list(trainer.history.epoch) == [1, 2, 3, 4]
        damaged = bytearray(path.read_bytes())
        damaged[-1] ^= 1
        if checksum == "right":
            path.write_bytes(damaged)
            with pytest.raises(stableode.FileFormatError, match="damaged"):
                stableode.Trainer.load(path)


@pytest.mark.parametrize(
    "optimizer, name, value",
    [
        ("adam", "first_moment", NAN),
        ("adam", "second_moment", NAN),
        ("adam", "parameters", NAN),
        ("adam", "parameters", numpy.inf),
        ("sgd", "velocity", NAN),
        ("lbfgs", "step_0", NAN),
        ("lbfgs", "gradient", NAN),
    ],
)
def test_vectors_of_a_checkpoint_are_numbers(tmp_path, optimizer, name, value):
    def change(training, tensors):
        tensors[f"training.{name}"][3] = value

    shown = "nan" if numpy.isnan(value) else "inf"
    with pytest.raises(stableode.FileFormatError, match=f"the checkpoint's vector {name} holds {shown} at element 3"):
        checkpoint(tmp_path, optimizer, change)


def test_a_gradient_that_is_not_known_is_not_judged(tmp_path):
    """The vector then is free memory, which a failed step may leave infinite."""

    def change(training, tensors):
        tensors["training.gradient"][0] = NAN

    _, (_, trainer) = checkpoint(tmp_path, "adam", change)
    trainer.run((X, Y))
