"""The schema and the declared queries: what the code believes of the database is true of it."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import AsyncIterator
from dataclasses import fields
from enum import StrEnum
from types import UnionType
from typing import Any, get_args, get_type_hints

import asyncpg
import pytest
import pytest_asyncio
from posting import new_database

import speedtolead.store
from speedtolead.domain.agent import AgentState, Presence
from speedtolead.domain.alarm import AlarmKind
from speedtolead.domain.attempt import LIVE, AttemptState
from speedtolead.domain.best_time import TimedBy
from speedtolead.domain.call import AnsweredBy, DialMode, LegEnd, LegKind, LegState
from speedtolead.domain.guard import Rate
from speedtolead.domain.inbound import CallOutcome, Direction, Stage
from speedtolead.domain.lead import LeadState
from speedtolead.domain.opt_out import Kind, Scope
from speedtolead.domain.outcome import OutcomeKind
from speedtolead.domain.permit import Decision
from speedtolead.domain.recording import RecordingState
from speedtolead.domain.returned import ClaimState, ReturnReason
from speedtolead.domain.talk import Action, ControlState, Listening, Part
from speedtolead.domain.webhook import DeliveryState
from speedtolead.store.query import DECLARED, statements

for _module in pkgutil.walk_packages(speedtolead.store.__path__, "speedtolead.store."):
    importlib.import_module(_module.name)

INSTALLATION_WIDE = {
    "schema_migration",
    "carrier_slot",
    "carrier_breaker",
    "webhook_cursor",
    "service_pulse",
    "rule_set",
    "global_suppression",
    "sign_in_failure",
}
"""Tables that belong to the installation; a library's own tables start with its name."""
LIBRARY_PREFIX = "pgqueuer"

CHECKED: list[tuple[str, str, type[StrEnum], set[str]]] = [
    ("lead", "state", LeadState, set()),
    ("attempt", "state", AttemptState, set()),
    ("attempt", "direction", Direction, set()),
    ("inbound_call", "stage", Stage, set()),
    ("inbound_call", "outcome", CallOutcome, set()),
    ("agent", "state", AgentState, set()),
    ("agent", "presence", Presence, set()),
    ("leg", "kind", LegKind, set()),
    ("leg", "state", LegState, set()),
    ("leg", "ended_as", LegEnd, set()),
    ("leg", "answered_by", AnsweredBy, set()),
    ("agent_line", "state", LegState, set()),
    ("agent_line", "ended_as", LegEnd, set()),
    ("attempt", "mode", DialMode, set()),
    ("attempt", "timed_by", TimedBy, set()),
    ("recording", "state", RecordingState, set()),
    ("leg", "part", Part, set()),
    ("leg", "listens", Listening, set()),
    ("control", "action", Action, set()),
    ("control", "state", ControlState, set()),
    ("permit", "decision", Decision, {Decision.NOT_APPLICABLE}),
    ("webhook_delivery", "state", DeliveryState, set()),
    ("outcome", "kind", OutcomeKind, set()),
    ("outcome", "reason", ReturnReason, set()),
    ("return_claim", "state", ClaimState, set()),
    ("return_claim", "reason", ReturnReason, set()),
    ("source_alert", "rate", Rate, set()),
    ("alarm", "kind", AlarmKind, set()),
    ("alarm_quiet", "kind", AlarmKind, set()),
    ("inbound_text", "kind", Kind, set()),
    ("inbound_text", "scope", Scope, set()),
]


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def connection(server_url: str) -> AsyncIterator[Any]:
    """Nothing here writes: one database is enough for all."""
    async with new_database(server_url) as url:
        found = await asyncpg.connect(url)
        try:
            yield found
        finally:
            await found.close()


async def test_every_statement_is_declared() -> None:
    assert set(statements()) == set(DECLARED)


@pytest.mark.parametrize("name", sorted(DECLARED))
async def test_a_query_returns_what_its_row_type_says(connection: Any, name: str) -> None:
    query = DECLARED[name]
    prepared = await connection.prepare(query.sql)
    assert [a.name for a in prepared.get_attributes()] == list(query.columns)
    assert len(prepared.get_parameters()) == len(query.parameters)
    hints = get_type_hints(query.row)
    for attribute in prepared.get_attributes():
        declared = hints[attribute.name]
        assert _kind(attribute.type.name) in _kinds(declared), f"{attribute.name}: {attribute.type.name}"


def _kinds(declared: Any) -> set[str]:
    parts = get_args(declared) if isinstance(declared, UnionType) else (declared,)
    names = {getattr(part, "__name__", str(part)) for part in parts}
    return {"json" if name in {"dict", "list", "Any"} else name for name in names}


def _kind(sql: str) -> str:
    """The Python name of a Postgres type; arrays and jsonb are ``json``: a list or a dict."""
    if sql.endswith("[]") or sql.startswith("_") or sql == "jsonb":
        return "json"
    return {
        "uuid": "UUID",
        "text": "str",
        "timestamptz": "datetime",
        "int4": "int",
        "int8": "int",
        "bool": "bool",
        "float8": "float",
        "numeric": "Decimal",
        "bytea": "bytes",
        "date": "date",
        "interval": "timedelta",
    }[sql]


@pytest.mark.parametrize(("table", "column", "enum", "never_stored"), CHECKED)
async def test_a_check_allows_exactly_the_enum(
    connection: Any, table: str, column: str, enum: type[StrEnum], never_stored: set[str]
) -> None:
    texts = await connection.fetch(
        "SELECT pg_get_constraintdef(oid) AS text FROM pg_constraint"
        " WHERE contype = 'c' AND conrelid = $1::regclass",
        table,
    )
    checks = [row["text"] for row in texts if re.search(rf"\b{column}\b", row["text"])]
    assert len(checks) == 1
    assert set(re.findall(r"'(\w+)'", checks[0])) == {member.value for member in enum} - never_stored


async def test_the_index_of_live_attempts_covers_the_live_states(connection: Any) -> None:
    text = await connection.fetchval("SELECT pg_get_indexdef('attempt_live'::regclass)")
    assert {state.value for state in LIVE} | {"connected", "outbound"} == set(re.findall(r"'(\w+)'", text))


async def test_every_table_carries_the_account(connection: Any) -> None:
    rows = await connection.fetch(
        "SELECT c.relname AS table, bool_or(a.attname = 'account_id') AS has FROM pg_class c"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
        " WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace GROUP BY c.relname"
    )
    lacking = {row["table"] for row in rows if not row["has"] and not row["table"].startswith(LIBRARY_PREFIX)}
    assert lacking == INSTALLATION_WIDE | {"account"}


async def test_no_reference_can_cross_accounts(connection: Any) -> None:
    """A foreign key to a table that belongs to an account goes through the account."""
    rows = await connection.fetch(
        "SELECT conrelid::regclass::text AS table, confrelid::regclass::text AS target,"
        " pg_get_constraintdef(oid) AS text FROM pg_constraint WHERE contype = 'f'"
    )
    crossing = [r["text"] for r in rows if r["target"] != "account" and "(account_id, " not in r["text"]]
    assert rows
    assert crossing == []


async def test_only_the_checked_index_begins_with_the_account(connection: Any) -> None:
    """See the head of the first migration: another such index would be read whole by each reference's check."""
    rows = await connection.fetch(
        "SELECT i.indexrelid::regclass::text AS index FROM pg_index i"
        " JOIN pg_constraint f ON f.contype = 'f' AND f.confrelid = i.indrelid"
        " JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attname = 'account_id'"
        " WHERE i.indrelid <> 'account'::regclass AND i.indkey[0] = a.attnum AND i.indpred IS NULL"
    )
    found = {row["index"] for row in rows}
    assert found
    assert {name for name in found if not name.endswith("_account_id_id_key")} == set()


async def test_a_row_type_has_no_field_that_the_query_lacks() -> None:
    for query in DECLARED.values():
        assert query.columns == tuple(field.name for field in fields(query.row))


async def test_a_call_with_a_wrong_parameter_fails_before_the_database(connection: Any) -> None:
    with pytest.raises(KeyError):
        await DECLARED["account_by_name"].first(connection, nome="acme")
    with pytest.raises(TypeError):
        await DECLARED["account_by_name"].first(connection)
