"""The ledger's arithmetic: how an entry is written down, and that no change of a chain goes unseen."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speedtolead.domain import ledger
from speedtolead.domain.ledger import START, Entry, Happened, Head
from speedtolead.service.evidence import verify

ACCOUNT = UUID(int=7)
LEAD = UUID(int=9)
AT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def chain(length: int = 5) -> list[Entry]:
    head, made = Head(), []
    for n in range(length):
        happened = Happened(
            "permit_decided", str(n), LEAD, AT + timedelta(n), f'{{"number": {n}}}', f'{{"name": "Ada {n}"}}'
        )
        made.append(ledger.append(ACCOUNT, head, happened, (bytes([n]) * 16, bytes([n + 100]) * 16)))
        head = Head(made[-1].seq, made[-1].hash)
    return made


def found(entries: list[Entry]) -> list[int]:
    return [fault.seq for fault in ledger.faults(ACCOUNT, entries, Head())]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None, "x"]}, '{"a":[true,null,"x"],"b":1}'),
        ({"€": 1, "\r": 2, "1": 3, "\ufb33": 4, "😀": 5, "\x80": 6, "ö": 7}, None),
        ('"\\\b\f\n\r\t\x0f\x7f</ü😀', '"\\"\\\\\\b\\f\\n\\r\\t\\u000f\x7f</ü😀"'),
        (2**53 - 1, "9007199254740991"),
    ],
)
def test_canonical_json_is_that_of_rfc_8785(value: Any, text: str | None) -> None:
    written = ledger.canonical(value)
    assert written.encode() == verify.canonical(value)
    if text is None:  # the order of the standard's own example, section 3.2.3
        assert list(json.loads(written)) == ["\r", "1", "\x80", "ö", "€", "😀", "\ufb33"]
    else:
        assert written == text


@pytest.mark.parametrize("value", [1.5, float("nan"), 2**53, -(2**53), b"x", {"a": 0.1}, AT])
def test_what_readers_could_take_differently_is_not_written(value: Any) -> None:
    with pytest.raises(TypeError):
        ledger.canonical(value)


def test_numbers_that_not_every_reader_takes_exactly_are_kept_as_text() -> None:
    long = "1" + "0" * 5000
    text = f"[1, -7, 1.50, 1e400, 9007199254740991, 9007199254740992, -9007199254740992, {long}]"
    assert ledger.exact(text) == [
        1, -7, "1.50", "1e400", 9007199254740991, "9007199254740992", "-9007199254740992", long,
    ]  # fmt: skip
    ledger.canonical(ledger.exact(text))


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=12,
)


@given(PLAIN)
def test_what_was_written_reads_back_the_same_and_the_script_writes_it_alike(value: Any) -> None:
    written = ledger.canonical(value)
    assert ledger.exact(written) == value
    assert verify.canonical(value) == written.encode()
    for ascii_only in (False, True):
        assert ledger.canonical_of(json.dumps(value, ensure_ascii=ascii_only)) == written


def test_an_entry_has_the_stated_bytes() -> None:
    zone = timezone(timedelta(hours=-5))
    happened = Happened("lead_received", "r", LEAD, AT.astimezone(zone), '{"source": "form"}', '{"name": "Ada"}')
    entry = ledger.append(ACCOUNT, Head(41, b"h" * 32), happened, (b"f" * 16, b"p" * 16))
    said = (
        f'{{"account":"{ACCOUNT}","at":"2026-11-22T10:00:00.000000Z","facts":{{"source":"form"}},'
        f'"kind":"lead_received","lead_id":"{LEAD}","reference":"r","seq":42}}'
    )
    facts = sha256(b"f" * 16 + said.encode()).digest()
    personal = sha256(b"p" * 16 + b'{"name":"Ada"}').digest()
    assert entry.personal_digest == personal
    assert entry.digest == sha256(facts + personal).digest()
    assert entry.hash == sha256(b"h" * 32 + (42).to_bytes(8, "big") + entry.digest).digest()


def test_an_entry_without_personal_data_needs_no_second_salt() -> None:
    entry = ledger.append(ACCOUNT, Head(), Happened("k", "r", None, AT, "{}", None), (b"f" * 16, b"p" * 16))
    assert (entry.personal, entry.personal_salt, entry.personal_digest) == (None, None, None)
    assert found([entry]) == []
    assert entry.hash == ledger.hash_of(START, 1, entry.digest)


def test_a_chain_holds_with_and_without_its_personal_data() -> None:
    whole = chain()
    assert found(whole) == []
    assert found([replace(entry, personal=None, personal_salt=None) for entry in whole]) == []


@dataclass(frozen=True)
class Tampering:
    name: str
    done: Callable[[list[Entry]], list[Entry]]
    seq: int
    """Of the first entry that is named."""


def swapped(entries: list[Entry], n: int, **changed: Any) -> list[Entry]:
    return [replace(entry, **changed) if entry.seq == n else entry for entry in entries]


def reordered(entries: list[Entry]) -> list[Entry]:
    """Two entries change places, and take each other's numbers."""
    a, b = entries[1], entries[2]
    return [entries[0], replace(b, seq=2), replace(a, seq=3), *entries[3:]]


TAMPERINGS = (
    Tampering("a fact", lambda c: swapped(c, 3, facts='{"number":9}'), 3),
    Tampering("a fact that is no JSON", lambda c: swapped(c, 3, facts="{"), 3),
    Tampering("a personal value", lambda c: swapped(c, 3, personal='{"name":"Eve"}'), 3),
    Tampering("a time", lambda c: swapped(c, 2, at=AT), 2),
    Tampering("a kind", lambda c: swapped(c, 2, kind="leg_placed"), 2),
    Tampering("a lead", lambda c: swapped(c, 2, lead_id=None), 2),
    Tampering("a reference", lambda c: swapped(c, 2, reference="x"), 2),
    Tampering("a salt", lambda c: swapped(c, 4, salt=b"x" * 16), 4),
    Tampering("a digest", lambda c: swapped(c, 4, digest=b"x" * 32), 4),
    Tampering("a digest of personal data", lambda c: swapped(c, 4, personal_digest=None), 4),
    Tampering("a hash", lambda c: swapped(c, 4, hash=b"x" * 32), 4),
    Tampering("one removed", lambda c: c[:2] + c[3:], 3),
    Tampering("the first removed", lambda c: c[1:], 1),
    Tampering("one put in twice", lambda c: [*c[:3], c[2], *c[3:]], 4),
    Tampering("two out of order", lambda c: [c[0], c[2], c[1], *c[3:]], 2),
    Tampering("two that changed places", reordered, 2),
)


@pytest.mark.parametrize("tampering", TAMPERINGS, ids=lambda t: t.name)
def test_tampering_is_found_at_the_entry(tampering: Tampering) -> None:
    assert found(tampering.done(chain()))[0] == tampering.seq


def test_an_entry_of_another_account_does_not_pass_as_ones_own() -> None:
    assert [fault.seq for fault in ledger.faults(UUID(int=8), chain(2), Head())] == [1, 2]


def test_a_chain_goes_on_from_any_known_place() -> None:
    entries = chain()
    assert list(ledger.faults(ACCOUNT, entries[2:], Head(2, entries[1].hash))) == []
    assert list(ledger.faults(ACCOUNT, entries[2:], Head(2, START))) != []


@pytest.mark.parametrize(
    ("stored", "now", "places"),
    [
        ({"facts": {"a": 1}}, {"facts": {"a": 1, "b": 2}}, []),
        ({"facts": {"a": 1}}, {"facts": {"a": 2}}, ["facts.a"]),
        ({"facts": {"a": None}}, {"facts": {"a": 2}}, []),
        ({"facts": {"a": {"b": [1]}}}, {"facts": {"a": {"b": [2]}}}, ["facts.a.b"]),
        ({"facts": {"a": 1}}, {"facts": {}}, ["facts.a"]),
        ({"personal": {"lead": {"attributes": 1}}}, {"personal": {"lead": {"attributes": 2}}}, []),
        ({"personal": {"lead": {"phone": 1}}}, {"personal": None}, ["personal"]),
    ],
)
def test_rows_may_grow_but_not_say_something_else(stored: Any, now: Any, places: list[str]) -> None:
    assert ledger.differences(stored, now) == places
