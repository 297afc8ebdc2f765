"""A corpus of hostile posts to ``POST /v1/leads``: what a broken vendor, a fuzzer or an attacker sends.

Owns: the posts, each with a name, and what has to become of each. Must not know: how they are sent and checked.

Nobody is called for any of it: the leads are test leads, with numbers of fiction and external ids of their own.
"""

from __future__ import annotations

import gzip
import itertools
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any
from urllib.parse import quote, urlencode

JSON = b"application/json"
FORM = b"application/x-www-form-urlencoded"
MOST = 256 * 1024
"""So large may a body be."""


class Fate(StrEnum):
    """What has to become of a post. Never a 5xx."""

    NOTHING = "refused, nothing stored"
    """A 4xx with a problem document that has a code and, for a field's fault, the field."""
    REFUSED = "refused and stored"
    """A 422 with a ``lead_id``, by design: the post was readable, the lead is not acceptable."""
    KEPT = "accepted"
    """A 202: the text was odd and harmless, and comes back as it was sent."""
    JUDGED = "accepted, or refused and stored"
    """A field that a source may have rules for; the text is kept either way."""
    BROKEN = "broken as HTTP"
    """No request at all: a 4xx of the server, or a closed connection, and nothing stored."""


@dataclass(frozen=True)
class Post:
    """One post. ``kept`` are texts by their place in the lead as it is read back; ``shown`` are on its page."""

    name: str
    fate: Fate
    body: bytes
    kind: bytes | None = JSON
    headers: tuple[bytes, ...] = ()
    statuses: frozenset[int] = frozenset()
    fields: tuple[str, ...] = ()
    kept: dict[str, object] = field(default_factory=dict)
    shown: tuple[str, ...] = ()
    sized: bool = True
    """Send a Content-Length."""
    after_continue: bytes = b""
    """Sent once the server says ``100 Continue``: by then the service reads the body."""
    hangs_up: bool = False
    authorization: bytes = b"Authorization: Bearer %s"

    def head(self, key: str) -> bytes:
        lines = [b"POST /v1/leads HTTP/1.1", b"Host: 127.0.0.1", b"Connection: close"]
        if self.authorization:
            lines.append(self.authorization.replace(b"%s", key.encode()))
        if self.kind is not None:
            lines.append(b"Content-Type: " + self.kind)
        if self.sized:
            lines.append(b"Content-Length: %d" % len(self.body))
        return b"\r\n".join([*lines, *self.headers]) + b"\r\n\r\n"


# ---- leads --------------------------------------------------------------------------------------------------

TEXTS = ("phone", "first_name", "last_name", "email", "address", "city", "state", "postal_code", "country",
         "external_id")  # fmt: skip
CONSENT_TEXTS = ("text", "url", "ip", "user_agent", "seller", "trustedform_cert_url", "leadid_token")
UNSEEN = ("ip", "user_agent", "device", "honeypot", "owner")
"""Text that is judged and not given back."""
EVERY_TEXT = (*TEXTS, *UNSEEN, *(f"consent.{name}" for name in CONSENT_TEXTS))
EVERY_MOMENT = ("submitted_at", "schedule_at", "consent.captured_at")
PARSED = (*EVERY_MOMENT, "cost", "test", "seconds_on_form", "ping_id")
EVERY_FIELD = (*EVERY_TEXT, *PARSED, "attributes", "consent", "consent.channels")
LONGEST = {"first_name": 120, "last_name": 120, "address": 2000, "city": 120, "external_id": 200, "device": 120,
           "owner": 120, "user_agent": 2000, "consent.text": 20_000, "consent.user_agent": 2000,
           "consent.seller": 2000, "consent.leadid_token": 120}  # fmt: skip
"""How long text may be that nobody has rules for: it is taken, and kept as it was written."""
RULED_TEXTS = ("email", "state", "postal_code", "ip", "honeypot", "consent.url", "consent.ip",
               "consent.trustedform_cert_url")  # fmt: skip

_AREAS = (212, 315, 347, 516, 518, 585, 607, 631, 646, 716, 718, 845, 914, 917, 201, 203, 215, 302, 305, 312,
          313, 401, 404, 410, 412, 415, 504, 508, 512, 602, 603, 612, 617, 702, 704, 713, 801, 802)  # fmt: skip
_numbers = itertools.count()


def fresh() -> dict[str, Any]:
    """A good lead with a phone and an external id that no other has."""
    number = next(_numbers)
    return {
        "phone": f"+1{_AREAS[number // 100 % len(_AREAS)]}55501{number % 100:02d}",
        "first_name": "Ada",
        "email": f"hostile.{number}@example.com",
        "state": "NY",
        "external_id": f"hostile-{number}",
        "test": True,
        "consent": {"channels": ["call"], "text": "I agree to be called."},
    }


def with_field(place: str, value: object) -> dict[str, Any]:
    lead = fresh()
    head, _, tail = place.partition(".")
    if tail:
        lead[head] = {**lead.get(head, {}), tail: value}
    else:
        lead[head] = value
    return lead


def as_json(lead: dict[str, Any]) -> bytes:
    return json.dumps(lead).encode()


def pairs(lead: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in lead.items():
        place = f"{prefix}[{name}]" if prefix else name
        if isinstance(value, dict):
            found += pairs(value, place)
        elif isinstance(value, list):
            found += [(f"{place}[]", str(item)) for item in value]
        else:
            found.append((place, "true" if value is True else str(value)))
    return found


def as_form(lead: dict[str, Any]) -> bytes:
    return urlencode(pairs(lead)).encode()


def in_form(text: bytes, place: str = "first_name") -> bytes:
    """A good form whose field has these bytes as they are."""
    lead = fresh()
    lead.pop(place, None)
    head, _, tail = place.partition(".")
    name = f"{head}[{tail}]" if tail else head
    return as_form(lead) + b"&" + name.encode() + b"=" + text


def in_json(literal: bytes, place: str = "first_name") -> bytes:
    """Good JSON but for one field's value, which is these bytes as they are."""
    return as_json(with_field(place, "@@")).replace(b'"@@"', literal)


# ---- fates --------------------------------------------------------------------------------------------------


def unreadable(name: str, body: bytes, **more: Any) -> Post:
    return Post(name, Fate.NOTHING, body, statuses=frozenset({400}), fields=("body",), **more)


def at_fault(name: str, place: str, body: bytes, **more: Any) -> Post:
    return Post(name, Fate.NOTHING, body, statuses=frozenset({422}), fields=(place,), **more)


def out_of_range(name: str, place: str, body: bytes, **more: Any) -> Post:
    """Refused either as a body or as a field's value."""
    return Post(name, Fate.NOTHING, body, statuses=frozenset({400, 422}), fields=(place, "body"), **more)


def too_large(name: str, body: bytes, **more: Any) -> Post:
    return Post(name, Fate.NOTHING, body, statuses=frozenset({413}), fields=("body",), **more)


def wrong_type(name: str, body: bytes, kind: bytes | None) -> Post:
    return Post(name, Fate.NOTHING, body, kind, statuses=frozenset({415}), fields=("Content-Type",))


def refused(name: str, body: bytes, place: str, **more: Any) -> Post:
    return Post(name, Fate.REFUSED, body, statuses=frozenset({422}), fields=(place,), **more)


def kept(name: str, body: bytes, **more: Any) -> Post:
    return Post(name, Fate.KEPT, body, statuses=frozenset({202}), **more)


def judged(name: str, body: bytes, **more: Any) -> Post:
    return Post(name, Fate.JUDGED, body, statuses=frozenset({202, 422}), **more)


def broken(name: str, body: bytes, *headers: bytes, **more: Any) -> Post:
    return Post(name, Fate.BROKEN, body, headers=headers, **more)


def given_back(place: str, text: str) -> dict[str, Any]:
    """What is read back: an address in small letters, the rest as it was sent; a state is put in order."""
    if place in UNSEEN or place == "state":
        return {}
    stored = text.lower() if place == "email" else text
    return {"kept": {place: stored}, "shown": (stored,)}


# ---- encodings ----------------------------------------------------------------------------------------------

NOT_UTF8 = {
    "a lone 0xFF": b"\xff",
    "Latin-1": b"Andr\xe9",
    "an overlong slash": b"\xc0\xaf",
    "an encoded surrogate": b"\xed\xa0\x80",
    "beyond the last code point": b"\xf4\x90\x80\x80",
    "a sequence cut short": b"\xe2\x82",
    "a lone continuation": b"\x80",
}
HALF_SURROGATES = (r"\ud800", r"\udfff", r"\udc00\ud800", r"x\ud83d", r"\ud83d\ud83d\ude00")


def encodings() -> Iterator[Post]:
    for name, raw in NOT_UTF8.items():
        yield unreadable(f"JSON with {name}", in_json(b'"' + raw + b'"'))
        yield unreadable(f"a JSON name with {name}", as_json(fresh())[:-1] + b', "' + raw + b'": 1}')
        yield unreadable(f"a form with {name}", in_form(raw), kind=FORM)
        yield unreadable(f"a form with {name}, escaped", in_form(quote(raw).encode()), kind=FORM)
        yield unreadable(f"a form's name with {name}, escaped",
                         as_form(fresh()) + b"&" + quote(raw).encode() + b"=1", kind=FORM)  # fmt: skip
    lead = json.dumps(fresh())
    for name in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp037"):
        yield unreadable(f"JSON in {name}", lead.encode(name))
    for name in ("utf-16", "utf-32", "cp037"):
        yield unreadable(f"a form in {name}", as_form(fresh()).decode().encode(name), kind=FORM)
    for name in ("utf-16-le", "utf-16-be", "utf-8-sig"):
        yield at_fault(f"a form in {name}", "phone", as_form(fresh()).decode().encode(name), kind=FORM)
    for text in ("%", "%2", "%zz", "%u0041", "100%", "%-1", "%%34"):
        expected = text.replace("%34", "4")
        yield kept(f"a form with the escape {text!r} that is none", in_form(text.encode()), kind=FORM,
                   kept={"first_name": expected}, shown=(expected,))  # fmt: skip


def surrogates() -> Iterator[Post]:
    for place in EVERY_TEXT:
        yield unreadable(f"half a surrogate pair in {place}", in_json(b'"x\\ud800"', place))
    for text in HALF_SURROGATES:
        yield unreadable(f"JSON with {text}", in_json(b'"%s"' % text.encode()))
        yield unreadable(f"an attribute {text}", in_json(b'"%s"' % text.encode(), "attributes.a"))
        yield unreadable(f"an unknown field {text}", as_json(fresh())[:-1] + b', "%s": 1}' % text.encode())
    yield kept("a whole surrogate pair", in_json(rb'"\ud83d\ude00"'), kept={"first_name": "😀"}, shown=("😀",))


# ---- JSON that is none --------------------------------------------------------------------------------------


def no_json() -> Iterator[Post]:
    whole = as_json(fresh())
    for cut in range(1, len(whole), 9):
        yield unreadable(f"JSON cut after {cut} bytes", whole[:cut])
    bodies = {
        "nothing": b"",
        "a blank": b" ",
        "line ends": b"\r\n\r\n",
        "null": b"null",
        "true": b"true",
        "a number": b"7",
        "a text": b'"+12125550142"',
        "an empty array": b"[]",
        "an array of leads": b"[" + whole + b"]",
        "an array of an array": b"[[" + whole + b"]]",
        "two leads, one after another": whole + whole,
        "two leads on two lines": whole + b"\n" + whole,
        "something after it": whole + b" x",
        "a NUL after it": whole + b"\x00",
        "NULs": b"\x00" * 100,
        "single quotes": whole.replace(b'"', b"'"),
        "a comma at the end": whole[:-1] + b",}",
        "no comma": whole.replace(b", ", b" "),
        "a comment": whole[:-1] + b" /* x */}",
        "a name without quotes": b"{phone: 1}",
        "undefined": b'{"phone": undefined}',
        "a raw line end in a text": in_json(b'"a\nb"'),
        "a raw NUL in a text": in_json(b'"a\x00b"'),
        "an escape that is none": in_json(rb'"\x41"'),
        "a \\u escape cut short": in_json(rb'"\u00"'),
        "a guard against hijacking": b")]}',\n" + whole,
        "XML": b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
        "YAML": b"!!python/object/apply:os.system ['true']",
        "a pickle": b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94.",
        "a form": as_form(fresh()),
    }
    for name, body in bodies.items():
        yield unreadable(f"as JSON, {name}", body)
    yield at_fault("as a form, JSON", "phone", whole, kind=FORM)
    yield at_fault("as a form, nothing", "phone", b"", kind=FORM)
    yield at_fault("as a form, ampersands", "phone", b"&" * 400, kind=FORM)
    yield at_fault("an empty object", "phone", b"{}")


def nesting() -> Iterator[Post]:
    def deep(levels: int) -> bytes:
        return b'{"a": ' * levels + b"1" + b"}" * levels

    yield unreadable("100,000 arrays", b"[" * 100_000 + b"]" * 100_000)
    yield unreadable("200,000 arrays without an end", b"[" * 200_000)
    yield unreadable("30,000 objects", deep(30_000))
    yield too_large("100,000 objects", deep(100_000))
    for place in ("attributes.a", "first_name", "phone", "consent.text", "unheard_of"):
        yield unreadable(f"100,000 arrays in {place}", in_json(b"[" * 100_000 + b"]" * 100_000, place))
    for levels in (9, 50, 150, 1000):
        yield out_of_range(f"attributes {levels} deep", "attributes", in_json(deep(levels), "attributes"))
    yield out_of_range("attributes of arrays, 100 deep", "attributes",
                       in_json(b"[" * 100 + b"]" * 100, "attributes.a"))  # fmt: skip
    yield at_fault("an array 100 deep for a city", "city", in_json(b"[" * 100 + b"]" * 100, "city"))
    yield at_fault("an object 50 deep for a phone", "phone", in_json(deep(50), "phone"))
    yield at_fault("an object 50 deep for a channel", "consent.channels.0",
                   in_json(b"[" + deep(50) + b"]", "consent.channels"))  # fmt: skip
    yield kept("attributes 8 deep", in_json(deep(8), "attributes"))
    yield kept("an unknown field 100 deep", in_json(b"[" * 100 + b"]" * 100, "unheard_of"))
    brackets = b"&attributes" + b"[a]" * 20_000 + b"=1"
    yield kept("a form with 20,000 brackets", as_form(fresh()) + brackets, kind=FORM)
    yield kept("a form with 50,000 open brackets", as_form(fresh()) + b"&" + b"[" * 50_000 + b"=1", kind=FORM)
    dots = b"&consent" + b"." * 50_000 + b"seller=Acme"
    yield kept("a form with 50,000 dots", as_form(fresh()) + dots, kind=FORM, kept={"consent.seller": "Acme"})


# ---- numbers ------------------------------------------------------------------------------------------------

NO_NUMBERS = (b"NaN", b"Infinity", b"-Infinity", b"nan", b"0x10", b"01", b"+1", b"1.", b".5", b"1e", b"--1",
              b"1_000", b"1e+", b"-", b"1,5", b"12n")  # fmt: skip
HUGE = {"1e400": b"1e400", "-1e400": b"-1e400", "1e1000000000": b"1e1000000000", "5,000 digits": b"9" * 5000,
        "minus 5,000 digits": b"-" + b"9" * 5000, "100,000 digits": b"9" * 100_000}  # fmt: skip


def numbers() -> Iterator[Post]:
    for literal in NO_NUMBERS:
        yield unreadable(f"the number {literal.decode()} for a cost", in_json(literal, "cost"))
        yield unreadable(f"the number {literal.decode()} as an attribute", in_json(literal, "attributes.a"))
    for name, literal in HUGE.items():
        for place in ("phone", "cost", "submitted_at", "attributes.a", "external_id", "consent.ip", "test"):
            head = place.partition(".")[0] if place.startswith("attributes") else place
            yield out_of_range(f"{name} for {place}", head, in_json(literal, place))
    for text in ("-1", "-0.01", "1e400", "1e-400", "NaN", "sNaN", "Infinity", "9" * 5000, "1.23456", "0x10",
                 "100000000", "1e9", "1e99999999", "٣x", "1,50", "$5", "5 5"):  # fmt: skip
        yield at_fault(f"a cost of {text[:12]!r}", "cost", as_json(with_field("cost", text)))
        yield at_fault(f"a form's cost of {text[:12]!r}", "cost", as_form(with_field("cost", text)), kind=FORM)
    for literal, value in ((b"-0", "0"), (b"-0.0", "0"), (b"1e-400", "0"), (b"99999999.9999", "99999999.9999")):
        name = f"a cost of {literal.decode()}"
        yield kept(name, in_json(literal, "cost"), kept={"cost": value})
    for text in ("-1", "1e400", "1000001", "9" * 5000, "NaN", "nan", "Infinity", "0x10", "1,5", "5 s"):
        body = as_form(with_field("seconds_on_form", text))
        yield at_fault(f"{text[:12]!r} seconds on a form", "seconds_on_form", body, kind=FORM)
    for text in ("0e-99999999", "0e99999999", "-0e-20000", "0.00000"):
        yield replace(kept(f"a cost of {text}", as_json(with_field("cost", text))), statuses=frozenset({202, 422}),
                      fields=("cost",))  # fmt: skip
    for literal, number in ((b"-0", 0), (b"-0.0", 0), (b"1e-400", 0), (b"1e308", 1e308), (b"5e-324", 5e-324),
                            (b"1" + b"0" * 30, 10**30), (b"0.1", 0.1)):  # fmt: skip
        yield kept(f"an attribute of {literal[:12].decode()}", in_json(literal, "attributes.a"),
                   kept={"attributes.a": number})  # fmt: skip
    yield at_fault("an attribute beyond 10^30", "attributes", in_json(b"1" + b"0" * 31, "attributes.a"))


# ---- characters ---------------------------------------------------------------------------------------------

CONTROLS = ("\x00", "\x01", "\x07", "\x08", "\x0b", "\x1b[2J", "\x1f", "\x7f")
ODD_UNICODE = {
    "right-to-left override": "Ada\u202eexe.gpj",
    "isolates": "\u2066Ada\u2069",
    "zero width": "A\u200bd\u200da\u2060\ufeffx",
    "combining marks": "A" + "\u0301" * 50,
    "line separators": "a\u2028b\u2029c\u0085d",
    "no characters": "a\ufffe\uffff\U0010ffff",
    "private use": "\ue000\U000f0000x",
    "a family": "👨‍👩‍👧‍👦🏳️‍🌈",
    "full width": "Ａｄａ　Ｌｅｅ",
    "dotless and sharp": "ıİßŉǰ",
    "tabs and line ends": "a\tb\r\nc",
    "second control set": "a\x80\x9b\x9fb",
    "an object replaced": "\ufffc\ufffd",
    "mathematical": "𝓐𝒹𝒶",
}


def characters() -> Iterator[Post]:
    controls = itertools.cycle(CONTROLS)
    for place in EVERY_TEXT:
        nul, other = "a\x00b", f"a{next(controls)}b"
        yield at_fault(f"a NUL in {place}", place, as_json(with_field(place, nul)))
        yield at_fault(f"a NUL in a form's {place}", place, as_form(with_field(place, nul)), kind=FORM)
        yield at_fault(f"{other!r} in {place}", place, as_json(with_field(place, other)))
    for place in PARSED:
        yield at_fault(f"a NUL in {place}", place, as_json(with_field(place, "2026-06-10T12:00:00Z\x00")))
    yield at_fault(
        "a NUL in a channel", "consent.channels.0", as_json(with_field("consent.channels", ["call\x00"]))
    )
    for control in CONTROLS:
        for name, value in (("value", {"a": control}), ("name", {control: 1}), ("list", {"a": ["b", control]}),
                            ("depth", {"a": {"b": [{control: 1}]}})):  # fmt: skip
            yield at_fault(f"{control!r} in attributes ({name})", "attributes",
                           as_json(with_field("attributes", value)))  # fmt: skip
    for name, text in ODD_UNICODE.items():
        yield kept(f"{name} in a name", as_json(with_field("first_name", text)), kept={"first_name": text},
                   shown=(text,))  # fmt: skip
        yield kept(f"{name} in a form's city", as_form(with_field("city", text)), kind=FORM, kept={"city": text},
                   shown=(text,))  # fmt: skip
        yield kept(f"{name} as an attribute", as_json(with_field("attributes", {text: text})),
                   kept={"attributes": {text: text}})  # fmt: skip
    yield kept("a NUL in an unknown field", as_json({**fresh(), "unheard_of": "\x00", "\x00": 1}))


# ---- sizes --------------------------------------------------------------------------------------------------


def filled(body: Callable[[str], bytes], size: int) -> bytes:
    """A body of exactly so many bytes."""
    frame = len(body(""))
    return body("x" * (size - frame))


def sizes() -> Iterator[Post]:
    for place in EVERY_TEXT:
        name = "consent." + place.split(".")[1] if "." in place else place
        yield too_large(f"1 MB of {place}", as_json(with_field(place, "x" * 1_000_000)))
        lead = fresh()

        def json_of(text: str, lead: dict[str, Any] = lead, place: str = place) -> bytes:
            return as_json(_put(lead, place, text))

        yield at_fault(f"{place} up to the limit of a body", name, filled(json_of, MOST))
        yield at_fault(f"a form's {place} up to the limit of a body", name,
                       filled(lambda text, p=place: in_form(text.encode(), p), MOST - 8), kind=FORM)  # type: ignore[misc]  # fmt: skip
    for place in PARSED:
        yield at_fault(f"200,000 characters of {place}", place, as_json(with_field(place, "1" * 200_000)))
    yield at_fault("200,000 characters of a channel", "consent.channels.0",
                   as_json(with_field("consent.channels", ["x" * 200_000])))  # fmt: skip
    yield at_fault(
        "50,000 channels", "consent.channels", as_json(with_field("consent.channels", ["call"] * 25_000))
    )
    for place, most in LONGEST.items():
        text = ("é<" * most)[:most]
        body = as_json(with_field(place, text))
        yield kept(f"{place} as long as it may be", body, **given_back(place, text))
        yield at_fault(f"{place} a little longer", place, as_json(with_field(place, text + "é")))
    lead = fresh()
    yield kept("a body as large as it may be", filled(lambda text: as_json({**lead, "unheard_of": text}), MOST))
    yield too_large("a body one byte larger", filled(lambda text: as_json({**lead, "x": text}), MOST + 1))
    text = "y" * 200_000
    yield kept("an attribute of 200,000 characters", as_json(with_field("attributes", {"a": text})),
               kept={"attributes.a": text})  # fmt: skip
    yield kept("an attribute's name of 100,000 characters", as_json(with_field("attributes", {"a" * 100_000: 1})))
    yield kept("1,000 attributes", as_json(with_field("attributes", {f"a{n}": n for n in range(1000)})))
    yield kept("20,000 unknown fields", as_json({**fresh(), **{f"x{n}": 0 for n in range(20_000)}}))
    few = as_form(fresh())
    spare = 500 - few.count(b"&") - 1
    yield kept("a form with 500 fields", few + b"&x=1" * spare, kind=FORM)
    yield unreadable("a form with 501 fields", few + b"&x=1" * (spare + 1), kind=FORM)
    yield unreadable("a form with 80,000 fields", few + b"&a=" * 80_000, kind=FORM)
    yield too_large("1 MB of a form", few + b"&x=" + b"x" * 1_000_000, kind=FORM)


def _put(lead: dict[str, Any], place: str, value: object) -> dict[str, Any]:
    head, _, tail = place.partition(".")
    return {**lead, head: {**lead[head], tail: value} if tail else value}


# ---- types --------------------------------------------------------------------------------------------------

WRONG = {"a number": 7, "true": True, "false": False, "null": None, "a list": [], "a list of texts": ["x"],
         "an object": {}, "an object of texts": {"x": "y"}, "a text": "x"}  # fmt: skip
_FITS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(EVERY_TEXT, ("a number", "null", "a text")),
    "phone": ("a number", "a text"),
    "country": ("null",),
    **dict.fromkeys(EVERY_MOMENT, ("null",)),
    "cost": ("a number", "null"),
    "test": ("true", "false"),
    "seconds_on_form": ("a number", "true", "false", "null"),
    "ping_id": ("null",),
    "attributes": ("an object", "an object of texts"),
    "consent": ("an object", "an object of texts"),
    "consent.channels": ("a list",),
}
_ONE_INSIDE = {("consent.channels", "a list of texts"), ("consent.channels", "a text")}


def types() -> Iterator[Post]:
    for place in EVERY_FIELD:
        for name, value in WRONG.items():
            if name in _FITS[place]:
                continue
            at = f"{place}.0" if (place, name) in _ONE_INSIDE else place
            yield at_fault(f"{name} for {place}", at, as_json(with_field(place, value)))
    for place in EVERY_TEXT:
        if place not in ("phone", "country"):
            lead = with_field(place, None)
            nothing = {} if place in UNSEEN else {place: None}
            yield kept(f"null for {place}", as_json(lead), kept=nothing)
            make = judged if place in RULED_TEXTS else kept
            number = 7_000_000 + next(_numbers)
            body = as_json(with_field(place, number))
            yield make(f"a number for {place}", body, **given_back(place, str(number)))
    for phone in (7, "x", -1, 10**15):
        yield refused(f"{phone!r} for a phone", as_json(with_field("phone", phone)), "phone")
    for name in ("an object", "an object of texts"):
        yield refused(f"{name} for a consent", as_json(with_field("consent", WRONG[name])), "consent.channels")
    for none in ("[]", '""', '" , "'):
        yield refused(f"the channels {none}", in_json(none.encode(), "consent.channels"), "consent.channels")
    for channels in (7, {"call": True}, True):
        body = as_json(with_field("consent.channels", channels))
        yield at_fault(f"the channels {channels!r}", "consent.channels", body)
    for second in ("7", "null", '["call"]', "{}", '"fax"', '""'):
        body = in_json(f'["call", {second}]'.encode(), "consent.channels")
        yield at_fault(f"a channel and {second}", "consent.channels.1", body)
    for test in ("maybe", "2", 2, -1, 0.5, "tru e"):
        yield at_fault(f"{test!r} for a test", "test", as_json(with_field("test", test)))


def repeats() -> Iterator[Post]:
    for place in (*EVERY_TEXT, *PARSED):
        lead = with_field(place, "x")
        head, _, tail = place.partition(".")
        name = f"{head}[{tail}]" if tail else head
        body = as_form(lead) + f"&{name}=x".encode()
        yield at_fault(f"{place} twice in a form", place, body, kind=FORM)
        without = {k: v for k, v in fresh().items() if k not in (place, head)}
        inside = as_form(without) + f"&{name}[a]=x".encode()
        yield at_fault(f"a form's {place} with a field of its own", place, inside, kind=FORM)
    lead = fresh()
    lead.pop("consent")
    for text in ("consent=yes&consent.channels=call", "consent.channels=call&consent=yes",
                 "attributes[a]=1&attributes[a][b]=2", "attributes[a][b]=1&attributes[a]=2"):  # fmt: skip
        yield unreadable(f"a form with {text}", as_form(lead) + b"&" + text.encode(), kind=FORM)
    for text, place in (("consent=yes", "consent"), ("consent=a&consent=b", "consent"),
                        ("attributes=x", "attributes"), ("consent[channels][x]=call", "consent.channels"),
                        ("consent[]=call", "consent")):  # fmt: skip
        yield at_fault(f"a form with {text}", place, as_form(lead) + b"&" + text.encode(), kind=FORM)
    good = fresh()
    text = json.dumps(good)[1:-1]
    yield kept("a name twice: the last one holds", b'{"first_name": "Eve", %s, "city": "A", "city": "B"}'
               % text.encode(), kept={"first_name": "Ada", "city": "B"})  # fmt: skip
    yield refused("a phone twice, the last one no number", b'{%s, "phone": "12"}'
                  % json.dumps(fresh())[1:-1].encode(), "phone")  # fmt: skip
    yield kept("a phone twice, the last one a number", b'{"phone": "12", %s}' % json.dumps(fresh())[1:-1].encode(),
               )  # fmt: skip
    yield at_fault("a phone twice, the last one an object", "phone", b'{%s, "phone": {}}'
                   % json.dumps(fresh())[1:-1].encode())  # fmt: skip
    yield refused("a consent twice, the last one empty", b'{%s, "consent": {}}'
                  % json.dumps(fresh())[1:-1].encode(), "consent.channels")  # fmt: skip
    many = b"{" + b'"phone": "12", ' * 15_000 + json.dumps(fresh())[1:-1].encode() + b"}"
    yield kept("a phone 15,000 times", many)


# ---- texts that want to be run ------------------------------------------------------------------------------

HOSTILE_TEXTS = {
    "SQL": "'; DROP TABLE lead; --",
    "a template": "{{ 7*7 }}{% for x in ().__class__.__base__.__subclasses__() %}{% endfor %}",
    "an expression": "${7*7}#{7*7}${jndi:ldap://127.0.0.1/a}",
    "a format": "%s%n%(a)s{0.__class__}",
    "a script": "<script>alert(1)</script>",
    "markup": "\"><img src=x onerror=alert(1)>' &amp;",
    "a shell": "$(touch /tmp/x)`id`|| true;",
    "a parameter": ":lead_id $1 ?",
    "a sheet's formula": '=HYPERLINK("http://127.0.0.1","x")',
    "a header": "x\r\nSet-Cookie: a=b\r\n\r\nx",
    "a path": "../../../../etc/passwd",
}
SHORT = {"SQL": "' OR 1=1 --", "a template": "{{ 7*7 }}", "a script": "<script>", "a format": "%s%n"}


def hostile_texts() -> Iterator[Post]:
    turn = itertools.count()
    for place in EVERY_TEXT:
        texts = SHORT if place in ("postal_code", "country") else HOSTILE_TEXTS
        for name, text in texts.items():
            if next(turn) % 2:
                body, kind, where = as_json(with_field(place, text)), JSON, place
            else:
                body, kind, where = as_form(with_field(place, text)), FORM, f"a form's {place}"
            title = f"{name} for {where}"
            if place == "phone":
                yield refused(title, as_json(with_field("phone", text[:60])), "phone")
            elif place == "country":
                yield at_fault(title, "country", body, kind=kind)
            else:
                make = judged if place in RULED_TEXTS else kept
                yield make(title, body, kind=kind, **given_back(place, text))
    for name, text in HOSTILE_TEXTS.items():
        for place in PARSED:
            yield at_fault(f"{name} for {place}", place, as_json(with_field(place, text)))
        yield at_fault(
            f"{name} for a channel", "consent.channels.0", as_json(with_field("consent.channels", [text]))
        )
        yield kept(f"{name} as an attribute", as_json(with_field("attributes", {text: text})),
                   kept={"attributes": {text: text}}, shown=(text,))  # fmt: skip
        yield kept(f"{name} as an unknown field", as_json({**fresh(), text: text}))
        if "\r" not in text:
            yield kept(f"{name} as an Idempotency-Key", as_json(fresh()),
                       headers=(b"Idempotency-Key: " + text.encode(),))  # fmt: skip


NAMES = ("__proto__", "constructor", "prototype", "__class__", "__init__", "hasOwnProperty", "toString", "$where",
         "$ne", "lead_id", "account_id", "source_id", "refusal", "answer_status", "model_config", "self", "",
         " phone", "PHONE", "phone\u0000", "pho\u200bne")  # fmt: skip


def names() -> Iterator[Post]:
    for name in NAMES:
        lead = {**fresh(), name: {"admin": True, "phone": "12", "consent": {"channels": []}}}
        yield kept(f"a field named {name!r}", as_json(lead))
        if "\x00" not in name:
            inside = {name: {"polluted": "yes"}, "plain": "1"}
            yield kept(f"an attribute named {name!r}", as_json(with_field("attributes", inside)),
                       kept={"attributes": inside})  # fmt: skip
    for text in ("__proto__[polluted]=1", "constructor[prototype][polluted]=1", "__proto__.phone=12",
                 "consent[__proto__][channels]=x", "[__proto__]=1",
                 "attributes[__proto__][polluted]=1"):  # fmt: skip
        yield kept(f"a form with {text}", as_form(fresh()) + b"&" + text.encode(), kind=FORM)


# ---- moments ------------------------------------------------------------------------------------------------

NO_MOMENTS = (
    "yesterday", "now", "10/06/2026", "06/10/2026 12:00 PM", "10 June 2026", "Wed, 10 Jun 2026 12:00:00 GMT",
    "2026-06-10", "2026-W24-3", "2026-161T12:00:00Z", "12:00", "12:00:00Z", "T12:00:00Z", "P1D",
    "2026-06-10T12:00:00", "2026-06-10 12:00:00", "2026-06-10T12:00:00 UTC", "2026-06-10T12:00:00 America/New_York",
    "2026-06-10T12:00:00EST", "2026-13-01T00:00:00Z", "2026-00-10T00:00:00Z", "2026-06-31T00:00:00Z",
    "2026-02-29T00:00:00Z", "2026-06-00T00:00:00Z", "2026-06-10T24:00:01Z", "2026-06-10T25:00:00Z",
    "2026-06-10T12:60:00Z", "2026-06-30T23:59:60Z", "2026-06-30T23:59:61Z", "2026-06-10T12:00:00+25:00",
    "2026-06-10T12:00:00+00:60", "2026-06-10T12:00:00+", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+23:59", "1970-01-01T00:00:00Z", "1999-12-31T23:59:59Z", "2100-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59", "10000-01-01T00:00:00Z", "-0001-01-01T00:00:00Z",
    "-2026-06-10T12:00:00Z", "+002026-06-10T12:00:00Z", "26-06-10T12:00:00Z", "2026-6-1T1:0:0Z",
    "20260610T120000Z", "2026-06-10T12:00:00ZZ", "２０２６-06-10T12:00:00Z", "2026-06-10T12:00:00Z; --", "-1", "0",
    "1e400", "NaN", "Infinity", "99999999999999999999", "-99999999999999999999", "-1780000000", "2026",
)  # fmt: skip
ODD_NUMBERS_FOR_A_MOMENT = (-1, 0, 7, -1780000000, 10**14, 10**18, -(10**18), 1e300, -1e300, 0.5)


def moments() -> Iterator[Post]:
    for place in EVERY_MOMENT:
        for text in NO_MOMENTS:
            yield at_fault(f"{text!r} for {place}", place, as_json(with_field(place, text)))
        for number in ODD_NUMBERS_FOR_A_MOMENT:
            yield at_fault(f"{number!r} for {place}", place, as_json(with_field(place, number)))
    for text in NO_MOMENTS[::4]:
        body = as_form(with_field("submitted_at", text))
        yield at_fault(f"{text!r} for a form's submitted_at", "submitted_at", body, kind=FORM)
    for place in EVERY_MOMENT:
        for text in ("2000-01-01T00:00:00Z", "2099-12-31T23:59:59.999999Z", "2099-12-31T23:59:59-23:59",
                     "2000-01-01T00:00:00+23:59", "2026-06-10t12:00:00z"):  # fmt: skip
            yield judged(f"{text} for {place}", as_json(with_field(place, text)))
    later = {**with_field("schedule_at", "2099-12-31T23:59:59-23:59"), "test": False}
    yield judged("a call at the end of the century", as_json(later))


# ---- phones -------------------------------------------------------------------------------------------------

NO_PHONES = (
    "0", "1", "+", "+0", "+00000000000", "0000000000", "1111111111", "911", "211", "411",
    "5550142", "555-0142", "212555014", "21255501422", "+1212555014", "+121255501422", "0125550142", "1125550142",
    "9115550142", "2995550142", "2121550142", "2120550142", "+999999999999", "+80012", "+12125550142 ext 5",
    "2125550142x7", "2125550142,,5", "2125550142;ext=7", "212-555-0142 or 305-555-0142", "2125550142.0", "2.1255e9",
    "anonymous", "private", "unknown", "null", "undefined", "none", "n/a", "test", "phone", "ann@example.com",
    "sip:ann@example.com", "tel:", "client:agent-1", "javascript:alert(1)", "http://127.0.0.1/",
    "²¹²⁵⁵⁵⁰¹⁴²", "①②③④⑤⑥⑦⑧⑨⑩", "ⅯⅯⅩⅡ", "二一二五五五零一四二", "\u202e2410555212", "\u202e+\u202e",
    "1-900-555-019", "9" * 60, "+" * 60, "(" * 60, "+1" * 30, "1 " * 30, "++" + "1" * 17, "+49" + "1" * 40,
    "+49415636138323080", "+1 (212) 555-0142 #9", "2125550142 2125550142", "+7 12", "+44 20", "00", "011", "01112",
)  # fmt: skip
WRITTEN = {
    "full width": "＋１２１２５５５{}",
    "Arabic": "+1٢١٢٥٥٥{}",
    "Devanagari": "+१२१२५५५{}",
    "mathematical": "+𝟏𝟐𝟏𝟐𝟓𝟓𝟓{}",
    "full width brackets": "（２１２）５５５−{}",
    "zero width": "+1\u200b212\u2060555{}",
    "no-break spaces": "+1\u00a0212\u00a0555\u00a0{}",
}


def phones() -> Iterator[Post]:
    for text in NO_PHONES:
        yield refused(f"the phone {text[:20]!r}", as_json(with_field("phone", text)), "phone")
    for text in NO_PHONES[::3]:
        yield refused(f"a form's phone {text[:20]!r}", as_form(with_field("phone", text)), "phone", kind=FORM)
    for text in ("", "   ", "\t", "\u3000"):
        yield at_fault(f"the phone {text!r}", "phone", as_json(with_field("phone", text)))
    without = fresh()
    del without["phone"]
    yield at_fault("no phone", "phone", as_json(without))
    yield at_fault("no phone in a form", "phone", as_form(without), kind=FORM)
    yield at_fault("a phone of 61 characters", "phone", as_json(with_field("phone", "1" * 61)))
    for turn, (name, text) in enumerate(WRITTEN.items()):
        line = f"01{turn + 10}"
        yield judged(f"a phone in {name} digits", as_json(with_field("phone", text.format(line))))
    for country in ("GB", "de", "ZZ", "KP", "AQ", "XK"):
        lead = {**fresh(), "country": country}
        yield kept(f"an American phone said to be of {country}", as_json(lead), kept={"country": country.upper()})
    for text in ("USA", "U", "U1", "ÜS", "ＵＳ", "U\u0000", "840", "..", "U'"):
        yield at_fault(f"the country {text!r}", "country", as_json(with_field("country", text)))


# ---- HTTP ---------------------------------------------------------------------------------------------------

OTHER_TYPES = (
    None, b"", b"text/plain", b"text/json", b"text/html", b"application/xml", b"application/octet-stream",
    b"multipart/form-data", b"multipart/form-data; boundary=x", b"application/json/x", b"application/jsonp",
    b"application/json, text/plain", b"json", b"+json", b"a+json", b"*/*", b"application/", b"/", b";", b"\xff",
    b"application/x-www-form-urlencodedx", b"application/json" + b"x" * 3000, b"image/svg+xml",
    b"application/vnd.leads+json+xml",
)  # fmt: skip
ODD_CHARSETS = (b"utf-8", b"UTF8", b"utf-16", b"utf-7", b"latin-1", b"no-such", b"\xff", b'"', b"", b"../../x")


def content_types() -> Iterator[Post]:
    for kind in OTHER_TYPES:
        name = "no type" if kind is None else f"the type {kind[:40].decode('latin-1')!r}"
        yield wrong_type(f"JSON with {name}", as_json(fresh()), kind)
    for kind in (None, b"text/plain", b"multipart/form-data; boundary=x"):
        yield wrong_type(f"a form with the type {kind!r}", as_form(fresh()), kind)
    yield wrong_type("1 MB of plain text", b"x" * 1_000_000, b"text/plain")
    broken_gzip = wrong_type("plain text in broken gzip", b"\x1f\x8b\x08\x00" * 9, b"text/plain")
    yield replace(broken_gzip, headers=(b"Content-Encoding: gzip",))
    for kind in (b"application/x\xff+json", b"application/\xed\xa0\x80+json"):
        yield Post(f"the type {kind!r}", Fate.KEPT, as_json(fresh()), kind, statuses=frozenset({202, 415}),
                   fields=("Content-Type",))  # fmt: skip
    for charset in ODD_CHARSETS:
        name = charset.decode("latin-1")
        yield kept(f"JSON with the charset {name!r}", as_json(fresh()), kind=JSON + b"; charset=" + charset)
        yield kept(f"a form with the charset {name!r}", as_form(fresh()), kind=FORM + b"; charset=" + charset)
    for name in ("utf-16", "utf-32", "utf-7"):
        body = json.dumps({**fresh(), "first_name": "Zoë"}, ensure_ascii=False).encode(name)
        if name != "utf-7":
            yield unreadable(f"JSON in {name} that says so", body, kind=JSON + b"; charset=" + name.encode())
    for kind in (b"APPLICATION/JSON", b"application/json;;;=;", b"application/ld+json",
                 b'application/json; a="' + b"x" * 3000):  # fmt: skip
        yield kept(f"the type {kind[:30].decode()}", as_json(fresh()), kind=kind)


def compression() -> Iterator[Post]:
    gz, zl = b"Content-Encoding: gzip", b"Content-Encoding: deflate"
    packed = gzip.compress(as_json(fresh()))
    for name, body, kind, header in (
        ("gzip", packed, JSON, gz),
        ("deflate", zlib.compress(as_json(fresh())), JSON, zl),
        ("a form in gzip", gzip.compress(as_form(fresh())), FORM, gz),
    ):
        yield Post(name, Fate.KEPT, body, kind, (header,), frozenset({202, 415}), ("Content-Encoding",))
    broken_ones = {
        "gzip that is none": (gz, as_json(fresh())),
        "gzip with a good head": (gz, packed[:10] + b"\xff" * 40),
        "gzip cut short": (gz, packed[:-12]),
        "gzip with a wrong checksum": (gz, packed[:-8] + b"\0" * 8),
        "gzip with a wrong length": (gz, packed[:-4] + b"\xff" * 4),
        "gzip and something after it": (gz, packed + b"after"),
        "gzip of gzip": (gz, gzip.compress(packed)),
        "gzip of nothing": (gz, gzip.compress(b"")),
        "nothing as gzip": (gz, b""),
        "a head of gzip": (gz, packed[:10]),
        "deflate that is none": (zl, as_json(fresh())),
        "gzip that is not said": (b"X-A: b", packed),
        "gzip said to be deflate": (zl, packed),
        "gzip twice": (b"Content-Encoding: gzip, gzip", gzip.compress(packed)),
        "an unknown encoding": (b"Content-Encoding: compress", b"\x1f\x9d\x90"),
        "a form in broken gzip": (gz, b"\x1f\x8b\x08\x00"),
    }
    for name, (header, body) in broken_ones.items():
        kind = FORM if name.startswith("a form") else JSON
        fields = ("body", "Content-Encoding", *(("phone",) if kind == FORM else ()))
        yield Post(name, Fate.NOTHING, body, kind, (header,), frozenset({400, 415, 422}), fields)
    yield broken("deflate cut short", zlib.compress(as_json(fresh()))[:-20], zl)
    for name, header in (("br", b"Content-Encoding: br"), ("zstd", b"Content-Encoding: zstd")):
        yield broken(f"{name} that is none", as_json(fresh()), header)
    for name, size in (("a small bomb", 300_000), ("a bomb of 50 MB", 50_000_000)):
        bomb = gzip.compress(b" " * size)
        yield Post(name, Fate.NOTHING, bomb, JSON, (gz,), frozenset({413, 415}), ("body", "Content-Encoding"))
    bomb = gzip.compress(b"[" * 50_000_000)
    yield Post("a bomb of arrays", Fate.NOTHING, bomb, JSON, (gz,), frozenset({413, 415}),
               ("body", "Content-Encoding"))  # fmt: skip


def chunked(body: bytes, size: int) -> bytes:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def chunks() -> Iterator[Post]:
    def sent(name: str, make: Callable[..., Post], whole: bytes, *more: Any, **named: Any) -> Post:
        return replace(make(name, *more, whole, **named), headers=(b"Transfer-Encoding: chunked",), sized=False)

    yield sent("a lead a byte a chunk", kept, chunked(as_json(fresh()), 1))
    yield sent("a form in chunks", kept, chunked(as_form(fresh()), 7), kind=FORM)
    head = chunked(as_json(fresh()), 40)
    yield sent("chunks with extensions", kept, head.replace(b"\r\n", b';a="b"\r\n', 1))
    yield sent("chunks with a trailer", kept, chunked(as_json(fresh()), 40)[:-2] + b"Phone: 12\r\n\r\n")
    yield sent("chunks of nothing", unreadable, b"0\r\n\r\n")
    yield sent("chunks of half a lead", unreadable, chunked(as_json(fresh())[:-9], 10))
    yield sent("chunks that split a character", unreadable, chunked(in_json(b'"\xe2\x82"'), 1))
    yield sent("chunks beyond the limit", too_large, chunked(b" " * (MOST + 1), 65_536))
    yield sent("10,000 chunks beyond the limit", too_large, chunked(b" " * (MOST + 1), 32))
    te = b"Transfer-Encoding: chunked"
    whole = as_json(fresh())
    first = b"%x\r\n%s\r\n" % (len(whole), whole)
    yield broken("a chunk size that is none", b"zz\r\n" + whole, te, sized=False)
    yield broken("a negative chunk", b"-5\r\n" + whole, te, sized=False)
    yield broken("a chunk size too large for a word", b"f" * 17 + b"\r\n" + whole, te, sized=False)
    yield broken("a chunk longer than it says", b"5\r\n" + whole + b"\r\n0\r\n\r\n", te, sized=False)
    yield broken("a chunk after which nothing comes", first, te, sized=False, hangs_up=True)
    yield broken("chunked and a length", first + b"0\r\n\r\n", te)
    yield broken("chunked twice", first + b"0\r\n\r\n", te, te, sized=False)
    yield broken("chunked under another name", first + b"0\r\n\r\n", b"Transfer-Encoding: xchunked", sized=False)
    for name, rest in (("a good chunk and a bad one", b"zz\r\n"), ("a good chunk and garbage", b"\xff" * 50)):
        yield broken(name, b"", te, b"Expect: 100-continue", sized=False, after_continue=first + rest,
                     hangs_up=True)  # fmt: skip
    yield broken("half a body, awaited", b"", b"Content-Length: %d" % len(whole), b"Expect: 100-continue",
                 sized=False, after_continue=whole[:20], hangs_up=True)  # fmt: skip


def headers() -> Iterator[Post]:
    key = b"Idempotency-Key: "
    for name, text in (("nothing", b""), ("201 characters", b"x" * 201), ("201 letters of Cyrillic",
                       "ж".encode() * 201), ("8,000 characters", b"x" * 8000), ("a lone 0xFF", b"\xff"),
                       ("a surrogate", b"\xed\xa0\x80"), ("Latin-1", b"Andr\xe9")):  # fmt: skip
        yield at_fault(f"an Idempotency-Key of {name}", "Idempotency-Key", as_json(fresh()), headers=(key + text,))
    for name, text in (("200 characters", b"y" * 200), ("a tab", b"a\tb"), ("Cyrillic", "ключ".encode()),
                       ("spaces around it", b"   z   "), ("quotes", b"\"';--")):  # fmt: skip
        yield kept(f"an Idempotency-Key of {name}", as_json(fresh()), headers=(key + text,))
    for name, text in (("a NUL", b"a\x00b"), ("a bell", b"a\x07b"), ("an escape", b"a\x1bb"), ("DEL", b"a\x7fb"),
                       ("a carriage return", b"a\rb"), ("10 kB", b"x" * 10_000)):  # fmt: skip
        yield broken(f"an Idempotency-Key with {name}", as_json(fresh()), key + text)
    for name, text in (
        ("a lone 0xFF", b"Bearer \xff"), ("a surrogate", b"Bearer \xed\xa0\x80"),
        ("Cyrillic", "Bearer ключ".encode()), ("nothing", b""), ("Bearer and nothing", b"Bearer "),
        ("another scheme", b"Basic JXM6JXM="),
        ("SQL", b"Bearer ' OR 1=1 --"), ("a hash", b"Bearer " + b"0" * 64), ("7 kB", b"Bearer " + b"x" * 7000),
        ("two keys", b"Bearer %s %s"), ("a key and a comma", b"Bearer %s,"),
    ):  # fmt: skip
        yield Post(f"an Authorization with {name}", Fate.NOTHING, as_json(fresh()), statuses=frozenset({401}),
                   authorization=b"Authorization: " + text)  # fmt: skip
    yield Post("no Authorization", Fate.NOTHING, as_json(fresh()), statuses=frozenset({401}), authorization=b"")
    yield Post("no Authorization, and no lead", Fate.NOTHING, b"\xff" * 1000, None, statuses=frozenset({401}),
               authorization=b"")  # fmt: skip
    for name, lines in {
        "another method in a header": (b"X-HTTP-Method-Override: DELETE", b"X-Method-Override: PUT"),
        "another path in a header": (b"X-Original-URL: /login", b"X-Rewrite-URL: /v1/agents"),
        "forwarded nonsense": (b"X-Forwarded-For: ' OR 1=1 --", b"X-Forwarded-Proto: \xff", b'Forwarded: for="_'),
        "cookies that are none": (b"Cookie: stl_session=\xff; =;;;a", b"Cookie: \xff"),
        "conditions and a range": (b"If-Match: x", b"If-None-Match: *", b"Range: bytes=9-1"),
        "an upgrade": (b"Upgrade: h2c", b"HTTP2-Settings: x"),
        "100 headers": tuple(b"X-%d: y" % n for n in range(100)),
        "an Accept that nothing fits": (b"Accept: image/png;q=nan", b"Accept-Language: \xff"),
        "a page wanted": (b"Accept: text/html",),
    }.items():
        yield kept(f"a lead with {name}", as_json(fresh()), headers=lines)
    yield unreadable("what cannot be read, a page wanted", b"{", headers=(b"Accept: text/html",))
    yield Post("an expectation that nobody can meet", Fate.NOTHING, as_json(fresh()), statuses=frozenset({417}),
               headers=(b"Expect: the-unexpected",))  # fmt: skip
    lead = as_json(fresh())
    yield broken("two lengths", lead, b"Content-Length: 5")
    yield broken("a negative length", lead, b"Content-Length: -5", sized=False)
    yield broken("a length that is no number", lead, b"Content-Length: 0x20", sized=False)
    yield broken("a length beyond a word", lead, b"Content-Length: " + b"9" * 30, sized=False)
    yield broken("a length shorter than the body", lead, b"Content-Length: 5", sized=False)
    yield broken("no length", lead, sized=False)
    yield broken("a length longer than the body", lead, b"Content-Length: %d" % (len(lead) + 9), sized=False,
                 hangs_up=True)  # fmt: skip
    yield broken("a header's name with a blank", lead, b"Bad Header: x")
    yield broken("a header without a colon", lead, b"Bad")
    yield broken("a header with a NUL", lead, b"X-A: a\x00b")
    yield broken("a header of 40 kB", lead, b"X-A: " + b"y" * 40_000)
    yield broken("1,000 headers", lead, *(b"X-%d: y" % n for n in range(1000)))
    # What comes after the announced length is read as another request, and is none.
    yield broken("garbage after a post", b"y" * 2000, b"Content-Length: 0", sized=False)
    text = b"phone=212+555+0142&email=ann.hostile%40example.com&phone2=%28212%29555%2D0142"
    yield broken("a form longer than its length", text, b"Content-Length: 0", sized=False, kind=FORM)


# ---- all of them --------------------------------------------------------------------------------------------

GROUPS: dict[str, Callable[[], Iterator[Post]]] = {
    "encodings": encodings,
    "surrogates": surrogates,
    "no JSON": no_json,
    "nesting": nesting,
    "numbers": numbers,
    "characters": characters,
    "sizes": sizes,
    "types": types,
    "repeats": repeats,
    "hostile texts": hostile_texts,
    "names": names,
    "moments": moments,
    "phones": phones,
    "content types": content_types,
    "compression": compression,
    "chunks": chunks,
    "headers": headers,
}


def posts(group: str) -> list[Post]:
    """A group's posts, made anew: no lead in them has been posted before."""
    return list(GROUPS[group]())


def corpus() -> list[Post]:
    return [post for group in GROUPS for post in posts(group)]
