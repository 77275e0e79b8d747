"""Model files: the caller's notes, files written by other programs, and the files on disk after saving."""

import copy
import json
import os
import pickle
import socket
import struct

import numpy
import pytest
import safetensors.numpy

import stableode


def parts(data):
    """(header, tensors) of a safetensors file: name → (type, shape, bytes)."""
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__")
    body = data[8 + length :]
    return metadata, {
        name: (entry["dtype"], entry["shape"], body[slice(*entry["data_offsets"])]) for name, entry in header.items()
    }


def rewritten(metadata, tensors, *, spaces=True):
    """The same contents, as written by a program that only knows safetensors: another order, other spaces, metadata last."""
    header, body = {}, b""
    # Sorted by type, the widest first, and then by name, as in the package safetensors.
    for name in sorted(tensors, key=lambda name: (-int(tensors[name][0][1:]), name)):
        kind, shape, data = tensors[name]
        header[name] = {"data_offsets": [len(body), len(body) + len(data)], "dtype": kind, "shape": shape}
        body += data
    header["__metadata__"] = dict(sorted(metadata.items(), reverse=True))
    text = json.dumps(header, indent=1 if spaces else None).encode()
    return struct.pack("<Q", len(text)) + text + body


@pytest.fixture
def network(make_network):
    network = make_network(layers=3, opening="dense")
    network.normalization = ([0.5, 1.0, 2.0][: network.inputs], 2.0)
    network.metadata = {"classes": "cat,dog", "note": 'Ä "quoted"\nline'}
    return network


def same(a, b):
    assert numpy.array_equal(a.parameter_vector, b.parameter_vector) and a.specification == b.specification
    assert dict(a.metadata) == dict(b.metadata)
    for x, y in zip(a.normalization, b.normalization, strict=True):
        assert numpy.array_equal(x, y)


# The caller's notes


def test_metadata_is_a_mapping(network):
    metadata = network.metadata
    assert list(metadata) == ["classes", "note"] and len(metadata) == 2 and "classes" in metadata
    metadata["a"] = ""
    del metadata["note"]
    assert dict(metadata) == {"a": "", "classes": "cat,dog"} and metadata.get("note") is None
    with pytest.raises(KeyError, match="did you mean 'classes'"):
        metadata["clases"]
    with pytest.raises(KeyError, match="unknown metadata key 'none'"):
        del metadata["none"]
    with pytest.raises(stableode.InvalidArgumentError, match="specification"):
        metadata["specification"] = "x"
    with pytest.raises(TypeError, match="value"):
        metadata["a"] = 1
    assert dict(metadata) == {"a": "", "classes": "cat,dog"}


def test_metadata_goes_with_copies_pickles_files_and_other_depths(network, tmp_path):
    network.save(tmp_path / "m")
    for other in (
        network.copy(),
        copy.deepcopy(network),
        pickle.loads(pickle.dumps(network)),
        stableode.Network.load(tmp_path / "m"),
        stableode.Network.from_bytes(network.to_bytes()),
        network.refine(),
        network.project(layers=6),
    ):
        assert dict(other.metadata) == dict(network.metadata)


def test_metadata_goes_with_checkpoints(network, tmp_path):
    with stableode.Trainer(network, epochs=1) as trainer:
        trainer.save(tmp_path / "c")
    loaded, trainer = stableode.Trainer.load(tmp_path / "c")
    trainer.close()
    assert dict(loaded.metadata) == dict(network.metadata)


def test_other_programs_read_the_metadata(network):
    metadata, tensors = parts(network.to_bytes())
    assert metadata["classes"] == "cat,dog" and metadata["format"] == "stableode" and "normalization.shift" in tensors


# Files of other programs


@pytest.mark.parametrize("spaces", [True, False])
def test_the_same_parts_in_another_order_are_the_same_model(network, spaces):
    loaded = stableode.Network.from_bytes(rewritten(*parts(network.to_bytes()), spaces=spaces))
    same(loaded, network)
    assert loaded.checksum == "right" and network.checksum is None
    # Saved again, it equals the first file byte for byte.
    assert loaded.to_bytes() == network.to_bytes()


def test_a_model_without_a_checksum_says_so(network):
    metadata, tensors = parts(network.to_bytes())
    del metadata["checksum"]
    loaded = stableode.Network.from_bytes(rewritten(metadata, tensors))
    same(loaded, network)
    assert loaded.checksum == "absent"


def test_what_changed_under_a_checksum_is_damaged(network):
    metadata, tensors = parts(network.to_bytes())
    kind, shape, data = tensors["readout.W"]
    changed = {**tensors, "readout.W": (kind, shape, data[:-1] + bytes([data[-1] ^ 1]))}
    for file in (rewritten(metadata, changed), rewritten({**metadata, "note": "another"}, tensors), rewritten({**metadata, "checksum": "0" * 16}, tensors)):
        with pytest.raises(stableode.FileFormatError, match="damaged"):
            stableode.Network.from_bytes(file)


def test_every_damaged_byte_is_noticed(network):
    data = network.to_bytes()
    for place in range(len(data)):
        damaged = bytearray(data)
        damaged[place] ^= 1 << (place % 8)
        with pytest.raises((stableode.FileFormatError, stableode.VersionMismatchError), match="the model"):
            stableode.Network.from_bytes(damaged)


def test_checkpoints_in_another_order_go_on_bit_for_bit(network, tmp_path):
    data = stableode.Dataset(numpy.random.default_rng(1).normal(size=(40, network.inputs)), numpy.arange(40) % 2)
    with stableode.Trainer(network, epochs=3, optimizer="adam", num_threads=1) as trainer:
        trainer.run(data, epochs=1)
        trainer.save(tmp_path / "c")
        trainer.run(data)
    (tmp_path / "d").write_bytes(rewritten(*parts((tmp_path / "c").read_bytes())))
    loaded, resumed = stableode.Trainer.load(tmp_path / "d")
    assert loaded.checksum == "right"
    resumed.run(data)
    assert numpy.array_equal(loaded.parameter_vector, network.parameter_vector)


def test_the_package_safetensors_saves_it_again(network, tmp_path):
    network.save(tmp_path / "m")
    with safetensors.safe_open(tmp_path / "m", "numpy") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}
        safetensors.numpy.save_file(tensors, tmp_path / "again", metadata=file.metadata())
    loaded = stableode.Network.load(tmp_path / "again")
    same(loaded, network)
    assert loaded.checksum == "right"


# Files on disk


def test_saving_keeps_mode_and_leaves_nothing_else(network, tmp_path):
    path = tmp_path / "m"
    network.save(path)
    path.chmod(0o600)
    (tmp_path / ".stableode-0123456789abcdef.tmp").write_bytes(b"part")
    (tmp_path / ".stableode-mine.tmp").write_bytes(b"a file of the user's own")
    network.save(path)
    assert path.stat().st_mode & 0o777 == 0o600 and sorted(os.listdir(tmp_path)) == [".stableode-mine.tmp", "m"]


def test_only_regular_files_are_read_and_written(network, tmp_path):
    fifo, place = tmp_path / "fifo", tmp_path / "socket"
    os.mkfifo(fifo)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place))
        for path in (fifo, place, tmp_path, "/dev/zero"):
            for call in (
                lambda: stableode.Network.load(path),
                lambda: stableode.Trainer.load(path),
                lambda: network.save(path),
                lambda: stableode.Dataset.idx(path, path),
            ):
                with pytest.raises(stableode.FileError, match="not a regular file"):
                    call()
