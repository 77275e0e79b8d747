"""Certificates: statements about a trained network that are proved, refuted by a witness, or not provable."""

from __future__ import annotations

import ctypes
import json
from typing import TYPE_CHECKING, Any

from ._handle import Handle, new_pointer
from ._library import decode, library
from ._tensor import output, tensor_of
from ._text import options_json, read_bytes, text, thread_count

if TYPE_CHECKING:
    import numpy
    from numpy.typing import ArrayLike

    from ._model import Model

VERDICTS = {1: "proved", 2: "refuted", 3: "not_provable"}


class Certificate(Handle):
    """A statement about a network as it was when the certificate was made.

    "proved" rests on upper bounds that are rounded outward; "refuted" has a witness that anyone can compute again; "not_provable" says
    why, and in `repair` what would make the statement provable. `text` is the whole certificate, bound to the bytes of the model file by
    their SHA-256; the page "certificate_format" says how it is checked without this library.

        certificate = network.certify("lipschitz_l2")
        print(certificate.verdict, certificate["lipschitz"])
    """

    _kind = "certificate"
    _instead = "make another, or keep its text"

    @property
    def verdict(self) -> str:
        """ "proved", "refuted" or "not_provable"."""
        number = ctypes.c_int32()
        library.sode_certificate_verdict(self._pointer, ctypes.byref(number))
        return VERDICTS[number.value]

    @property
    def text(self) -> str:
        """The certificate as JSON text."""
        return decode(read_bytes(library.sode_certificate_json, self._pointer).rstrip(b"\0"))

    @property
    def record(self) -> dict[str, Any]:
        """The certificate as a dict: "statement", "claim", "theorem", "verdict", "hypotheses", "norms", "result" and more."""
        found: dict[str, Any] = json.loads(self.text)
        return found

    @property
    def claim(self) -> str:
        """The statement in one sentence."""
        return str(self.record["claim"])

    @property
    def reason(self) -> str | None:
        """Why nothing was proved; None if it was."""
        return self.record.get("reason")

    @property
    def hypotheses(self) -> list[dict[str, Any]]:
        """The theorem's conditions, each with its numbers and whether they hold."""
        return list(self.record["hypotheses"])

    @property
    def witness(self) -> dict[str, Any] | None:
        """What refutes the statement; None unless the verdict is "refuted"."""
        return self.record.get("witness")

    @property
    def repair(self) -> dict[str, Any]:
        """What would make the statement provable, as far as it is known."""
        return dict(self.record.get("repair", {}))

    def __getitem__(self, name: str) -> float:
        """A number of the result: `certificate["lipschitz"]`. Errors: UnknownNameError."""
        value = ctypes.c_double()
        library.sode_certificate_number(self._pointer, text(name, "name"), ctypes.byref(value))
        return value.value

    def __bool__(self) -> bool:
        """Whether the statement is proved."""
        return self.verdict == "proved"

    def __repr__(self) -> str:
        if self.closed:
            return "<Certificate, closed>"
        record = self.record
        return f"<Certificate: {record['statement']} is {record['verdict']}: {record['claim']}>"


def certify(network: Model, statement: str, features: ArrayLike | None, options: dict[str, Any]) -> Certificate:
    """`Network.certify`."""
    pointer, encoded = new_pointer(), options_json(options)
    source = None if features is None else tensor_of(features, "features")
    library.sode_network_certify(
        network._pointer, text(statement, "statement"), encoded, len(encoded), None if source is None else ctypes.byref(source), ctypes.byref(pointer)
    )
    return Certificate._adopt(pointer)


def certified_radius(network: Model, features: ArrayLike, threads: int) -> tuple[numpy.ndarray, numpy.ndarray]:
    """`Network.certified_radius`."""
    source = tensor_of(features, "features")
    samples = source.array.shape[0] if source.array.ndim else 0
    classes, classes_tensor = output((samples,), "int64")
    radii, radii_tensor = output((samples,), "float64")
    library.sode_network_certified_radius(
        network._pointer, ctypes.byref(source), thread_count(threads), ctypes.byref(classes_tensor), ctypes.byref(radii_tensor)
    )
    return classes, radii
