"""Hostile posts against a running service: each is answered with a 4xx or kept as the harmless text that it is.

The service is one process for the whole module, as ``speedtolead serve`` starts it, on a real Postgres. The posts
are those of ``hostile_posts``, sent as bytes on a socket, so that nothing of them is put right on the way.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

import aiohttp
import asyncpg
import pytest
import pytest_asyncio
from conftest import database_of
from hostile_posts import EVERY_FIELD, GROUPS, Fate, Post, as_json, corpus, fresh, posts
from markupsafe import escape
from running import configuration, configure, free_port, settings_for, until

from speedtolead.service.intake.fields import ConsentBody, LeadBody
from speedtolead.settings import PREFIX, Settings

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

ACCOUNT_KEY, SOURCE_KEY = f"stl_acct_hostile_{os.getpid()}", f"stl_hostile_key_{os.getpid()}"
"""Nobody else's, so that no other post finds its way here."""
AT_ONCE = 20
SECONDS = 20.0
PROMPTLY = 5.0
TO_START = 90.0
TO_STOP = 10.0
LONGEST_LINE = 4_000_000
UNREAD = "source_post"
"""What left no lead is kept for a while, for whoever connects the vendor; it is counted apart."""
MOVES_BY_ITSELF = "webhook_cursor"
"""How far the relay has read: it goes on while nothing happens."""
NOTED_LATER = "{committed_at,email_takes_mail,mail_finding}"
"""Written to accepted leads afterwards, in the background."""
AIOHTTPS = ("Error handling request", "Unhandled exception")
"""How aiohttp itself calls a request that is none."""
Item = TypeVar("Item")
Found = TypeVar("Found")


@dataclass(frozen=True)
class Answer:
    """What came back. ``status`` 0: the connection was closed without a word."""

    status: int
    kind: str = ""
    body: bytes = b""

    @property
    def document(self) -> dict[str, Any]:
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def lead_id(self) -> str | None:
        return self.document.get("lead_id")

    @property
    def fields(self) -> set[str]:
        return {error["field"] for error in self.document.get("errors", [])}


@dataclass(frozen=True)
class Target:
    """The running service, its database and its log so far; ``browser`` is a manager's, signed in."""

    url: str
    port: int
    database: asyncpg.Pool[asyncpg.Record]
    log: list[str]
    browser: aiohttp.ClientSession

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield reader, writer
        finally:
            writer.close()

    async def post(self, post: Post) -> Answer:
        """The answer to exactly these bytes."""
        async with asyncio.timeout(SECONDS), self.connection() as (reader, writer):
            writer.write(post.head(SOURCE_KEY) + post.body)
            if post.after_continue:
                assert b"100 Continue" in await reader.readuntil(b"\r\n\r\n"), post.name
                writer.write(post.after_continue)
            if post.hangs_up:
                writer.write_eof()
            return _answer(await rest(reader))

    async def post_all(self, posts: Iterable[Post]) -> list[tuple[Post, Answer]]:
        given = list(posts)
        return list(zip(given, await each(given, self.post), strict=True))

    async def good_lead(self) -> int:
        return (await self.post(Post("a good lead", Fate.KEPT, as_json(fresh())))).status

    async def lead(self, lead_id: str) -> Any:
        headers = {"Authorization": f"Bearer {ACCOUNT_KEY}"}
        async with self.browser.get(f"{self.url}/v1/leads/{lead_id}", headers=headers) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async def page(self, path: str) -> str:
        async with self.browser.get(f"{self.url}{path}", allow_redirects=False) as response:
            assert response.status == 200, path
            return await response.text()

    async def unread(self) -> int:
        return int(await self.database.fetchval(f"SELECT count(*) FROM {UNREAD}"))

    async def _all_is_chained(self) -> bool:
        return not await self.database.fetchval("SELECT EXISTS (SELECT FROM ledger_pending)")

    async def tables(self) -> dict[str, tuple[int, str]]:
        """The rows and a checksum of every table, once what happened before is chained."""
        await until(self._all_is_chained, what="the ledger's queue empty")
        names = await self.database.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        found = {}
        for (name,) in names:
            if name not in (UNREAD, MOVES_BY_ITSELF):
                row = f"(to_jsonb(t) - '{NOTED_LATER}'::text[])::text"
                rows = f'SELECT count(*), md5(string_agg({row}, chr(10) ORDER BY {row})) FROM "{name}" t'
                found[name] = tuple(await self.database.fetchrow(rows))
        assert {"lead", "consent", "event", "attempt"} <= set(found)
        return found


async def rest(reader: asyncio.StreamReader) -> bytes:
    """All that still comes, however the connection ends."""
    got = b""
    with suppress(ConnectionError):
        while piece := await reader.read(65_536):
            got += piece
    return got


def _answer(raw: bytes) -> Answer:
    head, _, body = raw.partition(b"\r\n\r\n")
    if not head:
        return Answer(0)
    lines = head.decode("latin-1").split("\r\n")
    names = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    return Answer(int(lines[0].split()[1]), names.get("content-type", "").partition(";")[0], body)


async def each(items: Iterable[Item], do: Callable[[Item], Awaitable[Found]]) -> list[Found]:
    """Do it to all of them, a few at a time."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(item: Item) -> Found:
        async with gate:
            return await do(item)

    return await asyncio.gather(*(one(item) for item in items))


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[list[str]]:
    """The service as a process of its own, from its start on; the lines of its log, as they come."""
    given = settings.model_dump(
        include={
            *("database_url", "database_connections", "data_dir"),
            *("port", "simulator_port", "simulator_smtp_port"),
        }
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "speedtolead", "serve", "--no-migrate"),
        cwd=settings.data_dir,
        env=os.environ | {PREFIX + name.upper(): str(value) for name, value in given.items()},
        stderr=asyncio.subprocess.PIPE,
        limit=LONGEST_LINE,
    )
    assert process.stderr is not None
    log: list[str] = []
    started = asyncio.Event()

    async def follow(stream: asyncio.StreamReader) -> None:
        async for line in stream:
            log.append(line.decode(errors="replace"))
            if "node.started" in log[-1]:
                started.set()
        started.set()  # or over

    following = asyncio.create_task(follow(process.stderr))
    try:
        async with asyncio.timeout(TO_START):
            await started.wait()
        assert any("node.started" in line for line in log), "".join(log)
        yield log
    finally:
        await ended(process)
        await following


async def ended(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(TO_STOP):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def target(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Target]:
    name = f"hostile_{os.getpid()}"
    admin = await asyncpg.connect(server_url)
    try:
        await admin.execute(f"CREATE DATABASE {name} TEMPLATE migrated")
        url = database_of(server_url, name)
        await configure(url, configuration(account="hostile", account_key=ACCOUNT_KEY, source_key=SOURCE_KEY))
        folder = tmp_path_factory.mktemp("hostile")
        ports = free_port(), free_port()
        settings = settings_for(
            url, folder, ports[0], simulator_smtp_port=ports[1], database_connections=AT_ONCE + 4
        )
        async with (
            serving(settings) as log,
            asyncpg.create_pool(url, min_size=1, max_size=2) as pool,
            aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser,
        ):
            form = {"email": "manager@hostile.example", "password": "change-me-now"}
            async with browser.post(f"{settings.own_url}/login", data=form, allow_redirects=False) as response:
                assert response.status == 303
            yield Target(settings.own_url, settings.port, pool, log, browser)
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await admin.close()


def of_fate(group: str, *fates: Fate) -> list[Post]:
    return [post for post in posts(group) if post.fate in fates]


def check(answered: Iterable[tuple[Post, Answer]], wrong: Callable[[Post, Answer], str | None]) -> None:
    """Fails with a line for each post whose answer is wrong."""
    found = [(post, answer, wrong(post, answer)) for post, answer in answered]
    none(f"{post.name}: {what} ({answer.status} {answer.body[:200]!r})" for post, answer, what in found if what)


def none(complaints: Iterable[str | None]) -> None:
    found = [line for line in complaints if line]
    assert not found, "\n".join([f"{len(found)} complaints", *found])


def no_problem(post: Post, answer: Answer) -> str | None:
    """Why this is not the problem document that the post should get."""
    if answer.status not in post.statuses:
        return f"expected {sorted(post.statuses)}"
    if answer.kind != "application/problem+json":
        return f"a problem document expected, not {answer.kind}"
    if not answer.document.get("code") or answer.document.get("status") != answer.status:
        return "a code and the status expected"
    if post.fields and not answer.fields & set(post.fields):
        return f"expected the field {post.fields}"
    return None


def not_turned_away(post: Post, answer: Answer) -> str | None:
    if post.fate is Fate.BROKEN:
        return None if answer.status == 0 or 400 <= answer.status < 500 else "a 4xx of the server expected"
    return no_problem(post, answer) or ("nothing should be stored" if answer.lead_id else None)


def not_refused(post: Post, answer: Answer) -> str | None:
    return no_problem(post, answer) or (None if answer.lead_id else "a lead_id expected")


def not_taken(post: Post, answer: Answer) -> str | None:
    if answer.status == 202 or post.fate is Fate.JUDGED:
        return None if answer.status in post.statuses and answer.lead_id else f"expected {sorted(post.statuses)}"
    return no_problem(post, answer)


async def test_the_corpus_is_large_and_each_post_has_a_name_of_its_own() -> None:
    names = Counter(post.name for post in corpus())
    assert len(names) >= 250
    assert [name for name, count in names.items() if count > 1] == []


async def test_the_corpus_knows_every_field_of_a_lead() -> None:
    fields = {*LeadBody.model_fields, *(f"consent.{name}" for name in ConsentBody.model_fields)}
    assert set(EVERY_FIELD) == fields


@pytest.mark.parametrize("group", GROUPS)
async def test_what_cannot_be_a_lead_is_refused_with_its_field_and_leaves_no_trace_of_one(
    target: Target, group: str
) -> None:
    before, unread = await target.tables(), await target.unread()
    answered = await target.post_all(of_fate(group, Fate.NOTHING, Fate.BROKEN))
    check(answered, not_turned_away)
    assert await target.tables() == before
    assert await target.unread() - unread <= len(answered)
    assert await target.good_lead() == 202


async def test_a_lead_that_is_readable_and_not_acceptable_is_stored_as_refused(target: Target) -> None:
    counted = "SELECT count(*) FROM lead WHERE state = 'rejected' AND answer_status = 422"
    before = await target.database.fetchval(counted)
    answered = await target.post_all(post for post in corpus() if post.fate is Fate.REFUSED)
    check(answered, not_refused)
    assert await target.database.fetchval(counted) == before + len(answered)
    leads = await each([answer.lead_id or "" for _, answer in answered], target.lead)
    assert {(lead["status"], len(lead["attempts"])) for lead in leads} == {("rejected", 0)}
    assert [lead["refusal"] for lead in leads] == [answer.document["code"] for _, answer in answered]
    assert await target.good_lead() == 202


@pytest.mark.parametrize("group", GROUPS)
async def test_odd_text_that_is_taken_is_kept_as_it_was_and_does_no_harm(target: Target, group: str) -> None:
    schema = "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public'"
    before = await target.database.fetchval(schema)
    answered = await target.post_all(of_fate(group, Fate.KEPT, Fate.JUDGED))
    check(answered, not_taken)
    stored = [(post, answer.lead_id) for post, answer in answered if answer.lead_id]
    assert len({lead_id for _, lead_id in stored}) == len(stored)

    async def harm(one: tuple[Post, str]) -> str | None:
        post, lead_id = one
        lead = await target.lead(lead_id)
        for place, value in post.kept.items():
            if not _same(_at(lead, place), value):
                return f"{post.name}: {place} came back as {_at(lead, place)!r:.200}"
        page = await target.page(f"/leads/{lead_id}")
        if any(str(escape(text)) not in page for text in post.shown):
            return f"{post.name}: it is not shown as it is"
        return f"{post.name}: the page has it as markup" if _MARKUP.search(page) else None

    none(await each(stored, harm))
    assert not _MARKUP.search(await target.page("/"))
    assert await target.database.fetchval(schema) == before
    assert await target.good_lead() == 202


_MARKUP = re.compile(r"<script>|<img|onerror=alert\(1\)>|href=.javascript", re.IGNORECASE)


def _at(lead: dict[str, Any], place: str) -> Any:
    head, _, tail = place.partition(".")
    return lead[head][tail] if tail else lead[head]


def _same(found: Any, sent: object) -> bool:
    if isinstance(sent, float) or (isinstance(sent, int) and not isinstance(found, str)):
        return float(found) == float(sent)
    if isinstance(sent, str) and isinstance(found, str) and re.fullmatch(r"[\d.]+", sent):
        return Decimal(found) == Decimal(sent)
    return bool(found == sent)


async def test_no_line_of_the_log_has_a_number_or_an_address_or_a_failure_of_ours(target: Target) -> None:
    every = corpus()
    await target.post_all([post for post in every if post.fate is Fate.BROKEN] + every[::3])
    last = (await target.post(Post("the last", Fate.KEPT, as_json(fresh())))).lead_id

    async def written() -> bool:
        return any(str(last) in line for line in target.log[-100:])

    await until(written)
    text = "".join(target.log)
    assert text.count("lead.refused") > 300
    assert text.count("lead.answered") > 100
    plain = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "", text).replace("%40", "@")
    squeezed = re.sub(r"%2[0-9A-F]|[ ().+/-]", "", plain)
    assert re.findall(r".*[2-9]\d\d55501\d\d.*", squeezed)[:3] == []
    assert re.findall(r".*(?:hostile\.\w+|ann)@example.*", plain, re.IGNORECASE)[:3] == []
    errors = [line for line in target.log if "[error" in line and not any(words in line for words in AIOHTTPS)]
    assert Counter(line.split("]")[1].strip() for line in errors) == {}


async def test_garbage_of_a_stranger_holds_nobody_up(target: Target) -> None:
    """Before anybody asks for a key: what is no HTTP is turned away at once, however long it is."""
    for garbage in (b"y" * 100_000, b"1" * 100_000, b"a@" * 50_000, b"GET /\xff" + b"y" * 100_000):
        head = b"" if garbage.startswith(b"GET") else b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
        async with asyncio.timeout(PROMPTLY), target.connection() as (reader, writer):
            writer.write(head + garbage + b"\r\n\r\n")
            writer.write_eof()
            await rest(reader)
            assert await target.good_lead() == 202
