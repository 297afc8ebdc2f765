"""``speedtolead doctor``: does everything that a node needs work from here?

Owns: the checks and the advice. It changes nothing. Exit codes: 0 all well, 1 something must be done.
"""

from __future__ import annotations

import argparse
import os
import stat
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp

from speedtolead import wiring
from speedtolead.carrier_accounts import accounts, carriers_of
from speedtolead.clock import SystemClock
from speedtolead.commands import Commands, command
from speedtolead.commands.lists import in_words
from speedtolead.commands.numbers import number_findings
from speedtolead.domain.breaker import BreakerState
from speedtolead.domain.carrier import CarrierName
from speedtolead.ports import PortError
from speedtolead.ports.carriers import Carriers
from speedtolead.service.lawful.do_not_call import DoNotCall
from speedtolead.service.rules.current import RuleSets
from speedtolead.settings import Settings
from speedtolead.store import carriers as rows
from speedtolead.store.database import Database, DatabaseAway, connect
from speedtolead.store.embedded import EmbeddedServerError
from speedtolead.store.inbound import NUMBERS_OF_INSTALLATION, NumberOfAccount
from speedtolead.store.migrations import pending

_MAX_SKEW_SECONDS = 2.0
_HOLIDAYS_DAYS = 60
"""How long before its end the table of holidays is found wanting."""


@dataclass(frozen=True, slots=True)
class Finding:
    ok: bool
    words: str


def add_arguments(commands: Commands) -> None:
    words = "check database, carrier, callback address, clock and lists"
    command(commands, "doctor", run_doctor, words)


async def run_doctor(settings: Settings, _: argparse.Namespace) -> int:
    """Each line ok, or what to do."""
    findings = [finding async for finding in examine(settings)]
    for finding in findings:
        print(("ok    " if finding.ok else "FAIL  ") + finding.words)
    return 0 if all(finding.ok for finding in findings) else 1


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """The findings, one after another."""
    ours: list[NumberOfAccount] = []
    for finding in await _database(settings, ours):
        yield finding
    async for finding in _carriers(settings, ours):
        yield finding
    yield await _callback_address(settings)
    if not settings.database_url:
        yield _data_folder(settings)


async def _database(settings: Settings, numbers: list[NumberOfAccount]) -> list[Finding]:
    """What is found of it; ``numbers`` gets those of the accounts."""
    kind = "external" if settings.database_url else "embedded"
    try:
        async with wiring.database_url(settings) as url:
            todo = await pending(url)
            async with connect(url, 2) as database:
                skew = abs((await database.ping() - datetime.now(UTC)).total_seconds())
                lists = [] if todo else [*await _lists(database), *await _left_alone(settings, database)]
                if not todo:
                    async with database.connection() as tx:
                        numbers += await NUMBERS_OF_INSTALLATION.all(tx)
    except (DatabaseAway, EmbeddedServerError, OSError) as error:
        return [Finding(False, f"database ({kind}): {error}; check SPEEDTOLEAD_DATABASE_URL")]
    schema = Finding(not todo, "schema: up to date" if not todo else "schema: run `speedtolead migrate`")
    clock = f"clock: {skew:.2f} s from the database's"
    if skew > _MAX_SKEW_SECONDS:
        clock += "; set this machine's clock by NTP, or hours and hops will be wrong"
    reached = Finding(True, f"database ({kind}): reached")
    return [reached, schema, Finding(skew <= _MAX_SKEW_SECONDS, clock), *lists]


async def _lists(database: Database) -> list[Finding]:
    """The tables that run out: holidays, and the do-not-call lists that campaigns rely on."""
    rules = RuleSets(database, SystemClock())
    await rules.refresh()
    now = datetime.now(UTC)
    in_force = rules.at(now)
    left = (in_force.holidays_until - now.date()).days
    words = f"holidays: rule set {in_force.version} knows them until {in_force.holidays_until}"
    if left < _HOLIDAYS_DAYS:
        words += "; after that, states that close on holidays are closed every day: load a newer rule set"
    found = [Finding(left >= _HOLIDAYS_DAYS, words)]
    for one in await DoNotCall(database, SystemClock(), rules).standing():
        if one.row.relied_on:
            found.append(Finding(not one.age.state.stops, f"list: {in_words(one)}"))
    return found


async def _left_alone(settings: Settings, database: Database) -> list[Finding]:
    """Carrier accounts that place no calls now, and numbers of accounts that are not in the settings."""
    names = [account.name for account in accounts(settings)]
    async with database.connection() as tx:
        breakers = await rows.BREAKERS.all(tx)
        elsewhere = await rows.NUMBERS_ELSEWHERE.all(tx, carriers=names)
    found = []
    for row in breakers:
        if row.carrier in names and row.state != BreakerState.CLOSED:
            since = "" if row.opened_at is None else f" since {row.opened_at:%Y-%m-%d %H:%M:%S} UTC"
            words = f"calls by the {row.carrier} carrier account: held back{since}: {row.words}"
            found.append(Finding(False, f"{words}; they go on by themselves once it takes calls again"))
    for one in elsewhere:
        words = f"numbers: {one.numbers} of account {one.account} are of the {one.carrier} carrier account"
        advice = "set SPEEDTOLEAD_TWILIO_2_ACCOUNT_SID, or change them in its configuration"
        found.append(Finding(False, f"{words}, which is not set: nothing is called from them; {advice}"))
    return found


async def _carriers(settings: Settings, numbers: list[NumberOfAccount]) -> AsyncIterator[Finding]:
    async with carriers_of(settings, lambda carrier, queued_for: None) as carriers:
        for name in carriers:
            finding = await _carrier(settings, carriers, name)
            yield finding
            if finding.ok:
                own = [number for number in numbers if number.carrier == name]
                for one in await _numbers(settings, carriers, name, own):
                    yield one


async def _numbers(
    settings: Settings, carriers: Carriers, name: CarrierName, ours: list[NumberOfAccount]
) -> list[Finding]:
    """Whether calls to our numbers come to us. The simulated carrier lends any number until it is told of some."""
    try:
        listed = await carriers.of(name).numbers()
    except PortError as error:
        return [Finding(False, f"numbers: the carrier cannot be asked about them ({error})")]
    if settings.carrier == "simulated" and not listed:
        return []
    return [Finding(ok, words) for ok, words in number_findings(ours, listed, settings.own_url)]


async def _carrier(settings: Settings, carriers: Carriers, name: CarrierName) -> Finding:
    what = f"carrier ({settings.carrier})" if name is CarrierName.FIRST else f"carrier ({name})"
    try:
        return Finding(True, f"{what}: {await carriers.of(name).check()}")
    except PortError as error:
        number = "" if name is CarrierName.FIRST else "_2"
        advice = (
            "it runs inside `speedtolead serve`, or alone by `speedtolead carrier`"
            if settings.carrier == "simulated"
            else f"check SPEEDTOLEAD_TWILIO{number}_ACCOUNT_SID, _AUTH_TOKEN and _API_URL"
        )
        return Finding(False, f"{what}: {error}; {advice}")


async def _callback_address(settings: Settings) -> Finding:
    url = f"{settings.own_url}/healthz"
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session,
            session.get(url) as response,
        ):
            if response.status == 200:
                return Finding(True, f"callback address: {settings.own_url} answers")
            told = f"answers {response.status}"
    except (TimeoutError, aiohttp.ClientError) as error:
        told = f"does not answer ({type(error).__name__})"
    return Finding(
        False, f"callback address: {url} {told}; start the service, or set SPEEDTOLEAD_PUBLIC_URL to its address"
    )


def _data_folder(settings: Settings) -> Finding:
    """As root, the embedded server makes every parent of its data readable by all."""
    folder = settings.data_dir.expanduser().resolve()
    if os.geteuid() != 0:
        return Finding(True, f"data folder: {folder}")
    home = folder.parent
    private = home.exists() and not home.stat().st_mode & stat.S_IROTH
    if private:
        return Finding(
            False,
            f"data folder: as root, the embedded server makes {home} and the folders above it readable by all; "
            "set SPEEDTOLEAD_DATA_DIR to a folder where that is harmless, or run as another user",
        )
    return Finding(True, f"data folder: {folder} (as root its parent folders are readable by all)")
