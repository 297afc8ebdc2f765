"""A lead provider's request, read strictly, and the terms on which every connector is used.

Owns: the reading of JSON and forms, and the comparing of secrets. Must not know: any one provider, or what becomes
of a lead.

Whatever the bytes, reading raises ``Unreadable`` and nothing else. Where two readers could see two things in the
same bytes (a name given twice in JSON, broken UTF-8), they are refused. Secrets are compared in constant time, and
an empty secret equals nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn
from urllib.parse import parse_qsl, quote, quote_plus

from speedtolead.ports.connectors import NotGenuine, Posted, SettingField, Unreadable

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
MAX_FIELDS = 500
MAX_DEPTH = 16
MIN_SECRET = 16
_BOUNDARY = re.compile(r";\s*boundary=(?:\"([^\"]{1,70})\"|([^\s;\"]{1,70}))", re.IGNORECASE)
_DISPOSITION = re.compile(r"^content-disposition:\s*form-data\s*(;.*)$", re.IGNORECASE | re.MULTILINE)
_NAME = re.compile(r";\s*name=(?:\"([^\"]*)\"|([^\s;\"]+))", re.IGNORECASE)
_FILE = re.compile(r";\s*filename\*?=", re.IGNORECASE)
_PLACE = re.compile(r"[^.\[\]]+")
_UNKEPT = re.compile("[\x00\ud800-\udfff]")


# ---- settings -----------------------------------------------------------------------------------------------


def chosen(fields: Sequence[SettingField], given: Mapping[str, str], name: str) -> str:
    """The setting as given, or its default."""
    (field,) = (field for field in fields if field.name == name)
    return given.get(name) or field.default


def settings_problems(fields: Sequence[SettingField], given: Mapping[str, str]) -> list[tuple[str, str]]:
    """What is missing, unknown, or too short to be a secret."""
    known = {field.name: field for field in fields}
    problems = [(name, "there is no such setting") for name in given if name not in known]
    for field in fields:
        value = given.get(field.name, "")
        if not value:
            if field.required and not field.default:
                problems.append((field.name, "is required"))
        elif value != value.strip():
            problems.append((field.name, "must not begin or end with a blank"))
        elif field.secret and len(value) < MIN_SECRET:
            problems.append((field.name, f"must have at least {MIN_SECRET} characters"))
    return problems


# ---- secrets ------------------------------------------------------------------------------------------------


def is_same(given: object, expected: str) -> bool:
    """Compares in constant time. What is not text, and an unset secret, equal nothing."""
    if not isinstance(given, str) or not expected:
        return False
    # Headers may hold bytes that are no UTF-8, as surrogates: they are to be unequal, not an error.
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass"))


def require(genuine: bool) -> None:
    """One message for every reason: a stranger is not told what was wrong."""
    if not genuine:
        raise NotGenuine("the signature or key is wrong or missing")


def signed(secret: str | bytes, message: bytes, algorithm: str = "sha256") -> bytes:
    """The HMAC of a message."""
    key = secret.encode() if isinstance(secret, str) else secret
    return hmac.new(key, message, getattr(hashlib, algorithm)).digest()


def in_time(seconds: str, now: datetime, tolerance: int) -> bool:
    """Whether a signed timestamp, in Unix seconds, is near enough to the present: an old request is a replay."""
    if not (seconds.isascii() and seconds.isdecimal() and len(seconds) <= 12):
        return False
    return abs(now.timestamp() - int(seconds)) <= tolerance


def without_secret(raw: bytes, secret: str) -> bytes:
    """The bytes with the key taken out: whoever may see the evidence could otherwise post leads with it."""
    if not secret:
        return raw
    for written in (secret, quote_plus(secret), quote(secret, safe="")):
        raw = raw.replace(written.encode(), b"[key]")
    return raw


# ---- bodies -------------------------------------------------------------------------------------------------


def json_object(raw: bytes | str, field: str | None = None) -> dict[str, Any]:
    """A JSON object without repeated names, numbers that are none, deep nesting or text that cannot be kept."""
    try:
        document = json.loads(
            raw.decode("utf-8-sig") if isinstance(raw, bytes) else raw,
            object_pairs_hook=_unrepeated,
            parse_constant=_not_a_number,
            parse_float=_finite,
        )
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise Unreadable("expected a JSON object in UTF-8", field=field)
    _check(document, field)
    return document


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("a name is given twice in the same object")
    return found


def _not_a_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("the number is too large")
    return value


def _check(document: object, field: str | None) -> None:
    waiting: list[tuple[object, int]] = [(document, 1)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, str):
            if _UNKEPT.search(value):
                raise Unreadable("a text holds what is no Unicode character, or U+0000", field=field)
        elif isinstance(value, dict | list):
            if depth > MAX_DEPTH:
                raise Unreadable("nested too deeply", field=field)
            inner = [*value, *value.values()] if isinstance(value, dict) else value
            waiting.extend((one, depth + 1) for one in inner)


def form_pairs(posted: Posted) -> list[tuple[str, str]]:
    """The text fields of a form, in either encoding. Files are not read."""
    kind = media_type(posted)
    if kind == MULTIPART:
        return _multipart(posted.body, _whole_type(posted))
    if kind != FORM:
        raise Unreadable("expected a form", field="content-type")
    try:
        pairs = parse_qsl(
            posted.body.decode("utf-8"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError:
        raise Unreadable("expected a form in UTF-8, of at most 500 fields") from None
    return kept(pairs)


def media_type(posted: Posted) -> str:
    return _whole_type(posted).partition(";")[0].strip().lower()


def is_json(posted: Posted) -> bool:
    kind = media_type(posted)
    return kind == "application/json" or kind.endswith("+json")


def _whole_type(posted: Posted) -> str:
    """With its parameters, which some frameworks leave to the header."""
    if ";" in posted.content_type:
        return posted.content_type
    return posted.headers.get("content-type") or posted.content_type


def _multipart(raw: bytes, content_type: str) -> list[tuple[str, str]]:
    found = _BOUNDARY.search(content_type)
    boundary = (found[1] or found[2]) if found else ""
    if not boundary.isascii() or not boundary:
        raise Unreadable("the form has no usable boundary", field="content-type")
    parts = (b"\r\n" + raw).split(b"\r\n--" + boundary.encode())
    if len(parts) < 2 or not parts[-1].startswith(b"--"):
        raise Unreadable("the form is cut short")
    if len(parts) > MAX_FIELDS + 2:
        raise Unreadable("the form has too many fields")
    return kept(pair for part in parts[1:-1] if (pair := _part(part)) is not None)


def _part(part: bytes) -> tuple[str, str] | None:
    """A field of a multipart form; None for a file."""
    head, blank, content = part.partition(b"\r\n\r\n")
    try:
        disposition = _DISPOSITION.search(head.decode("utf-8").replace("\r\n", "\n"))
        named = _NAME.search(disposition[1]) if disposition else None
        if not blank or disposition is None or named is None:
            raise Unreadable("a field of the form has no name")
        if _FILE.search(disposition[1]):
            return None
        return named[1] or named[2] or "", content.decode("utf-8")
    except UnicodeDecodeError:
        raise Unreadable("expected a form in UTF-8") from None


def kept(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pairs, all of text that can be kept."""
    found = list(pairs)
    for name, value in found:
        if _UNKEPT.search(name) or _UNKEPT.search(value):
            raise Unreadable("a text holds what is no Unicode character, or U+0000")
    return found


def nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """``consent[text]`` and ``consent.text`` name a field of a field; a repeated one becomes a list.

    The same as the API reads forms, so that a mapping sees them the same way.
    """
    fields: dict[str, Any] = {}
    for name, value in pairs:
        *outer, last = _PLACE.findall(name)[:3] or [""]
        target = fields
        for part in outer:
            target = target.setdefault(part, {})
            if not isinstance(target, dict):
                raise Unreadable("both a value and fields of its own", field=part)
        before = target.get(last)
        if isinstance(before, dict):
            raise Unreadable("both a value and fields of its own", field=last)
        if before is None:
            target[last] = value
        else:
            target[last] = [*before, value] if isinstance(before, list) else [before, value]
    fields.pop("", None)
    return fields


# ---- mappings -----------------------------------------------------------------------------------------------


def name_rules(first: str, last: str, full: str) -> dict[str, Any]:
    """The rules for a name that one form asks for in one box and another in two: what is there is put together, and
    its first word taken apart."""
    together = f"{{{{ {first} }}}} {{{{ {last} }}}} {{{{ {full} }}}}"
    return {
        "first_name": {"template": together, "part": "first"},
        "last_name": {"template": together, "part": "last"},
    }


# ---- values -------------------------------------------------------------------------------------------------


def objects(value: object, field: str) -> list[dict[str, Any]]:
    """A list of objects. Raises Unreadable for anything else."""
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise Unreadable("expected a list of objects", field=field)
    return value


def identifier(value: object) -> str | None:
    """An id, which providers write as text or as a number; None where there is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return (value.strip() or None) if isinstance(value, str) and len(value) <= 200 else None


def moment(value: object) -> datetime | None:
    """A moment in ISO 8601 with its offset, or in Unix seconds or milliseconds; None where it is neither."""
    try:
        if isinstance(value, str) and not value.isdecimal():
            found = datetime.fromisoformat(value)
        elif isinstance(value, str | int) and not isinstance(value, bool):
            number = int(value)
            found = datetime.fromtimestamp(number / 1000 if number > 10**11 else number, UTC)
        else:
            return None
        # Without its offset it could be half a day off, which is worse than none.
        return found.astimezone(UTC) if found.tzinfo and 2000 <= found.year <= 2099 else None
    except (ValueError, OverflowError, OSError):
        return None
