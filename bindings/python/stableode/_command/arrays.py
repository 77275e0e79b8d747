"""Arrays in files: NPZ of NumPy, and IDX, the format of MNIST."""

from __future__ import annotations

import gzip
import math
import zipfile
import zlib
from pathlib import Path

import numpy

from ..dataset import Dataset
from .errors import CommandError, UsageError

#: Names by which arrays of features and of targets are found in NPZ files.
_FEATURES, _TARGETS = ("features", "X", "x", "inputs", "images", "data"), ("targets", "y", "Y", "labels", "target")


def read_npz(path: str, target: str | None, needs_target: bool) -> tuple[numpy.ndarray, numpy.ndarray | None, str]:
    """(features, targets, the name of the targets) of an NPZ file.

    target: the name of the array of targets; None: one of the usual names. The features have a usual name, or are the only other array.
    """
    try:
        with numpy.load(path, allow_pickle=False) as archive:
            if not isinstance(archive, numpy.lib.npyio.NpzFile):
                raise CommandError(f"{path} holds one array; it must be an NPZ file with features and targets")
            names = list(archive.files)
            chosen = target if target is not None else next((name for name in _TARGETS if name in names), None)
            if chosen not in names and (needs_target or target is not None):
                raise UsageError(f"{path} has no array {chosen or 'of targets'}; --target must be one of {', '.join(names)}")
            others = [name for name in names if name != chosen]
            feature = next((name for name in _FEATURES if name in others), others[0] if len(others) == 1 else None)
            if feature is None:
                raise CommandError(f"{path} must have one array of features, called features or X; its arrays are {', '.join(names)}")
            return archive[feature], archive[chosen] if chosen in names else None, chosen or "targets"
    except (zipfile.BadZipFile, ValueError, EOFError) as error:
        raise CommandError(f"{path} cannot be read as NPZ: {error}") from None


def is_idx(path: str) -> bool:
    """Whether a file begins as IDX files do: two zeros, a type, and one to four axes."""
    with open(path, "rb") as file:
        begin = file.read(4)
    if begin[:2] == b"\x1f\x8b":
        try:
            with gzip.open(path, "rb") as file:
                begin = file.read(4)
        except (OSError, EOFError):
            return False
    return len(begin) == 4 and begin[:2] == b"\0\0" and begin[2] in (8, 9, 11, 12, 13, 14) and 1 <= begin[3] <= 4


def read_idx(path: str, labels: str | None, needs_target: bool) -> tuple[numpy.ndarray, numpy.ndarray | None, str]:
    """(images [samples, height · width], labels or None, "label") of IDX files. labels: None takes the file with images → labels in its name."""
    other = labels or _labels_of(path)
    if other is None and needs_target:
        raise UsageError(f"{path} holds images; --labels must name the IDX file of their labels")
    if other is None:
        return _images(path), None, "label"
    data = Dataset.idx(path, other)
    return data.features, data.targets, "label"


def _labels_of(path: str) -> str | None:
    place = Path(path)
    candidate = place.with_name(place.name.replace("images-idx3", "labels-idx1").replace("images", "labels"))
    return str(candidate) if candidate.name != place.name and candidate.exists() else None


def _images(path: str) -> numpy.ndarray:
    damaged = CommandError(f"{path} is damaged, or does not hold bytes")
    with open(path, "rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
    try:
        with gzip.open(path, "rb") if compressed else open(path, "rb") as file:
            begin = file.read(4)
            header = file.read(4 * begin[3])
            shape = [int.from_bytes(header[place : place + 4], "big") for place in range(0, len(header), 4)]
            count = math.prod(shape)
            # The size of the file says before the images are read whether they can be there; deflate shrinks at most 1032-fold.
            size = Path(path).stat().st_size
            fits = count <= 1032 * size if compressed else count == size - 4 - len(header)
            if begin[2] != 8 or len(header) != 4 * begin[3] or count == 0 or not fits:
                raise damaged
            data = file.read(count + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise damaged from None
    if len(data) != count:
        raise damaged
    return numpy.frombuffer(data, "uint8").reshape(shape[0], -1)
