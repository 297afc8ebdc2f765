"""Findings as they are kept: what leads have in common once, as a shape, and the values of each lead beside it.

Owns: packing. ``findings_in_full`` of the schema unpacks, so that whoever reads rows sees findings as they were.
Must not know: what a finding means. Nothing is left out: every check, verdict and input comes back as it was.

A lead is judged by some forty checks, and most find nothing wrong: of hundreds of leads in a row, only the values
differ. A shape is the JSON text of the findings as a pattern of Postgres' ``format``: ``%1$s`` stands for the first
value, whether that is an input of several findings, or a finding that objects and is kept whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from pydantic_core import to_json

from speedtolead.domain.checks import Finding
from speedtolead.store.query import Connection, Nothing, Query
from speedtolead.store.settings_json import Json

MOST_KNOWN = 10_000
_CONSTANT = (None, True, False)

KEEP_FINDING_SHAPE = Query("keep_finding_shape", Nothing)


@dataclass(frozen=True, slots=True)
class Shape:
    """``digest`` is its name: 16 bytes of SHA-256."""

    digest: bytes
    pattern: str


@dataclass(frozen=True, slots=True)
class Packed:
    shape: Shape
    values: list[object]


def finding_json(finding: Finding) -> Json:
    """What it says; what is empty is left out."""
    kept: Json = {"check": finding.check, "verdict": finding.verdict.value, "field": finding.field}
    if finding.inputs:
        kept["inputs"] = finding.inputs
    if finding.reason:
        kept |= {"reason": finding.reason, "words": finding.words, "points": finding.points}
    return kept


def pack(findings: Iterable[Finding]) -> Packed:
    """A text that several findings looked at is kept once."""
    values: list[object] = []
    places: dict[str, int] = {}
    parts: list[object] = []
    for finding in findings:
        inputs = finding.inputs
        if finding.reason or "passed_over" in inputs:  # what objects may name fields of the post's own
            parts.append(None)
            values.append(finding_json(finding))
            continue
        parts += (finding.check, str(finding.verdict), finding.field, len(inputs))
        for name, value in inputs.items():
            if value is None or value is True or value is False:
                parts += (name, value)
                continue
            place = places.get(name)
            if place is None or type(value) is not str or values[place] != value:
                places[name] = place = len(values)
                values.append(value)
            parts += (name, _PLACE - place)
    return Packed(_shape(tuple(parts)), values)


_PLACE = -1
"""A place in a shape's parts is a negative number: True is equal to 1, and False to 0."""


@lru_cache(maxsize=2048)
def _shape(parts: tuple[object, ...]) -> Shape:
    rest = iter(parts)
    entries: list[str] = []
    taken = -1
    for first in rest:
        if first is None:
            taken += 1
            entries.append(_value(taken))
            continue
        entry = {"check": _text(first), "verdict": _text(next(rest)), "field": _text(next(rest))}
        inputs: dict[str, str] = {}
        count = next(rest)
        assert isinstance(count, int)
        for _ in range(count):
            name, value = str(next(rest)), next(rest)
            if value in _CONSTANT:
                inputs[name] = _text(value)
            else:
                assert isinstance(value, int)
                inputs[name] = _value(_PLACE - value)
                taken = max(taken, _PLACE - value)
        entries.append(_object(entry | {"inputs": _object(inputs)} if inputs else entry))
    pattern = f"[{','.join(entries)}]"
    return Shape(hashlib.sha256(pattern.encode()).digest()[:16], pattern)


def _value(place: int) -> str:
    return f"%{place + 1}$s"


def _text(value: object) -> str:
    return to_json(value).decode().replace("%", "%%")


def _object(texts: dict[str, str]) -> str:
    return f"{{{','.join(f'{_text(name)}:{text}' for name, text in texts.items())}}}"


class FindingShapes:
    """The shapes that a node knows to be kept."""

    def __init__(self) -> None:
        self._kept: set[tuple[UUID, bytes]] = set()

    async def keep(self, tx: Connection, account_id: UUID, shape: Shape) -> None:
        """Before the first lead of that shape; committed, unless the caller has a transaction of its own."""
        if (account_id, shape.digest) in self._kept:
            return
        await KEEP_FINDING_SHAPE.run(tx, account_id=account_id, digest=shape.digest, entries=shape.pattern)
        if not tx.is_in_transaction():
            if len(self._kept) >= MOST_KNOWN:
                self._kept.clear()
            self._kept.add((account_id, shape.digest))
