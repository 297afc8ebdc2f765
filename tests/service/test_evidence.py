"""Evidence: what happened is written down once, in one chain, handed out whole, and no change goes unseen."""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from posting import at, key_of, new_database, new_phone, value, with_sources
from reporting import MANAGER, ask, report, taken
from running import LEAD_PHONE, RunningService, running_service

from speedtolead import cli
from speedtolead.clock import SystemClock
from speedtolead.domain.errors import NotFound
from speedtolead.service.configuration.apply import apply
from speedtolead.service.configuration.document import read
from speedtolead.service.evidence.chaining import Ledger
from speedtolead.service.evidence.export import Exports
from speedtolead.service.evidence.keeping import Keeping
from speedtolead.service.evidence.retention import FIVE_YEARS
from speedtolead.store.database import Database

pytestmark = pytest.mark.asyncio(loop_scope="module")

TOUCH = {"window": "30d", "keys": ["phone"], "scope": "source", "on_repeat": "touch"}
ADA = {"first_name": "Adalgisa", "last_name": "Quuxley", "email": "adalgisa@quuxley.example"}


@dataclass(frozen=True)
class Told:
    """A running service, and a lead of it that was bridged with an agent and then said stop."""

    service: RunningService
    account_id: UUID
    lead_id: UUID


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def told(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Told]:
    text = with_sources({"vendor": {"duplicates": TOUCH}})
    async with (
        new_database(server_url) as url,
        running_service(url, tmp_path_factory.mktemp("evidence"), text) as service,
    ):
        status, answer = await service.post(**ADA)
        assert status == 202
        await service.ended(answer["lead_id"])
        stop = {"phone": LEAD_PHONE, "words": "please stop calling, says Quuxley", "reason": "asked by phone"}
        assert (await ask(service, "POST", "/v1/suppressions", stop))[0] == 201
        account_id = await value(service, "SELECT id FROM account")
        yield Told(service, account_id, UUID(answer["lead_id"]))


async def zip_of(told: Told, lead_id: UUID | None = None) -> bytes:
    url = f"{told.service.url}/v1/leads/{lead_id or told.lead_id}/evidence"
    async with told.service.http.get(
        url, headers={"Authorization": f"Bearer {told.service.account_key}"}
    ) as response:
        assert (response.status, response.content_type) == (200, "application/zip")
        return await response.read()


def files_of(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def verified(folder: Path, files: dict[str, bytes]) -> tuple[int, str]:
    """What the script of the file says, run with nothing but Python's standard library."""
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_bytes(content)
    ran = subprocess.run(
        [sys.executable, "-I", "-S", str(folder / "verify.py")], capture_output=True, text=True, check=False
    )
    assert ran.stderr == ""
    return ran.returncode, ran.stdout


async def test_a_bridged_leads_evidence_is_whole_and_a_stranger_can_verify_it(told: Told, tmp_path: Path) -> None:
    files = files_of(await zip_of(told))
    evidence = json.loads(files["evidence.json"])
    kinds = [entry["kind"] for entry in evidence["entries"]]
    assert kinds[0] == "lead_received"
    assert kinds.count("permit_decided") == 2
    assert kinds.count("leg_placed") == kinds.count("leg_ended") == 2
    assert kinds.count("attempt_ended") == 1
    assert {"callback_received", "suppression_added", "consent_changed"} <= set(kinds)
    of = {entry["kind"]: entry for entry in evidence["entries"]}
    assert of["lead_received"]["personal"]["lead"]["phone"] == LEAD_PHONE
    assert of["lead_received"]["personal"]["consent"]["wording"] == "Call me."
    assert of["suppression_added"]["personal"]["suppression"]["words"].startswith("please stop calling")
    assert {rule["name"] for rule in of["permit_decided"]["facts"]["rules"]} >= {"suppression", "attempt_cap"}
    assert b'"first_name": "Adalgisa"' in files["raw/01.json"]
    page = files["index.html"].decode()
    assert all(
        text in page for text in (LEAD_PHONE, "Adalgisa", "Call me.", "please stop calling", "EST", "Allowed")
    )
    assert not any(text in page for text in ("<script", "http://", "https://"))
    code, said = verified(tmp_path, files)
    assert (code, said.split(":")[0]) == (0, "OK")
    assert evidence["head"]["hash"] in said
    assert f"rules/{of['permit_decided']['facts']['rule_set']}.yaml" in files


async def test_other_leads_are_in_the_chain_and_nothing_is_told_of_them(told: Told) -> None:
    other = await taken(told.service, "vendor", first_name="Zbigniew", phone=new_phone(), schedule_at=_tomorrow())
    evidence = files_of(await zip_of(told))["evidence.json"].decode()
    document = json.loads(evidence)
    assert other not in evidence
    assert "Zbigniew" not in evidence
    span = document["head"]["seq"] - document["before"]["seq"]
    assert len(document["links"]) == span > len(document["entries"])


def _tomorrow() -> str:
    return (datetime.now(UTC) + timedelta(days=1)).isoformat()


async def test_a_refusal_is_evidence_too_and_what_was_posted_is_shown_as_text(told: Told, tmp_path: Path) -> None:
    wrong = {"phone": "555", "first_name": "<script>alert(1)</script>", "attributes": {"rate": 1.50, "😀": "ﬁ"}}
    status, answer = await told.service.post(**wrong)
    assert (status, answer["code"]) == (422, "invalid_phone")
    files = files_of(await zip_of(told, UUID(answer["lead_id"])))
    page = files["index.html"].decode()
    assert "Refused: invalid phone." in page
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert verified(tmp_path, files)[0] == 0


Change = Callable[[Any], None]


def _of(kind: str, document: Any) -> Any:
    return next(entry for entry in document["entries"] if entry["kind"] == kind)


def _refused(document: Any) -> None:
    _of("permit_decided", document)["facts"]["decision"] = "refused"


def _renamed(document: Any) -> None:
    _of("lead_received", document)["personal"]["lead"]["phone"] = "+12125550143"


def _moved(document: Any) -> None:
    entries = document["entries"]
    entries[1]["seq"], entries[2]["seq"] = entries[2]["seq"], entries[1]["seq"]
    entries[1], entries[2] = entries[2], entries[1]


def _without(document: Any) -> None:
    document["seqs"].remove(document["entries"].pop(3)["seq"])
    document["links"].pop(3)


CHANGES: dict[str, tuple[Change, str]] = {
    "a verdict": (_refused, "not what was written down"),
    "a phone number": (_renamed, "personal data was changed"),
    "an entry taken out": (lambda d: d["entries"].pop(3), "is missing"),
    "an entry taken out with its link": (_without, "entr"),
    "two entries that changed places": (_moved, "not what was written down"),
    "two entries out of order": (lambda d: d["entries"].reverse(), "out of order"),
    "personal data taken out": (lambda d: d["entries"][0].update(personal=None), "no erasure is written down"),
    "the end cut off": (lambda d: d["links"].pop(), "does not end in the head"),
    "another head": (lambda d: d["head"].update(hash="00" * 32), "does not end in the head"),
    "something unreadable": (lambda d: d.pop("links"), "cannot be read"),
}


async def test_every_change_of_the_file_is_found_and_named(told: Told, tmp_path: Path) -> None:
    files, wrong = files_of(await zip_of(told)), []
    for n, (name, (change, words)) in enumerate(CHANGES.items()):
        document = json.loads(files["evidence.json"])
        change(document)
        code, said = verified(tmp_path / str(n), files | {"evidence.json": json.dumps(document).encode()})
        if code != 1 or words not in said or not said.startswith("WRONG: "):
            wrong.append((name, code, said))
    code, said = verified(tmp_path / "raw", files | {"raw/01.json": b"{}"})
    if (code, "not the body that was posted" in said) != (1, True):
        wrong.append(("a posted body", code, said))
    assert wrong == []


class OneTransaction(Database):
    """Everything in one transaction of the test's, which takes it back at its end."""

    def __init__(self, tx: Any) -> None:
        self.tx = tx

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Any]:
        yield self.tx

    transaction = snapshot = connection


class Later(SystemClock):
    def __init__(self, by: timedelta) -> None:
        self.by = by

    def now(self) -> datetime:
        return super().now() + self.by


@asynccontextmanager
async def taken_back(told: Told) -> AsyncIterator[OneTransaction]:
    async with told.service.database.connection() as tx:
        transaction = tx.transaction()
        await transaction.start()
        try:
            yield OneTransaction(tx)
        finally:
            await transaction.rollback()


async def test_an_untouched_account_is_found_right(told: Told) -> None:
    found = await Ledger(told.service.database, SystemClock()).check(told.account_id)
    assert found.faults == []
    assert found.entries == found.head.seq > 10


_ENTRY = "seq = 3"
TAMPERINGS = {
    "the facts of an entry": (f"UPDATE ledger SET facts = '{{}}' WHERE {_ENTRY}", "not those that were written"),
    "the kind of an entry": (f"UPDATE ledger SET kind = 'x' WHERE {_ENTRY}", "not those that were written"),
    "an entry removed": (f"DELETE FROM ledger WHERE {_ENTRY}", "the entry is missing"),
    "the newest entry removed": (
        "DELETE FROM ledger WHERE kind = 'consent_changed'", "was never written down"
    ),
    "two entries that changed places": (
        "UPDATE ledger SET seq = CASE seq WHEN 3 THEN -4 WHEN 4 THEN -3 END WHERE seq IN (3, 4);"
        "UPDATE ledger SET seq = -seq WHERE seq < 0", "not those that were written"
    ),
    "personal data of an entry": (
        "UPDATE ledger_personal SET body = replace(body, 'Adalgisa', 'Eve')", "personal data is not what"
    ),
    "personal data removed": ("DELETE FROM ledger_personal", "no erasure was written down"),
    "a permit": ("UPDATE permit SET decision = 'refused'", "another facts.decision"),
    "a permit removed": ("DELETE FROM permit", "is gone"),
    "a lead": ("UPDATE lead SET phone = '+12125550143'", "another personal.lead.phone"),
    "a posted body's digest": ("UPDATE lead SET raw_sha256 = sha256('x')", "another personal.lead.raw_sha256"),
    "a consent": ("UPDATE consent SET wording = 'Anything.'", "another personal.consent.wording"),
    "a leg": ("UPDATE leg SET live_at = live_at - interval '1 minute'", "another facts.live_at"),
    "a stop": ("UPDATE suppression SET words = 'call me'", "another personal.suppression.words"),
    "a callback": ("UPDATE carrier_callback SET fields = '{}'", "another personal.callback.fields"),
    "a permit without an entry": (
        "INSERT INTO permit SELECT gen_random_uuid(), account_id, attempt_id, now(), decision, not_before,"
        " rule_set, rules FROM permit LIMIT 1", "was never written down"
    ),
}  # fmt: skip


async def test_tampering_with_the_rows_is_found_and_named(told: Told) -> None:
    wrong = []
    for name, (sql, words) in TAMPERINGS.items():
        async with taken_back(told) as database:
            await database.tx.execute("SET LOCAL session_replication_role = replica")  # as a superuser could
            await database.tx.execute(sql)
            found = await Ledger(database, SystemClock()).check(told.account_id)
        if not any(words in fault.words for fault in found.faults):
            wrong.append((name, found.faults))
    assert wrong == []


async def test_a_lead_from_before_the_ledger_has_no_evidence_to_export(told: Told) -> None:
    async with taken_back(told) as database:
        await database.tx.execute("SET LOCAL session_replication_role = replica")
        await database.tx.execute("DELETE FROM ledger WHERE lead_id = $1", told.lead_id)
        ledger = Ledger(database, SystemClock())
        with pytest.raises(NotFound):
            await Exports(database, SystemClock(), ledger).zip_of(told.account_id, told.lead_id)


@pytest.mark.parametrize("table", ["ledger", "ledger_personal", "permit"])
async def test_what_proves_something_cannot_be_changed_by_mistake(told: Told, table: str) -> None:
    column = "salt = salt" if table != "permit" else "decision = decision"
    statements = [f"UPDATE {table} SET {column}", f"TRUNCATE {table}"]
    if table != "ledger_personal":
        statements.append(f"DELETE FROM {table}")
    for sql in statements:
        async with taken_back(told) as database:
            with pytest.raises(asyncpg.PostgresError, match="append-only"):
                await database.tx.execute(sql)


async def test_chainers_at_once_write_each_thing_down_once(told: Told) -> None:
    service = told.service
    ledgers = [Ledger(service.database, SystemClock()) for _ in range(3)]

    async def post() -> None:
        for _ in range(10):
            await taken(service, "vendor", phone=new_phone(), schedule_at=_tomorrow())

    async def chain(ledger: Ledger) -> None:
        for _ in range(10):
            await ledger.chain()

    await asyncio.gather(post(), *(chain(ledger) for ledger in ledgers))
    await ledgers[0].chain_account(told.account_id)
    async with service.database.connection() as tx:
        seqs = [row["seq"] for row in await tx.fetch("SELECT seq FROM ledger ORDER BY seq")]
        twice = await tx.fetch("SELECT kind, reference FROM ledger GROUP BY 1, 2 HAVING count(*) > 1")
    assert seqs == list(range(1, len(seqs) + 1))
    assert twice == []
    assert await value(service, "SELECT count(*) FROM ledger_pending") == 0
    assert (await ledgers[0].check(told.account_id)).faults == []


async def test_a_chainer_that_dies_before_its_commit_leaves_all_to_the_next(told: Told) -> None:
    lead_id = UUID(await taken(told.service, "vendor", phone=new_phone(), schedule_at=_tomorrow()))
    sql = "SELECT count(*) FROM ledger WHERE lead_id = $1 AND kind = 'lead_received'"
    async with taken_back(told) as database:
        await database.tx.execute(
            "INSERT INTO ledger_pending (account_id, kind, reference) VALUES ($1, 'lead_received', $2)",
            told.account_id,
            str(lead_id),
        )
        assert await Ledger(database, SystemClock()).chain_account(told.account_id) >= 1
        assert await database.tx.fetchval(sql, lead_id) >= 1
    await Ledger(told.service.database, SystemClock()).chain_account(told.account_id)
    assert await value(told.service, sql, lead_id) == 1


async def test_something_that_is_gone_before_it_was_chained_stops_nobody(told: Told) -> None:
    async with taken_back(told) as database:
        await database.tx.execute(
            "INSERT INTO ledger_pending (account_id, kind, reference) VALUES ($1, 'permit_decided', $2),"
            " ($1, 'a kind of a newer version', 'x')",
            told.account_id,
            str(UUID(int=1)),
        )
        ledger = Ledger(database, SystemClock())
        assert await ledger.chain_account(told.account_id) >= 2
        facts = await database.tx.fetch("SELECT facts FROM ledger ORDER BY seq DESC LIMIT 2")
        assert {row["facts"] for row in facts} == {'{"gone":true}'}
        assert (await ledger.check(told.account_id)).faults == []


async def everywhere(service: RunningService, *sought: str) -> set[str]:
    """Tables in which any of these texts stands, however it is written; digests are not looked into."""
    async with service.database.connection() as tx:
        tables = await tx.fetch(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        found = set()
        for (table,) in tables:
            forms = [form for text in sought for form in (text, text.encode().hex())]
            for form in forms:
                if await tx.fetchval(f"SELECT EXISTS (SELECT FROM {table} t WHERE t::text LIKE $1)", f"%{form}%"):
                    found.add(table)
        return found


async def test_an_erasure_takes_what_is_personal_and_leaves_the_proof(told: Told, tmp_path: Path) -> None:
    service, phone = told.service, new_phone()
    person = {"first_name": "Ermintrude", "last_name": "Vlk", "email": "ermintrude@vlk.example", "phone": phone}
    sought = ("Ermintrude", "Vlk", "vlk.example", phone, "10.9.8.7")
    consent = {"channels": ["call"], "text": "Call me.", "ip": "10.9.8.7", "user_agent": "Vlk 1.0"}
    lead_id = UUID(
        await taken(service, "vendor", **person, consent=consent, attributes={"of": "Vlk"}, schedule_at=_tomorrow())
    )
    assert (await report(service, str(lead_id), kind="appointment", note="with Ermintrude"))[0] == 201
    stop = {"phone": phone, "words": "no more, I am Ermintrude"}
    assert (await ask(service, "POST", "/v1/suppressions", stop))[0] == 201
    path = f"/v1/leads/{lead_id}"
    status, _ = await ask(service, "POST", f"{path}/erase", {"reason": "asked for it"}, key_of("vendor"))
    assert status == 403
    assert (await ask(service, "POST", f"{path}/hold", {"reason": "a claim"}))[0] == 200
    status, problem = await ask(service, "POST", f"{path}/erase", {"reason": "asked for it"})
    assert (status, problem["code"]) == (409, "conflict")
    assert await everywhere(service, *sought) >= {"lead", "consent", "outcome", "ledger_personal"}
    assert (await ask(service, "DELETE", f"{path}/hold"))[0] == 204
    assert (await ask(service, "DELETE", f"{path}/hold"))[0] == 404
    assert (await ask(service, "POST", f"{path}/erase", {"reason": "asked for it"}))[0] == 200
    assert (await ask(service, "POST", f"{path}/erase", {"reason": "asked for it"}))[0] == 200

    # the stop holds on, in its own words; contacts are counted for a day
    assert await everywhere(service, *sought) <= {"suppression", "outreach", "erasure", "ledger_personal"}
    await Keeping(service.database, Later(timedelta(hours=25)), Ledger(service.database, SystemClock())).let_go()
    assert await everywhere(service, *sought) <= {"suppression", "ledger_personal", "outreach"}
    assert await value(service, "SELECT count(*) FROM outreach WHERE key LIKE '%vlk%'") == 0
    left = await value(
        service, "SELECT count(*) FROM ledger_personal p JOIN ledger l USING (account_id, seq)"
        " WHERE p.body LIKE $1 AND l.kind NOT LIKE 'suppression%'", f"%{phone}%"
    )  # fmt: skip
    assert left == 0
    status, answer = await service.post(phone=phone)
    assert (status, answer["code"]) == (422, "suppressed")

    assert await value(service, "SELECT count(*) FROM recent_key WHERE lead_id = $1", lead_id) == 0
    shown = await service.lead(str(lead_id))
    assert (shown["phone"], shown["status"], shown["outcomes"][0]["note"]) == (None, "suppressed", None)

    assert (await Ledger(service.database, SystemClock()).check(told.account_id)).faults == []
    files = files_of(await zip_of(told, lead_id))
    evidence = json.loads(files["evidence.json"])
    kinds = {entry["kind"] for entry in evidence["entries"]}
    assert kinds >= {"lead_received", "hold_placed", "hold_lifted", "lead_erased"}
    assert not any(text.encode() in content for text in sought for content in files.values())
    assert not any(name.startswith("raw/") for name in files)
    assert verified(tmp_path, files)[0] == 0
    assert "erased" in files["index.html"].decode()
    assert [kind for kind in await _events(service, lead_id) if kind == "lead.erased"] == ["lead.erased"]


async def test_a_repeat_is_evidence_of_its_own_and_what_it_adds_is_no_tampering(told: Told) -> None:
    service, phone = told.service, new_phone()
    lead_id = await taken(service, "vendor", phone=phone, schedule_at=_tomorrow(), attributes={"car": "old"})
    await Ledger(service.database, SystemClock()).chain_account(told.account_id)
    again = {
        "last_name": "Late",
        "attributes": {"car": "new"},
        "consent": {"channels": ["call", "sms"], "text": "Yes."},
    }
    assert (await at(service, "vendor").post(phone=phone, schedule_at=_tomorrow(), **again))[0] == 202
    files = files_of(await zip_of(told, UUID(lead_id)))
    entries = json.loads(files["evidence.json"])["entries"]
    kinds = [entry["kind"] for entry in entries]
    assert kinds.count("lead_touched") == kinds.count("consent_changed") == 1
    assert entries[0]["personal"]["lead"]["attributes"] == {"car": "old"}
    assert (b'"old"' in files["raw/01.json"], b'"new"' in files["raw/02.json"]) == (True, True)
    assert (await Ledger(service.database, SystemClock()).check(told.account_id)).faults == []


async def _events(service: RunningService, lead_id: UUID) -> list[str]:
    async with service.database.connection() as tx:
        return [row["kind"] for row in await tx.fetch("SELECT kind FROM event WHERE lead_id = $1", lead_id)]


async def test_a_hold_and_an_erasure_at_once_never_both_stand(told: Told) -> None:
    service, both = told.service, []
    for _ in range(5):
        path = f"/v1/leads/{await taken(service, 'vendor', phone=new_phone(), schedule_at=_tomorrow())}"
        asked = [ask(service, "POST", f"{path}/{what}", {"reason": "at once"}) for what in ("hold", "erase")]
        both.append(sorted(status for status, _ in await asyncio.gather(*asked)))
    assert both == [[200, 409]] * 5


async def test_what_is_kept_too_long_is_let_go_unless_it_is_held(told: Told) -> None:
    held = UUID(await taken(told.service, "vendor", phone=new_phone(), first_name="Held", schedule_at=_tomorrow()))
    async with taken_back(told) as database:
        tx = database.tx
        ledger = Ledger(database, SystemClock())
        await Keeping(database, SystemClock(), ledger).hold(told.account_id, held, "a claim", "test")

        async def kept(of: UUID) -> tuple[Any, ...]:
            row = await tx.fetchrow("SELECT first_name, raw_body <> '' AS raw FROM lead WHERE id = $1", of)
            return tuple(row)

        await Keeping(database, Later(FIVE_YEARS - timedelta(days=1)), ledger).let_go()
        assert await kept(told.lead_id) == ("Adalgisa", True)
        await tx.execute("""UPDATE account SET retention = '{"raw_bodies": 86400}'""")
        await Keeping(database, Later(timedelta(days=2)), ledger).let_go()
        assert (await kept(told.lead_id), await kept(held)) == (("Adalgisa", False), ("Held", True))
        assert (await ledger.check(told.account_id)).faults == []
        await Keeping(database, Later(FIVE_YEARS + timedelta(days=1)), ledger).let_go()
        assert (await kept(told.lead_id), await kept(held)) == ((None, False), ("Held", True))
        why = await tx.fetchval("SELECT reason FROM erasure WHERE lead_id = $1", told.lead_id)
        assert why == "its time was over"
        assert (await ledger.check(told.account_id)).faults == []


async def test_the_evidence_is_the_buyers_alone(told: Told) -> None:
    service, path = told.service, f"/v1/leads/{told.lead_id}/evidence"
    assert (await ask(service, "GET", path, key=service.source_key))[0] == 403
    assert (await ask(service, "GET", f"/v1/leads/{UUID(int=1)}/evidence"))[0] == 404
    page = f"{service.url}/leads/{told.lead_id}"
    async with service.http.get(f"{page}/evidence.zip") as response:
        assert response.status == 401
    async with service.http.post(f"{service.url}/login", data=MANAGER, allow_redirects=False) as response:
        cookies = {name: morsel.value for name, morsel in response.cookies.items()}
    async with service.http.get(page, cookies=cookies) as response:
        assert f'href="/leads/{told.lead_id}/evidence.zip"' in await response.text()
    async with service.http.get(f"{page}/evidence.zip", cookies=cookies) as response:
        assert response.status == 200
        assert response.headers["Cache-Control"] == "no-store"
        assert "evidence.json" in files_of(await response.read())


async def command(told: Told, *arguments: str) -> int:
    given = cli.parser().parse_args(arguments)
    code: int = await given.run(told.service.settings, given)
    return code


async def test_the_commands_write_check_hold_and_erase(
    told: Told, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, lead = tmp_path / "file.zip", str(told.lead_id)
    assert await command(told, "evidence", lead, "--out", str(out)) == 0
    assert out.stat().st_mode & 0o777 == 0o600
    written = out.read_bytes()
    assert await command(told, "evidence", lead, "--out", str(out)) == 2
    assert out.read_bytes() == written
    assert await command(told, "evidence", lead, "--out", str(out), "--force") == 0
    assert await command(told, "evidence", str(UUID(int=1)), "--out", str(tmp_path / "no.zip")) == 1
    assert await command(told, "evidence", lead) == 2
    capsys.readouterr()
    assert await command(told, "evidence", "--verify-account", "test") == 0
    assert capsys.readouterr().out.startswith("OK: ")
    assert await command(told, "evidence", "--verify-account", "nobody") == 1
    other = await taken(told.service, "vendor", phone=new_phone(), schedule_at=_tomorrow())
    assert await command(told, "hold", other, "--reason", "a claim") == 0
    assert await command(told, "erase", other, "--reason", "asked") == 1
    assert await command(told, "hold", other, "--lift") == 0
    assert await command(told, "hold", other, "--lift") == 1
    assert await command(told, "erase", other, "--reason", "asked") == 0
    assert await command(told, "hold", other, "--reason", "too late") == 1


async def test_the_configuration_says_how_long_what_is_kept(told: Told) -> None:
    service, text = told.service, with_sources({"vendor": {"duplicates": TOUCH}})
    for said, kept in (("retention: {raw_bodies: 30d}", {"raw_bodies": 30 * 86_400.0}), ("", {})):
        for lines in (["~ retention"], []):
            changes = await apply(service.database, SystemClock(), read(f"{text}\n{said}\n"))
            assert changes.lines == lines
        assert await value(service, "SELECT retention FROM account") == kept
