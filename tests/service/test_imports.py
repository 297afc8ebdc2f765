"""Importing leads from a file: every check holds, no row is taken twice, and calls come one after another."""

from __future__ import annotations

import asyncio
import csv
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from running import (
    AGENTS_ANSWER,
    RunningService,
    configuration,
    configure,
    free_port,
    person,
    running_service,
    settings_for,
    until,
)

from speedtolead import cli, wiring
from speedtolead.commands.leads import run as import_leads
from speedtolead.service.imports.run import Imports, ImportTaken, Order
from speedtolead.service.imports.table import read_table
from speedtolead.service.intake.taking import Intake
from speedtolead.settings import Settings
from speedtolead.simulator.people import Does
from speedtolead.store.database import Database

AREAS = (("212", "NY"), ("305", "FL"), ("201", "NJ"), ("310", "CA"), ("415", "CA"))
HEADER = ("phone", "first name", "state", "consent.channels")
STORED = ("lead", "attempt", "consent", "event", "lead_import", "lead_import_refusal", "source_post")


def phone(number: int) -> str:
    """One of five hundred that belong to nobody."""
    return f"+1{AREAS[number // 100 % 5][0]}55501{number % 100:02d}"


def leads(count: int, first: int = 0) -> list[tuple[str, ...]]:
    return [(phone(n), f"Name {n}", AREAS[n // 100 % 5][1], "call") for n in range(first, first + count)]


def write(path: Path, rows: Iterable[Iterable[str]], header: Iterable[str] = HEADER) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@dataclass
class Desk:
    """A configured account with no service running, and the command."""

    settings: Settings
    database: Database
    folder: Path
    capsys: pytest.CaptureFixture[str]
    out: str = ""
    error: str = ""

    async def run(self, file: Path, *more: str, source: str = "form", stop: asyncio.Event | None = None) -> int:
        given = cli.parser().parse_args(["leads", "import", str(file), "--source", source, *more])
        self.capsys.readouterr()
        code = await import_leads(self.settings, given, stop or asyncio.Event())
        said = self.capsys.readouterr()
        self.out, self.error = said.out, said.err
        return code

    def summary(self) -> dict[str, str]:
        """The summary's lines by their first words."""
        found = {}
        for line in self.out.splitlines():
            name, _, value = line.strip().rpartition("  ")
            found[name.strip()] = value.strip()
        return found

    async def fetch(self, sql: str, *values: Any) -> list[Any]:
        async with self.database.connection() as tx:
            return list(await tx.fetch(sql, *values))

    async def count(self, table: str, where: str = "true") -> int:
        return int((await self.fetch(f"SELECT count(*) FROM {table} WHERE {where}"))[0][0])

    async def everything(self) -> dict[str, list[Any]]:
        return {table: await self.fetch(f"SELECT * FROM {table} ORDER BY 1, 2, 3") for table in STORED}

    async def the_import(self) -> Any:
        (row,) = await self.fetch("SELECT * FROM lead_import")
        return row

    async def calls(self) -> list[datetime]:
        """When first calls are planned, in the file's order."""
        found = await self.fetch(
            "SELECT a.due_at FROM attempt a JOIN lead l ON l.id = a.lead_id WHERE l.via = 'import'"
            " ORDER BY split_part(l.idempotency_key, ':', 3)::int"
        )
        return [row["due_at"] for row in found]


@pytest.fixture
async def desk(database_url: str, database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    await configure(database_url, configuration())
    return Desk(settings_for(database_url, tmp_path, free_port()), database, tmp_path, capsys)


async def reconfigure(desk: Desk, **more: str) -> None:
    await configure(desk.settings.database_url, configuration(**more))  # type: ignore[arg-type]


# ---- a good file -----------------------------------------------------------------------------------------------


async def test_a_files_leads_are_taken_and_called_at_their_pace(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people = (AGENTS_ANSWER, person("+13055550???", Does.ANSWER, ring=1.0, talk=5.0))
    file = write(tmp_path / "leads.csv", leads(4, first=130))
    async with running_service(database_url, tmp_path, configuration(agents=2), people) as service:
        desk = Desk(service.settings, service.database, tmp_path, capsys)
        assert await desk.run(file, "--per-minute", "60") == 0
        for number in range(130, 134):
            await rung(service, phone(number))
        placed = await desk.fetch("SELECT placed_at FROM leg WHERE kind = 'lead' ORDER BY placed_at")
        planned = await desk.calls()
    assert [b - a for a, b in pairwise(planned)] == [timedelta(seconds=1)] * 3
    assert len(placed) == 4
    assert all(row["placed_at"] >= at for row, at in zip(placed, planned, strict=True))


async def rung(service: RunningService, number: str) -> None:
    async def look() -> bool:
        return service.rung(number) == 1

    await until(look, what=f"a call to {number}")


async def test_a_lead_of_a_file_is_kept_as_one_of_the_api_is(desk: Desk) -> None:
    file = desk.folder / "leads.csv"
    file.write_bytes(
        "Phone;First Name;State;Consent channels;Consent text;attributes.car;External id;Colour\n"
        '+12125550142;José;NY;"call,sms";Yes;"VW; blue";crm-7;red\n'.encode("cp1252")
    )
    assert await desk.run(file) == 0
    (lead,) = await desk.fetch("SELECT * FROM lead")
    assert (lead["phone"], lead["first_name"], lead["region"]) == ("+12125550142", "José", "NY")
    assert (lead["attributes"], lead["external_id"], lead["via"]) == ({"car": "VW; blue"}, "crm-7", "import")
    assert lead["raw_type"] == "text/csv"
    assert lead["committed_at"] is not None
    kept = list(csv.DictReader(lead["raw_body"].decode().splitlines()))
    assert kept[0]["Colour"] == "red"
    (consent,) = await desk.fetch("SELECT * FROM consent")
    assert (consent["channels"], consent["wording"]) == (["call", "sms"], "Yes")
    assert not list(desk.folder.glob("*.refused.csv"))


async def test_the_pace_is_thirty_a_minute_unless_said_and_begins_when_said(desk: Desk) -> None:
    file = write(desk.folder / "leads.csv", leads(5))
    start = (datetime.now(UTC) + timedelta(hours=1)).replace(microsecond=0)
    assert await desk.run(file, "--start-at", start.isoformat()) == 0
    assert await desk.calls() == [start + n * timedelta(seconds=2) for n in range(5)]
    row = await desk.the_import()
    assert (row["per_minute"], row["next_at"]) == (30, start + timedelta(seconds=10))
    assert "at most 30 a minute" in desk.out


async def test_a_lead_with_a_time_of_its_own_is_called_then(desk: Desk) -> None:
    start = (datetime.now(UTC) + timedelta(hours=1)).replace(microsecond=0)
    own = start + timedelta(days=1)
    rows = [(*row, own.isoformat() if n == 1 else "") for n, row in enumerate(leads(3))]
    file = write(desk.folder / "leads.csv", rows, (*HEADER, "schedule_at"))
    assert await desk.run(file, "--start-at", start.isoformat()) == 0
    assert await desk.calls() == [start, own, start + timedelta(seconds=2)]


async def test_leads_that_come_while_the_campaign_is_closed_are_called_one_after_another_when_it_opens(
    desk: Desk,
) -> None:
    """A night's leads must not all fall due at the opening."""
    day = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[(datetime.now(UTC).weekday() + 2) % 7]
    text = configuration().replace('mon-sun: "00:00-24:00"', f'{day}: "10:00-10:01"')
    await configure(desk.settings.database_url, text)
    file = write(desk.folder / "leads.csv", leads(40))
    assert await desk.run(file) == 0
    planned = await desk.calls()
    assert min(b - a for a, b in pairwise(planned)) >= timedelta(seconds=2)
    assert {(at.minute, at.date() - planned[0].date()) for at in planned} == {
        (0, timedelta(0)),
        (0, timedelta(days=7)),
    }
    answered = await desk.fetch("SELECT answer ->> 'next_attempt_at' AS at FROM lead ORDER BY id")
    assert sorted(datetime.fromisoformat(row["at"]) for row in answered) == [
        at.replace(microsecond=at.microsecond // 1000 * 1000) for at in planned
    ]


# ---- what becomes our fields -----------------------------------------------------------------------------------


MAPPED = """
fields:
  phone: Handy
  state: {from: Land, map: {"New York": NY}}
  consent.channels: {const: [call]}
"""


@pytest.mark.parametrize("how", ["pairs", "file", "source"])
async def test_any_columns_are_read_by_pairs_a_mapping_or_the_sources_own(desk: Desk, how: str) -> None:
    header, row = ("Handy", "Land", "consent"), ("+12125550142", "NY" if how == "pairs" else "New York", "call")
    file = write(desk.folder / "leads.csv", [row], header)
    more: list[str] = []
    if how == "pairs":
        more = ["--column", "phone=Handy", "--column", "state=Land", "--column", "consent.channels=consent"]
    if how == "file":
        (desk.folder / "map.yaml").write_text(MAPPED)
        more = ["--mapping", str(desk.folder / "map.yaml")]
    if how == "source":
        await reconfigure(
            desk,
            source=', mapping: {fields: {phone: Handy, state: {from: Land, map: {"New York": NY}},'
            " consent.channels: {const: [call]}}}",
        )
    assert await desk.run(file, *more) == 0, desk.error
    (lead,) = await desk.fetch("SELECT * FROM lead")
    assert (lead["phone"], lead["region"]) == ("+12125550142", "NY")
    assert (await desk.the_import())["mapping"]["fields"]["phone"] == "Handy"


# ---- rows that are not taken -----------------------------------------------------------------------------------


async def test_rows_that_are_not_taken_are_written_with_the_reason_and_can_be_imported_corrected(
    desk: Desk,
) -> None:
    good = leads(3)
    rows = [
        good[0],
        ("12", "Short", "NY", "call"),
        good[1],
        ("+12125550190", "No consent", "NY", "email"),
        ("+12125550191", "Ragged"),
        ("", "No phone", "NY", "call"),
        (),
        good[2],
    ]
    file = write(desk.folder / "leads.csv", rows)
    assert await desk.run(file) == 1
    refused = desk.folder / "leads.refused.csv"
    found = [(row["first name"], row["line"], row["code"]) for row in read_rows(refused)]
    assert found == [
        ("Short", "3", "invalid_phone"),
        ("No consent", "5", "no_consent"),
        ("Ragged", "6", "ragged_row"),
        ("No phone", "7", "invalid_phone"),
        ("", "8", "empty_row"),
    ]
    assert all(row["reason"] for row in read_rows(refused))
    said = desk.summary()
    assert (said["accepted"], said["refused"], said["unreadable"]) == ("3", "2", "3")
    assert (said["no_consent"], said["ragged_row"], said["empty_row"]) == ("1", "1", "1")
    assert str(refused) in desk.out
    row = await desk.the_import()
    assert [row[name] for name in ("total", "done", "accepted", "refused", "unreadable", "state")] == [
        8, 8, 3, 2, 3, "done",
    ]  # fmt: skip
    assert await desk.count("lead") == 5

    corrected = refused.read_text().replace("12,Short", "+12125550192,Short").replace(",email,", ",call,")
    refused.write_text(corrected)
    assert await desk.run(refused) == 1
    assert desk.summary()["accepted"] == "2"
    again = desk.folder / "leads.refused.refused.csv"
    assert [row["first name"] for row in read_rows(again)] == ["Ragged", "No phone", ""]
    assert list(read_rows(again)[0]) == [*HEADER, "line", "code", "reason"]


async def test_the_file_of_refusals_may_have_any_name(desk: Desk) -> None:
    file = write(desk.folder / "leads.csv", [("12", "x", "NY", "call")])
    assert await desk.run(file, "--refusals", str(desk.folder / "out.csv")) == 1
    assert [row["code"] for row in read_rows(desk.folder / "out.csv")] == ["invalid_phone"]
    assert not (desk.folder / "leads.refused.csv").exists()


async def test_caps_duplicates_and_suppressions_hold_and_the_first_row_counts(desk: Desk) -> None:
    await reconfigure(desk, source=", duplicate_window: 30d, caps: {daily: 7}")
    rows = [row for row in leads(30) for _ in range(2)]
    file = write(desk.folder / "leads.csv", rows)
    assert await desk.run(file) == 1
    assert desk.summary()["accepted"] == "7"
    taken = await desk.fetch(
        "SELECT phone, split_part(idempotency_key, ':', 3)::int AS line FROM lead"
        " WHERE answer_status = 202 ORDER BY line"
    )
    assert [tuple(row) for row in taken] == [(phone(n), 2 * n + 2) for n in range(7)]
    assert (await desk.fetch("SELECT accepted FROM source_period"))[0]["accepted"] == 7
    codes = [row["code"] for row in read_rows(desk.folder / "leads.refused.csv")]
    assert codes == ["duplicate"] * 7 + ["over_cap"] * 46
    planned = await desk.calls()
    assert [b - a for a, b in pairwise(planned)] == [timedelta(seconds=2)] * 6


async def test_a_row_with_an_external_id_that_was_accepted_before_is_known_and_stores_nothing(desk: Desk) -> None:
    rows = [(*row, f"crm-{n}") for n, row in enumerate(leads(3))]
    header = (*HEADER, "external_id")
    assert await desk.run(write(desk.folder / "old.csv", rows[:2], header)) == 0
    before = await desk.calls()
    assert await desk.run(write(desk.folder / "new.csv", rows, header)) == 0
    assert desk.summary()["accepted"] == "1"
    assert desk.summary()["known before"] == "2"
    assert await desk.count("lead") == 3
    assert (await desk.count("attempt"), len(before)) == (3, 2)


# ---- going on --------------------------------------------------------------------------------------------------


async def test_the_same_file_again_changes_nothing_and_says_so(desk: Desk) -> None:
    file = write(desk.folder / "leads.csv", [*leads(60), ("12", "x", "NY", "call")])
    assert await desk.run(file) == 1
    before, first, files = (
        await desk.everything(),
        desk.summary(),
        {p: p.read_bytes() for p in desk.folder.iterdir()},
    )
    assert await desk.run(file, "--per-minute", "7") == 1
    assert "nothing changed" in desk.out
    assert desk.error == ""
    assert {name: value for name, value in desk.summary().items() if name in first} == first
    assert await desk.everything() == before
    assert {p: p.read_bytes() for p in desk.folder.iterdir()} == files


async def test_the_same_file_is_taken_by_another_source(desk: Desk) -> None:
    text = configuration().replace(
        "campaigns:", "  - {name: other, api_key: stl_other_key_1, campaign: auto}\ncampaigns:"
    )
    await configure(desk.settings.database_url, text)
    file = write(desk.folder / "leads.csv", leads(2))
    assert await desk.run(file) == 0
    assert await desk.run(file, source="other") == 0
    assert await desk.count("lead") == 4


PROGRAM = """
import sys
sys.path.insert(0, {tests!r})
from mortal_node import die_after
from speedtolead import cli
from speedtolead.service.imports.run import Imports
from speedtolead.service.intake.taking import Intake
{step}
sys.exit(cli.main(sys.argv[1:]))
"""


@asynccontextmanager
async def command(desk: Desk, file: Path, *more: str, step: str = "") -> AsyncIterator[asyncio.subprocess.Process]:
    """The command as a process of its own, ended at the end if it still lives."""
    program = PROGRAM.format(tests=str(Path(__file__).parents[1]), step=step)
    environment = os.environ | {
        "SPEEDTOLEAD_DATABASE_URL": desk.settings.database_url,
        "SPEEDTOLEAD_SIMULATOR_PORT": str(desk.settings.simulator_port),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, "leads", "import", str(file), "--source", "form", *more,
        env=environment, cwd=desk.folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def until_stored(desk: Desk, process: asyncio.subprocess.Process, wanted: int) -> None:
    """Wait until the process has stored so many leads; if it ends before, its words are the failure."""

    async def look() -> bool:
        if process.returncode is not None:
            raise AssertionError((await process.communicate())[1].decode())
        return await desk.count("lead") >= wanted

    await until(look, 90, "leads of the process")


def mixed(count: int) -> list[tuple[str, ...]]:
    """Of ten rows one is refused and one cannot be read."""
    rows = leads(count)
    return [("12", *row[1:]) if n % 10 == 3 else row[:2] if n % 10 == 7 else row for n, row in enumerate(rows)]


async def whole(desk: Desk, file: Path, count: int) -> None:
    """The import of ``mixed(count)`` is done, each row once."""
    tenth = count // 10
    row = await desk.the_import()
    assert [row[name] for name in ("total", "done", "accepted", "refused", "unreadable", "known", "state")] == [
        count, count, 8 * tenth, tenth, tenth, 0, "done",
    ]  # fmt: skip
    assert await desk.count("lead", "answer_status = 202") == 8 * tenth
    assert await desk.count("lead", "answer_status = 422") == tenth
    assert await desk.count("attempt") == 8 * tenth
    planned = await desk.calls()
    step = timedelta(seconds=60 / row["per_minute"])
    assert planned == sorted(planned)
    assert min(b - a for a, b in pairwise(planned)) >= step
    found = read_rows(file.with_name("leads.refused.csv"))
    assert [(one["line"], one["code"]) for one in found] == [
        (str(n + 2), "invalid_phone" if n % 10 == 3 else "ragged_row") for n in range(count) if n % 10 in (3, 7)
    ]


@pytest.mark.parametrize(
    "step",
    [
        "die_after(Intake, 'take', 1)",
        "die_after(Intake, 'take', 70)",
        "die_after(Imports, '_write', 1)",
        "die_after(Imports, 'run', 1)",
        "die_after(Imports, 'reasons', 1)",
        "die_after(Imports, 'finish', 1)",
    ],
)
async def test_an_import_that_was_killed_goes_on_with_nothing_lost_or_twice(desk: Desk, step: str) -> None:
    file = write(desk.folder / "leads.csv", mixed(120))
    async with command(desk, file, "--per-minute", "60", step=step) as process:
        assert await process.wait() == -signal.SIGKILL
    row = await desk.the_import()
    assert row["state"] == ("done" if "finish" in step else "running")
    taken = await desk.count("lead")
    assert await desk.run(file) == 1
    await whole(desk, file, 120)
    assert "take" not in step or taken == int(step[:-1].split()[-1])
    start = row["start_at"]
    assert all((at - start) % timedelta(seconds=1) == timedelta(0) for at in await desk.calls())


async def test_an_import_that_is_killed_from_outside_again_and_again_is_whole_in_the_end(desk: Desk) -> None:
    file = write(desk.folder / "leads.csv", mixed(200))
    for wanted in (20, 90):
        async with command(desk, file) as process:
            await until_stored(desk, process, wanted)
            process.send_signal(signal.SIGKILL)
            await process.wait()
        assert (await desk.the_import())["state"] == "running"
    assert await desk.run(file) == 1
    await whole(desk, file, 200)


async def test_ctrl_c_writes_how_far_it_is_and_the_same_command_goes_on(desk: Desk) -> None:
    file = write(desk.folder / "leads.csv", mixed(200))
    async with command(desk, file) as process:
        await until_stored(desk, process, 5)
        process.send_signal(signal.SIGINT)
        _, said = await process.communicate()
        assert process.returncode == 130, said.decode()
    row = await desk.the_import()
    assert row["accepted"] + row["refused"] == await desk.count("lead")
    assert f"stopped after row {row['done']} of 200; the same command goes on from there" in said.decode()
    assert await desk.run(file) == 1
    assert f"going on after row {row['done']} of 200" in desk.error
    await whole(desk, file, 200)


async def test_an_import_that_stops_before_its_first_row_goes_on_as_it_was_begun(desk: Desk) -> None:
    file = write(desk.folder / "leads.csv", leads(3))
    stop = asyncio.Event()
    stop.set()
    assert await desk.run(file, "--per-minute", "60", stop=stop) == 130
    for more, words in [
        (["--per-minute", "61"], "--per-minute: this import was begun with 60"),
        (["--start-at", "2026-11-23T09:00:00Z"], "--start-at: this import was begun with"),
        (["--column", "city=first name"], "this import was begun with another mapping"),
    ]:
        assert await desk.run(file, *more) == 2
        assert words in desk.error
        assert desk.error.count("\n") == 1
    assert await desk.run(file, "--per-minute", "60") == 0
    assert await desk.count("lead") == 3


async def test_an_import_goes_on_with_its_mapping_though_the_source_has_another_by_now(desk: Desk) -> None:
    file = write(desk.folder / "leads.csv", leads(3))
    stop = asyncio.Event()
    stop.set()
    assert await desk.run(file, stop=stop) == 130
    await reconfigure(desk, source=", mapping: {fields: {phone: something.else}}")
    assert await desk.run(file) == 0
    assert await desk.count("lead") == 3


async def test_calls_are_not_planned_in_the_past_when_an_import_goes_on_late(desk: Desk) -> None:
    file = write(desk.folder / "leads.csv", leads(3))
    stop = asyncio.Event()
    stop.set()
    long_ago = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    before = datetime.now(UTC)
    assert await desk.run(file, "--start-at", long_ago, stop=stop) == 130
    assert await desk.run(file) == 0
    planned = await desk.calls()
    assert planned[0] >= before
    assert min(b - a for a, b in pairwise(planned)) >= timedelta(seconds=2)


async def test_of_two_processes_with_one_file_one_goes_on_and_nothing_is_twice(desk: Desk) -> None:
    file = write(desk.folder / "leads.csv", leads(120))
    async with wiring.building_imports(desk.settings, desk.settings.database_url) as imports:
        order = Order(*await imports.place(None, "form"), read_table(file))

        async def one() -> bool:
            job = await imports.begin(order)
            return await imports.run(job, lambda _: None, asyncio.Event())

        ended = await asyncio.gather(one(), one(), return_exceptions=True)
    assert True in ended
    assert any(isinstance(end, ImportTaken) for end in ended)
    assert await desk.count("lead") == await desk.count("attempt") == 120


async def test_a_row_that_was_stored_when_its_process_died_is_counted_as_accepted(desk: Desk) -> None:
    file = write(desk.folder / "leads.csv", leads(2))
    async with wiring.building_imports(desk.settings, desk.settings.database_url) as imports:
        order = Order(*await imports.place(None, "form"), read_table(file))
        late = await imports.begin(order)
        await take_all_without_writing(imports, order)
        assert await imports.run(late, lambda _: None, asyncio.Event())
    row = await desk.the_import()
    assert (row["accepted"], row["known"]) == (2, 0)
    assert await desk.count("lead") == 2


async def take_all_without_writing(imports: Imports, order: Order) -> None:
    job = await imports.begin(order)
    async for one in imports._ahead(job, order.table.rows()):
        await imports._take(job, one)


async def test_a_row_that_refreshed_a_running_lead_is_counted_as_accepted_also_when_it_comes_again(
    desk: Desk,
) -> None:
    await reconfigure(desk, source=", duplicates: {window: 30d, keys: [phone], on_repeat: touch}")
    file = write(desk.folder / "leads.csv", [*leads(1), *leads(1), *leads(1, first=1)])
    async with wiring.building_imports(desk.settings, desk.settings.database_url) as imports:
        order = Order(*await imports.place(None, "form"), read_table(file))
        await imports.begin(order)
        await take_all_without_writing(imports, order)
        job = await imports.begin(order)
        assert await imports.run(job, lambda _: None, asyncio.Event())
    assert (await desk.the_import())["accepted"] == 3
    assert (await desk.count("lead"), await desk.count("lead_touch")) == (2, 1)
    first, other = await desk.calls()
    assert other - first == timedelta(seconds=4)


async def test_eight_rows_are_judged_at_a_time_and_stored_in_the_files_order(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge, under_way, most = Intake.judge, 0, 0

    async def slowly(*given: Any) -> Any:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        for _ in range(int(given[2].phone[-1])):  # later rows are sooner done
            await asyncio.sleep(0)
        found = await judge(*given)
        under_way -= 1
        return found

    monkeypatch.setattr(Intake, "judge", slowly)
    file = write(desk.folder / "leads.csv", leads(60)[::-1])
    assert await desk.run(file) == 0
    assert most == 8
    stored = await desk.fetch("SELECT phone FROM lead ORDER BY received_at")
    assert [row["phone"] for row in stored] == [phone(n) for n in range(59, -1, -1)]
    assert await desk.calls() == sorted(await desk.calls())


async def test_a_source_that_is_paused_meanwhile_refuses_the_other_rows(desk: Desk) -> None:
    file = write(desk.folder / "leads.csv", leads(120))
    async with wiring.building_imports(desk.settings, desk.settings.database_url) as imports:
        order = Order(*await imports.place(None, "form"), read_table(file))
        job = await imports.begin(order)
        stop = asyncio.Event()
        await imports.run(job, lambda tally: stop.set() if tally.done == 60 else None, stop)
        await reconfigure(desk, source=", paused: true")
        job = await imports.begin(Order(*await imports.place(None, "form"), order.table))
        assert await imports.run(job, lambda _: None, asyncio.Event())
    assert await desk.count("lead_import_refusal", "code = 'source_paused'") == 60


# ---- a dry run -------------------------------------------------------------------------------------------------


async def test_a_dry_run_says_what_would_be_and_stores_nothing(desk: Desk) -> None:
    rows = [*leads(4), ("12", "Short", "NY", "call"), ("+12125550190", "No", "NY", "sms"), ("x",)]
    file = write(desk.folder / "leads.csv", rows)
    before = await desk.everything()
    start = (datetime.now(UTC) + timedelta(hours=1)).replace(microsecond=0)
    assert await desk.run(file, "--dry-run", "--start-at", start.isoformat()) == 1
    assert await desk.everything() == before
    assert [path.name for path in desk.folder.iterdir()] == ["leads.csv"]
    dry = desk.summary()
    assert "the row of line 2, as it is mapped:\n" in desk.out
    assert f"  phone ← phone: '{phone(0)}' → '{phone(0)}'\n" in desk.out
    assert "  consent.channels ← \"consent.channels\": 'call' → 'call'\n" in desk.out
    assert "nothing was stored" in desk.out
    assert await desk.run(file, "--start-at", start.isoformat()) == 1
    real = desk.summary()
    names = ("accepted", "refused", "unreadable", "invalid_phone", "no_consent", "ragged_row", "first call")
    assert {name: dry[name] for name in names} == {name: real[name] for name in names}
    last = (start + timedelta(seconds=6)).astimezone(ZoneInfo("America/New_York"))
    assert f"last call   {last.isoformat(' ')}" in desk.out


async def test_a_dry_run_writes_refusals_where_it_is_told_to_and_can_be_stopped(desk: Desk) -> None:
    file = write(desk.folder / "leads.csv", mixed(20))
    assert await desk.run(file, "--dry-run", "--refusals", str(desk.folder / "out.csv")) == 1
    assert [row["line"] for row in read_rows(desk.folder / "out.csv")] == ["5", "9", "15", "19"]
    stop = asyncio.Event()
    stop.set()
    assert await desk.run(file, "--dry-run", stop=stop) == 130
    assert await desk.run(write(desk.folder / "good.csv", leads(3)), "--dry-run") == 0
    assert await desk.count("lead_import") == 0


# ---- the command -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--source", "nope"], '--source: account test has no source "nope"; it has: form'),
        (["--account", "nope"], '--account: there is no "nope"; there are: test'),
        (["--column", "phone=Fax"], 'there is no column "Fax"; there are: phone, first name'),
        (["--column", "fone=phone"], "--column fone: a lead has no such field"),
        (["--column", "phone"], "--column phone: expected"),
        (["--mapping", "none.yaml"], "--mapping none.yaml: No such file"),
        (["--mapping", "bad.yaml"], "--mapping bad.yaml: fields.fone: a lead has no such field"),
        (["--mapping", "broken.yaml"], "--mapping broken.yaml: while parsing"),
        (["--mapping", "leads.csv"], "--mapping leads.csv: mapping: expected an object"),
        (["--per-minute", "0"], "--per-minute 0: expected a number"),
        (["--per-minute", "nan"], "--per-minute nan: expected a number"),
        (["--per-minute", "many"], "--per-minute many: expected a number"),
        (["--start-at", "soon"], "--start-at soon: expected a time with its offset"),
        (["--start-at", "2026-11-23T09:00:00"], "expected a time with its offset"),
        (["--refusals", "leads.csv"], "--refusals: leads.csv is the file that is imported"),
        (["--refusals", "none/out.csv"], "--refusals: none/out.csv cannot be written"),
    ],
)
async def test_a_mistake_is_named_in_one_line_and_nothing_is_stored(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, more: list[str], words: str
) -> None:
    monkeypatch.chdir(desk.folder)
    write(Path("leads.csv"), leads(2))
    (desk.folder / "bad.yaml").write_text("fields: {fone: x, phone: 7}")
    (desk.folder / "broken.yaml").write_text("fields: {")
    for dry in ([], ["--dry-run"]):
        assert await desk.run(Path("leads.csv"), *more, *dry) == 2
        assert words in desk.error
        assert desk.error.count("\n") == 1
        assert desk.out == ""
    assert await desk.count("lead_import") == 0


async def test_a_file_that_cannot_be_read_is_named(desk: Desk) -> None:
    assert await desk.run(desk.folder / "none.csv") == 2
    assert desk.error == f"{desk.folder / 'none.csv'}: No such file or directory\n"
    (desk.folder / "empty.csv").write_text("")
    assert await desk.run(desk.folder / "empty.csv") == 2
    assert "there is no header row" in desk.error


async def test_the_account_is_named_where_there_are_several(desk: Desk) -> None:
    other = configuration(account="other", account_key="stl_acct_other_key_1", source_key="stl_other_key_1")
    await configure(desk.settings.database_url, other)
    file = write(desk.folder / "leads.csv", leads(1))
    assert await desk.run(file) == 2
    assert "--account: say which; there are: other, test" in desk.error
    assert await desk.run(file, "--account", "other") == 0
    (row,) = await desk.fetch("SELECT a.name FROM lead l JOIN account a ON a.id = l.account_id")
    assert row["name"] == "other"


async def test_where_there_is_no_account_it_says_so(
    database_url: str, database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk(settings_for(database_url, tmp_path, free_port()), database, tmp_path, capsys)
    assert await desk.run(write(tmp_path / "leads.csv", leads(1))) == 2
    assert "there are: none yet" in desk.error


async def test_a_header_alone_is_an_import_of_nothing(desk: Desk) -> None:
    file = write(desk.folder / "leads.csv", [])
    assert await desk.run(file) == 0
    assert desk.summary()["accepted"] == "0"
    assert (await desk.the_import())["state"] == "done"


async def test_progress_is_a_line_for_each_tenth_where_there_is_no_terminal(desk: Desk) -> None:
    file = write(desk.folder / "leads.csv", leads(40))
    assert await desk.run(file) == 0
    assert desk.error.splitlines() == [f"{n * 10} %: {n * 4} of 40 rows" for n in range(1, 11)]


async def test_progress_is_a_bar_on_a_terminal(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(desk.folder / "leads.csv", leads(40))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert await desk.run(file) == 0
    assert "40/40" in desk.error
    assert " rows\n" not in desk.error.replace("\r", "\n")
