"""Findings come back from the database as they were found, however they are kept."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from speedtolead.domain.checks import Finding, Verdict
from speedtolead.domain.checks.finding import accepted, not_applicable
from speedtolead.store.database import Database
from speedtolead.store.findings import FindingShapes, finding_json, pack

ACCOUNT = UUID(int=1)
IN_FULL = "SELECT findings_in_full($1, $2, $3)"
REFUSED = Finding(
    "names", Verdict.REFUSE, "bad_name", "attributes.any", "Not a name.", 0, {"faults": {"last": "x"}}
)
PENALTY = Finding("clock", Verdict.PENALTY, "clock", "submitted_at", "Early.", 5, {"ahead_seconds": 400.5})

CASES: dict[str, list[Finding]] = {
    "nothing was checked": [],
    "no inputs": [not_applicable("too_old", "submitted_at"), accepted("area_code", "phone", {})],
    "a text that several looked at": [
        accepted("phone_given", "phone", {"phone": "+12125550100"}),
        accepted("area_code", "phone", {"phone": "+12125550100", "assigned": True}),
        accepted("phone_exists", "phone", {"phone": "+12125550199", "exists": None}),
        accepted("made_up_phone", "phone", {"phone": "+12125550100"}),
    ],
    "equal texts of different names": [accepted("names", "first_name", {"first_name": "Ali", "last_name": "Ali"})],
    "numbers, and what is like a number": [
        accepted("velocity_ip", "consent.ip", {"seen_before": 0, "limit": 1, "seconds": 3600, "new": False}),
        accepted("velocity_phone", "phone", {"seen_before": 1, "limit": True, "seconds": 0.5, "new": None}),
        accepted("velocity_device", "device", {"seen_before": True, "limit": 1, "seconds": 86400.25, "new": -1}),
    ],
    "signs that a pattern knows": [
        accepted("names", "attributes.100%", {"1%s": "%1$s", "share": None, "100%": 12.5, '"%%': 'a "b" \\ %'}),
        not_applicable("%", '"', {"%1$s": None}),
    ],
    "lists and objects": [
        accepted("state", "state", {"states": ["NY", 1, None], "faults": {}, "more": {"a": [0]}})
    ],
    "objections between the others": [
        accepted("phone_given", "phone", {"phone": "1"}),
        REFUSED,
        not_applicable("city", "city", {"city": None}),
        PENALTY,
        accepted("email", "email", {"email": "a@b.c", "passed_over": "invalid_email"}),
    ],
}


@pytest.mark.parametrize("case", CASES)
async def test_every_finding_comes_back_as_it_was(database: Database, case: str) -> None:
    found = CASES[case]
    packed = pack(found)
    async with database.connection() as tx:
        assert await tx.fetchval(IN_FULL, packed.values, packed.shape.pattern, None) == [*map(finding_json, found)]
        assert await tx.fetchval(IN_FULL, [*map(finding_json, found)], None, None) == [*map(finding_json, found)]


async def test_a_shape_of_before_is_read_as_well(database: Database) -> None:
    entries = [{"check": "a", "verdict": "accept", "field": "x", "inputs": {"one": 1, "all": True}}, 0]
    refused = finding_json(REFUSED)
    async with database.connection() as tx:
        assert await tx.fetchval(IN_FULL, [refused, 7.5], entries, None) == [
            {"check": "a", "verdict": "accept", "field": "x", "inputs": {"one": 7.5, "all": True}},
            refused,
        ]


async def test_what_was_found_out_later_stands_in_the_place_of_what_nobody_knew(database: Database) -> None:
    email = accepted("email", "email", {"email": "a@b.c"})
    unknown = not_applicable("email_domain", "email", {"email": "a@b.c", "takes_mail": None})
    later = finding_json(accepted("email_domain", "email", {"email": "a@b.c", "takes_mail": True}))
    packed = pack([unknown, email])
    async with database.connection() as tx:
        for kept, shape in (packed.values, packed.shape.pattern), ([*map(finding_json, [unknown, email])], None):
            assert await tx.fetchval(IN_FULL, kept, shape, later) == [finding_json(email), later]


def test_leads_that_differ_in_their_values_only_have_one_shape() -> None:
    shapes = {
        pack([accepted("names", "first_name", {"first_name": name, "seen": n, "given": True})]).shape.digest
        for n, name in enumerate(("Ada", "Bo", "Cy"))
    }
    others = {
        pack([not_applicable("names", "first_name", {"first_name": "Ada", "seen": 0, "given": True})]).shape.digest,
        pack([accepted("names", "first_name", {"first_name": "Ada", "seen": 0, "given": False})]).shape.digest,
        pack([accepted("names", "first_name", {"first_name": "Ada", "seen": 0})]).shape.digest,
        pack([PENALTY]).shape.digest,
    }
    assert len(shapes) == 1
    assert len(others | shapes) == 5


async def test_a_shape_is_kept_once_and_kept_again_where_its_transaction_was_lost(database: Database) -> None:
    shapes, shape = FindingShapes(), pack([PENALTY, *CASES["no inputs"]]).shape

    async def kept(tx: Any) -> list[Any]:
        return [row[0] for row in await tx.fetch("SELECT entries FROM finding_shape")]

    async with database.connection() as tx:
        await tx.execute("INSERT INTO account VALUES ($1, 'acme', 'UTC', now())", ACCOUNT)
        lost = tx.transaction()
        await lost.start()
        await shapes.keep(tx, ACCOUNT, shape)
        await lost.rollback()
        assert await kept(tx) == []
        for _ in range(2):
            await shapes.keep(tx, ACCOUNT, shape)
            assert await kept(tx) == [shape.pattern]
        await FindingShapes().keep(tx, ACCOUNT, shape)
        assert await kept(tx) == [shape.pattern]
