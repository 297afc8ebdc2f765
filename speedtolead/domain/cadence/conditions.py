"""Conditions of a step, such as ``score > 60 and last = machine``: read once, asked of every lead.

Owns: the small language and its answers. Must not know: what follows from an answer.

::

    condition  = both { "or" both }
    both       = one { "and" one }
    one        = "not" one | "(" condition ")" | test
    test       = field [ ("=" | "!=" | "<" | "<=" | ">" | ">=") value | "in" "(" value { "," value } ")" ]
    field      = one of FIELDS, or attribute.NAME
    value      = word | number | "quoted words"

A field alone asks whether it is true. What is not known of a lead is neither equal, greater nor less: a test of it
fails, and ``!=`` holds. Words are compared without regard to case, numbers as numbers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from speedtolead.domain.errors import SpeedToLeadError

FIELDS = {
    "contacted": "there was a verified two-way talk",
    "replied": "the person wrote back",
    "last": "what came of the last attempt: no_answer, busy, machine, failed, sent, delivered, ...",
    "last_channel": "call, sms or email",
    "attempts": "how many calls, texts and mails were made",
    "calls": "how many calls were made",
    "texts": "how many texts were sent",
    "mails": "how many mails were sent",
    "score": "the lead's score, 0 to 100",
    "age_days": "whole days since the lead came",
    "source": "the source's name",
    "state": "the person's state, like NY",
    "postal_code": "the person's postal code",
    "exclusive": "nobody else was sold this lead",
}
_PREFIX = "attribute."
_LONGEST = 500
_DEEPEST = 8
_TOKEN = re.compile(
    r"""\s*(?:(?P<word>[A-Za-z_][\w.]*)|(?P<number>-?\d+(?:\.\d+)?)|"(?P<quoted>[^"]*)"|(?P<sign>!=|<=|>=|[=<>(),]))"""
)

Value = str | Decimal | bool | None
Known = Mapping[str, object]


class ConditionError(SpeedToLeadError):
    """A text that is no condition; the message says where."""

    code = "bad_condition"


@dataclass(frozen=True, slots=True)
class Test:
    field: str
    sign: str
    """``true`` for a field alone, ``in`` for a list, else a comparison."""
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Both:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Node


Node = Test | Both | Either | Not


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition: as it was written, and as it is asked."""

    text: str
    node: Node

    def holds(self, known: Known) -> bool:
        return _holds(self.node, known)


def parse(text: str) -> Condition:
    """Read a condition. Raises ConditionError with the place, as a character from 1."""
    if len(text) > _LONGEST:
        raise ConditionError(f"a condition has at most {_LONGEST} characters")
    reader = _Reader(text)
    node = reader.either(0)
    reader.done()
    return Condition(text, node)


class _Reader:
    """Tokens from left to right; each method reads one rule of the language."""

    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str, int]] = []
        at = 0
        while text[at:].strip():
            match = _TOKEN.match(text, at)
            if match is None or match.lastgroup is None:
                at = len(text) - len(text[at:].lstrip())
                raise ConditionError(f"not understood at character {at + 1}: {text[at:].strip()[:20]!r}")
            self._tokens.append((match.lastgroup, match[match.lastgroup], match.start(match.lastgroup) + 1))
            at = match.end()
        self._next = 0

    def either(self, depth: int) -> Node:
        parts = [self._both(depth)]
        while self._took("word", "or"):
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def done(self) -> None:
        if self._next < len(self._tokens):
            _, text, at = self._tokens[self._next]
            raise ConditionError(f"not expected at character {at}: {text!r}")

    def _both(self, depth: int) -> Node:
        parts = [self._one(depth)]
        while self._took("word", "and"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def _one(self, depth: int) -> Node:
        if depth > _DEEPEST:
            raise ConditionError(f"more than {_DEEPEST} conditions inside each other")
        if self._took("word", "not"):
            return Not(self._one(depth + 1))
        if self._took("sign", "("):
            inner = self.either(depth + 1)
            self._expect(")")
            return inner
        return self._test()

    def _test(self) -> Test:
        kind, field, at = self._take("a field")
        if kind != "word" or (
            field not in FIELDS and not (field.startswith(_PREFIX) and len(field) > len(_PREFIX))
        ):
            known = ", ".join(FIELDS)
            raise ConditionError(f"{field!r} at character {at} is no field; one of: {known}, attribute.NAME")
        for sign in ("=", "!=", "<=", ">=", "<", ">"):
            if self._took("sign", sign):
                return Test(field, sign, (self._value(),))
        if self._took("word", "in"):
            self._expect("(")
            values = [self._value()]
            while self._took("sign", ","):
                values.append(self._value())
            self._expect(")")
            return Test(field, "in", tuple(values))
        return Test(field, "true", ())

    def _value(self) -> str:
        kind, text, at = self._take("a value")
        if kind == "sign":
            raise ConditionError(f"a value is expected at character {at}, not {text!r}")
        return text

    def _took(self, kind: str, text: str) -> bool:
        if self._next < len(self._tokens) and self._tokens[self._next][:2] == (kind, text):
            self._next += 1
            return True
        return False

    def _take(self, what: str) -> tuple[str, str, int]:
        if self._next >= len(self._tokens):
            raise ConditionError(f"{what} is missing at the end")
        self._next += 1
        return self._tokens[self._next - 1]

    def _expect(self, sign: str) -> None:
        kind, text, at = self._take(repr(sign))
        if (kind, text) != ("sign", sign):
            raise ConditionError(f"{sign!r} is expected at character {at}, not {text!r}")


def _holds(node: Node, known: Known) -> bool:
    match node:
        case Both(parts):
            return all(_holds(part, known) for part in parts)
        case Either(parts):
            return any(_holds(part, known) for part in parts)
        case Not(part):
            return not _holds(part, known)
        case Test(field, sign, values):
            return _passes(known.get(field), sign, values)


def _passes(value: object, sign: str, values: tuple[str, ...]) -> bool:
    if sign == "true":
        return value is True or (isinstance(value, str) and value.strip().lower() in {"true", "yes", "y", "1"})
    if sign in {"=", "in"}:
        return value is not None and any(_equal(value, one) for one in values)
    if sign == "!=":
        return value is None or not _equal(value, values[0])
    left, right = _number(value), _number(values[0])
    if left is None or right is None:
        return False
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[sign]


def _equal(value: object, text: str) -> bool:
    left, right = _number(value), _number(text)
    if left is not None and right is not None:
        return left == right
    plain = ("true" if value else "false") if isinstance(value, bool) else str(value)
    return plain.strip().casefold() == text.strip().casefold()


def _number(value: object) -> Decimal | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() else None
