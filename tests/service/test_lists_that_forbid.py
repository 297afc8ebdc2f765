"""Lists that forbid, at work: versions that come into use whole, age, and the operator's suppressions of all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from posting import TOMORROW, new_database, new_phone, value
from reporting import report
from running import ACCOUNT_KEY, SOURCE_KEY, RunningService, configuration, configure, running_service

from speedtolead import cli, wiring
from speedtolead.commands import doctor
from speedtolead.service.lawful.do_not_call import DoNotCall

pytestmark = pytest.mark.asyncio(loop_scope="module")

TODAY = datetime.now(UTC).date()
CONTACT = "contact: {do_not_call: [national]}\n"
SECOND: dict[str, Any] = {
    "account": "second",
    "account_key": f"{ACCOUNT_KEY}_second",
    "source_key": f"{SOURCE_KEY}_second",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    folder: Path = tmp_path_factory.mktemp("lists")
    text = configuration(cadence=TOMORROW) + CONTACT
    async with new_database(server_url) as url:
        await configure(url, configuration(cadence=TOMORROW, **SECOND))
        async with running_service(url, folder, text) as running:
            yield running


async def run(service: RunningService, *arguments: str) -> int:
    given = cli.parser().parse_args(list(arguments))
    code: int = await given.run(service.settings, given)
    return code


async def bring_in(
    service: RunningService, folder: Path, content: str, day: date, *more: str, name: str = "national"
) -> int:
    path = folder / "numbers.txt"
    path.write_text(content)
    said = ["--list", name, "--date", day.isoformat(), "--account", "test", *more]
    return await run(service, "dnc", "import", str(path), *said)


async def numbers(service: RunningService, name: str) -> list[str]:
    sql = """SELECT array_agg(n.phone ORDER BY n.phone) FROM do_not_call_number n
               JOIN do_not_call_list d ON d.id = n.list_id WHERE d.name = $1"""
    return list(await value(service, sql, name) or [])


async def listed(service: RunningService, phone: str) -> list[bool]:
    """Of a new lead: what the permit learns of the lists that its campaign relies on."""
    status, answer = await service.post(phone=phone)
    assert status == 202, answer
    sql = "SELECT contact_facts(account_id, id, campaign_id, phone, email) FROM lead WHERE id = $1"
    facts = await value(service, sql, answer["lead_id"])
    return [one["listed"] for one in facts["lists"]]


async def refused(service: RunningService) -> str:
    """Why a lead that is due now is not called."""
    _, answer = await service.post(phone=new_phone())
    async with service.database.connection() as tx:
        await tx.execute("UPDATE attempt SET due_at = now() WHERE lead_id = $1", answer["lead_id"])
        await tx.execute("SELECT pg_notify('speedtolead', '')")
    lead = await service.lead_when(answer["lead_id"], lambda lead: lead["attempts"][0]["decisions"])
    (decision,) = lead["attempts"][0]["decisions"]
    assert decision["verdict"] == "refused"
    return str([rule["reason"] for rule in decision["rules"] if rule["verdict"] == "refused"])


async def test_a_version_comes_into_use_whole_and_the_one_before_is_removed(
    service: RunningService, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    phone = new_phone()
    older = "\n".join([phone, *(f"212555{n:04d}" for n in range(1000, 1050)), phone, "nonsense"])
    assert await bring_in(service, tmp_path, older, TODAY - timedelta(days=3)) == 0
    told = capsys.readouterr().out
    assert all(words in told for words in ("51", "lines 53", "account test"))
    assert (await listed(service, phone), await listed(service, new_phone())) == ([True], [False])

    newer = "\n".join(f"212555{n:04d}" for n in range(1000, 1060))
    assert await bring_in(service, tmp_path, newer, TODAY - timedelta(days=1)) == 0
    assert f"in place of the version of {TODAY - timedelta(days=3)}" in capsys.readouterr().out
    assert await numbers(service, "national") == [f"+1212555{n:04d}" for n in range(1000, 1060)]
    kept = "SELECT array_agg(numbers || ' ' || current ORDER BY version_date) FROM do_not_call_list WHERE name = $1"
    assert await value(service, kept, "national") == ["51 false", "60 true"]


@pytest.mark.parametrize(
    ("content", "days", "more", "code", "why"),
    [
        ("2125551001\n2125551002\n", 1, [], 1, "say --smaller"),
        ("nothing\nat all\n", 1, [], 1, "no list of numbers"),
        ("", 1, [], 1, "no list of numbers"),
        ("2125551001\n" * 70, 4, [], 1, "which is newer"),
        ("2125551001\n", -1, [], 1, "still to come"),
        ("2125551001\n", 1, ["--column", "phone"], 2, "there is no"),
    ],
)
async def test_what_is_no_newer_whole_list_is_refused_and_changes_nothing(
    service: RunningService,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    content: str,
    days: int,
    more: list[str],
    code: int,
    why: str,
) -> None:
    name = f"refused-{why.split()[0]}-{days}"
    whole = "\n".join(f"212555{n:04d}" for n in range(1000, 1060))
    assert await bring_in(service, tmp_path, whole, TODAY - timedelta(days=2), name=name) == 0
    before = await numbers(service, name)
    assert await bring_in(service, tmp_path, content, TODAY - timedelta(days=days), *more, name=name) == code
    assert why in capsys.readouterr().err
    assert await numbers(service, name) == before
    current = "SELECT numbers FROM do_not_call_list WHERE name = $1 AND current"
    assert await value(service, current, name) == 60


async def test_an_import_that_was_killed_leaves_the_version_in_use_and_is_tidied_by_the_next(
    service: RunningService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    ok = "\n".join(f"212555{n:04d}" for n in range(1000, 1010))
    assert await bring_in(service, tmp_path, ok, TODAY - timedelta(days=2), name="killed") == 0
    with monkeypatch.context() as patched:
        patched.setattr(DoNotCall, "_check", killed)
        patched.setattr(DoNotCall, "_tidy", lambda *_: asyncio.sleep(0))
        with pytest.raises(KeyboardInterrupt):
            await bring_in(service, tmp_path, ok.replace("555", "556"), TODAY, name="killed")
    assert len(await numbers(service, "killed")) == 20
    assert await value(service, "SELECT numbers FROM do_not_call_list WHERE name = 'killed' AND current") == 10
    assert await bring_in(service, tmp_path, ok.replace("555", "557"), TODAY, name="killed") == 0
    assert await numbers(service, "killed") == [f"+1212557{n:04d}" for n in range(1000, 1010)]


async def test_a_list_that_is_too_old_stops_what_relies_on_it_and_is_said_once_a_day(
    service: RunningService, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lists = service.node.services.do_not_call
    account_id = await value(service, "SELECT id FROM account WHERE name = 'test'")
    events = """SELECT array_agg(kind || ' ' || (data ->> 'state') ORDER BY id) FROM event
                 WHERE account_id = $1 AND kind LIKE 'list.%'"""

    async def dated(days: int) -> list[str]:
        """The list, as if it had been drawn so long ago; what was said of it, in all."""
        sql = "UPDATE do_not_call_list SET version_date = $1 WHERE name = 'national' AND current"
        async with service.database.connection() as tx:
            await tx.execute(sql, TODAY - timedelta(days=days))
        for _ in range(2):
            await lists.look()
        return list(await value(service, events, account_id) or [])

    if not await value(service, "SELECT count(*) FROM do_not_call_list WHERE name = 'national' AND current"):
        assert await bring_in(service, tmp_path, "2125551001", TODAY, name="national") == 0
    async with service.database.connection() as tx:
        await tx.execute("DELETE FROM event WHERE kind LIKE 'list.%'")
        await tx.execute("DELETE FROM do_not_call_alert")
    assert await dated(23) == []
    assert await dated(24) == ["list.ageing ageing"]
    assert await dated(32) == ["list.ageing ageing", "list.stale stale"]
    assert "The do-not-call list national is missing or older than 31 days." in await refused(service)
    capsys.readouterr()
    assert await run(service, "dnc", "list") == 1
    assert "too old: no call that relies on it is permitted" in capsys.readouterr().out
    told = [finding async for finding in doctor.examine(service.settings)]
    (line,) = (finding for finding in told if "national" in finding.words)
    assert (line.ok, "import a newer version" in line.words) == (False, True)
    (holidays,) = (finding for finding in told if finding.words.startswith("holidays"))
    assert holidays.ok
    assert await dated(1) == ["list.ageing ageing", "list.stale stale"]
    assert await run(service, "dnc", "list") == 0


async def test_a_sale_is_known_to_the_permit_as_the_transaction_that_exempts(service: RunningService) -> None:
    phone = new_phone()
    _, answer = await service.post(phone=phone)
    sold = datetime.now(UTC) - timedelta(days=3)

    async def known() -> Any:
        sql = "SELECT contact_facts(account_id, id, campaign_id, phone, email) FROM lead WHERE id = $1"
        return (await value(service, sql, answer["lead_id"]))["transaction_at"]

    assert await known() is None
    for at in (sold - timedelta(days=30), sold):
        status, _ = await report(service, answer["lead_id"], kind="sale", value="10", occurred_at=at.isoformat())
        assert status == 201
    assert datetime.fromisoformat(await known()) == sold


async def test_a_global_suppression_ends_the_leads_of_every_account_and_bars_what_was_permitted(
    service: RunningService, capsys: pytest.CaptureFixture[str]
) -> None:
    phone = new_phone()
    leads = [(await service.post(phone=phone))[1]["lead_id"]]
    headers = {"Authorization": f"Bearer {SECOND['source_key']}"}
    leads.append((await service.post(phone=phone, headers=headers))[1]["lead_id"])
    versions = "SELECT sum(version)::int FROM outreach WHERE key = $1"
    before = await value(service, versions, phone)
    given = ["suppress", "global", "--phone", phone]
    assert await run(service, *given, "--reason", "known litigator") == 0
    assert "2 leads" in capsys.readouterr().out
    assert await value(service, versions, phone) == before + 2
    states = "SELECT array_agg(DISTINCT state) FROM lead WHERE phone = $1"
    assert await value(service, states, phone) == ["suppressed"]
    planned = "SELECT count(*) FROM attempt WHERE state = 'scheduled' AND lead_id = ANY (CAST($1 AS uuid[]))"
    assert await value(service, planned, leads) == 0
    for more in ({}, {"headers": headers}):
        assert (await service.post(phone=phone, **more))[1]["code"] == "suppressed"
    assert await run(service, *given, "--reason", "known litigator") == 0
    assert await value(service, versions, phone) == before + 2  # said twice, it is one
    assert await run(service, *given, "--lift") == 0
    assert (await service.post(phone=phone))[0] == 202


async def test_global_suppressions_come_from_a_file_too_and_need_a_reason(
    service: RunningService, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    phones, path = [new_phone() for _ in range(3)], tmp_path / "litigators.csv"
    path.write_text("phone,name\n" + "\n".join(f"{phone},Somebody" for phone in phones) + "\nnone,Nobody\n")
    assert await run(service, "suppress", "global", "--file", str(path)) == 2
    given = ["suppress", "global", "--file", str(path), "--reason", "known litigator"]
    assert await run(service, *given) == 1  # a line of it could not be read
    told = capsys.readouterr().out
    assert "lines 5" in told
    for phone in phones:
        assert (await service.post(phone=phone))[1]["code"] == "suppressed"


async def test_two_imports_of_one_list_do_not_mix(service: RunningService, tmp_path: Path) -> None:
    async with wiring.database_url(service.settings), service.database.connection() as tx:
        key = "SELECT id || ' twice' FROM account WHERE name = 'test'"
        held = await tx.fetchval(f"SELECT pg_try_advisory_lock(hashtextextended(({key}), 15))")
        assert held
        assert await bring_in(service, tmp_path, "2125551001", TODAY, name="twice") == 1
        await tx.fetchval(f"SELECT pg_advisory_unlock(hashtextextended(({key}), 15))")
    assert await bring_in(service, tmp_path, "2125551001", TODAY, name="twice") == 0
