"""Certificates: statements about a trained network that are proved, refuted by a witness, or not provable."""

from __future__ import annotations

import ctypes
from typing import Any

from ._handle import Handle
from ._library import library
from ._text import read_json, read_text, text

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
        return read_text(library.sode_certificate_json, self._pointer)

    @property
    def record(self) -> dict[str, Any]:
        """The certificate as a dict: "statement", "claim", "theorem", "verdict", "hypotheses", "norms", "result" and more."""
        found: dict[str, Any] = read_json(library.sode_certificate_json, self._pointer)
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
