"""The caller's notes on a network."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, MutableMapping

from ._attributes import Closed
from ._library import decode, library
from ._model import Model
from ._text import read_bytes, text


class Metadata(Closed, MutableMapping[str, str]):
    """The notes on a network, a mapping from str to str in the order of the keys; see `Network.metadata`.

    Errors: KeyError for a key that does not exist; InvalidArgumentError for an empty key and for the keys that model files use
    themselves (format, specification, checksum …); OutOfRangeError for keys of more than 256 bytes and for more than 1 MB in all.
    """

    def __init__(self, network: Model) -> None:
        self._network = network

    def __getitem__(self, key: str) -> str:
        found = read_bytes(library.sode_network_get_metadata, self._network._pointer, text(key, "key"))
        return decode(found.rstrip(b"\0"))

    def __setitem__(self, key: str, value: str) -> None:
        library.sode_network_set_metadata(self._network._pointer, text(key, "key"), text(value, "value"))

    def __delitem__(self, key: str) -> None:
        self[key]
        library.sode_network_set_metadata(self._network._pointer, text(key, "key"), None)

    def __iter__(self) -> Iterator[str]:
        keys = (read_bytes(library.sode_network_metadata_at, self._network._pointer, index) for index in range(len(self)))
        return iter([decode(key.rstrip(b"\0")) for key in keys])

    def __len__(self) -> int:
        count = ctypes.c_int64()
        library.sode_network_metadata_count(self._network._pointer, ctypes.byref(count))
        return count.value

    def __repr__(self) -> str:
        return f"Metadata({dict(self)})"
