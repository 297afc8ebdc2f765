"""``make run`` and ``make demo``: where to look, and a stream of synthetic leads through the front door.

Owns: what is printed at the start, and the made-up people. Every number is fictional; who answers, is busy or has a
voicemail box follows from its last two digits (see the simulated carrier).

Two sources get a made-up past of good leads. The first goes on like that; the second turns bad (invalid phones,
repeated posts, people who never answer), until the source guard pauses it. The rest feed the campaigns that dial in
the other modes, for one of which an agent's line is kept open, and one whose cadence of two weeks takes fourteen
minutes. People call the sample's tracking number as well.
"""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta

import aiohttp
import structlog

from speedtolead.domain.call import DialMode
from speedtolead.node import stop_on_signals
from speedtolead.sample import text
from speedtolead.service.configuration.document import Document, read
from speedtolead.service.configuration.source import SourcePart
from speedtolead.settings import Settings
from speedtolead.simulator import SimulatorConfig, running_simulator
from speedtolead.store.database import connect
from speedtolead.store.demo import ADD_PAST_CALLS, ADD_PAST_LEADS

log = structlog.get_logger(__name__)

_PLACES = (
    ("212", "New York", "NY", "10001"),
    ("201", "Jersey City", "NJ", "07302"),
    ("305", "Miami", "FL", "33101"),
)
_NAMES = ("Ada", "Grace", "Edsger", "Barbara", "Donald", "Radia", "Leslie", "Frances", "Tony", "Hedy")
WORDING = "By checking this box I agree that Acme Insurance may call me about my request. No purchase is needed."


def where_to_look(settings: Settings) -> str:
    sample = read(text())
    user, source = sample.users[0], sample.sources[0]
    agent = next(one for one in sample.agents if one.email)
    url = settings.own_url
    post = (
        f"curl -s {url}/v1/leads -H 'Authorization: Bearer {source.api_key}' -H 'Content-Type: application/json' "
        '-d \'{"phone": "+12125550142", "first_name": "Ada", "city": "New York", "state": "NY", '
        '"consent": {"channels": ["call"], "text": "I agree to be called."}}\''
    )
    return "\n".join(
        [
            "",
            f"  Live board    {url}/          (sign in: {user.email} / {user.password})",
            f"                {url}/#modes-title shows from answer to talk, for each of the four ways of dialing",
            f"  Console       {url}/agent     (sign in: {agent.email} / {agent.password}, and press G)",
            f"  Lead's phone  {url}/simulator/phones",
            f"  Sample form   {url}/demo",
            f"  Two weeks     {url}/settings/campaigns/{FORTNIGHT}: calls, texts, mails; a day is a minute",
            f"  API           {url}/docs      (account key: {sample.account_key})",
            f"  Carrier       http://127.0.0.1:{settings.simulator_port}/simulator",
            "",
            "  Post a lead:",
            f"  {post}",
            "",
        ]
    )


FORTNIGHT = "fortnight"
"""The campaign whose cadence has two weeks in fourteen minutes."""
PAST_LEADS = 300
LINE_SECONDS = 5.0
GUARD_SECONDS = 10.0
"""The guard looks this often in the demo."""


async def add_past(url: str) -> None:
    """What a usual lead of the demo's sources is, from before today; nothing where they have leads already."""
    sample, until = read(text()), datetime.now(UTC) - timedelta(days=2)
    async with connect(url, 2) as database, database.connection() as tx:
        for source in _forms(sample)[:2]:
            past = {"account": sample.account, "source": source.name, "until": until}
            await ADD_PAST_LEADS.run(tx, **past, leads=PAST_LEADS, cost=source.cost_per_lead)
            await ADD_PAST_CALLS.run(tx, **past)


def bad_lead(chance: random.Random) -> dict[str, object]:
    """One of a source that has turned bad: a phone that is none, one of a few that come again and again, or one
    that nobody ever answers."""
    made, area = lead(chance), chance.choice(_PLACES)[0]
    phone = f"+1{area}55501{chance.randrange(60, 70)}"
    dice = chance.random()
    if dice < 0.35:
        phone = "555"
    elif dice < 0.60:
        phone = f"+1{area}5550160"
    return made | {"phone": phone, "consent": {"channels": ["call"], "text": WORDING}}


def lead(chance: random.Random) -> dict[str, object]:
    """One made-up person."""
    area, city, state, postal_code = chance.choice(_PLACES)
    phone = f"+1{area}55501{chance.randrange(100):02d}"
    if chance.random() < 0.05:
        phone = "555"
    channels = [] if chance.random() < 0.05 else ["call"]
    return {
        "phone": phone,
        "first_name": chance.choice(_NAMES),
        "city": city,
        "state": state,
        "postal_code": postal_code,
        "consent": {"channels": channels, "text": WORDING},
        "attributes": {"vehicle_year": chance.randrange(1998, 2026)},
    }


def agreed_to_all(made: dict[str, object], chance: random.Random) -> dict[str, object]:
    """What a lead of the long cadence has besides: a mail address, and consent to texts and mails."""
    name = str(made["first_name"]).lower()
    consent = {"channels": ["call", "sms", "email"], "text": WORDING.replace("call me", "call, text and mail me")}
    return {"email": f"{name}.{chance.randrange(1000)}@example.com", "consent": consent}


async def stream(settings: Settings, started: asyncio.Event, per_minute: float, seed: int) -> None:
    """Post leads at random moments, as vendors do, until cancelled."""
    await started.wait()
    sample, chance = read(text()), random.Random(seed)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        while True:
            await asyncio.sleep(chance.expovariate(per_minute / 60))
            await _post(session, settings, sample, chance)


async def _post(
    session: aiohttp.ClientSession, settings: Settings, sample: Document, chance: random.Random
) -> None:
    good, bad, *others = _forms(sample)
    source = chance.choices((good, bad, *others), (3, 4, *(2 for _ in others)))[0]
    made = bad_lead(chance) if source is bad else lead(chance)
    if source.campaign == FORTNIGHT:
        made = made | agreed_to_all(made, chance)
    headers = {"Authorization": f"Bearer {source.api_key}"}
    try:
        async with session.post(f"{settings.own_url}/v1/leads", json=made, headers=headers) as response:
            await response.read()
    except (TimeoutError, aiohttp.ClientError) as error:
        log.warning("demo.post_failed", error=type(error).__name__)


async def report_outcomes(settings: Settings, started: asyncio.Event, per_minute: float, seed: int) -> None:
    """What becomes of people who were reached is reported at random moments, until cancelled."""
    await started.wait()
    sample, chance = read(text()), random.Random(seed + 2)
    url, headers = f"{settings.own_url}/v1/leads", {"Authorization": f"Bearer {sample.account_key}"}
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10), headers=headers) as session:
        while True:
            await asyncio.sleep(chance.expovariate(per_minute / 60))
            try:
                async with session.get(url, params={"state": "contacted", "limit": "50"}) as response:
                    leads = (await response.json()).get("leads", [])
                if leads:
                    place = f"{url}/{chance.choice(leads)['lead_id']}/outcomes"
                    async with session.post(place, json=outcome(chance)) as response:
                        await response.read()
            except (TimeoutError, aiohttp.ClientError) as error:
                log.warning("demo.outcome_failed", error=type(error).__name__)


def outcome(chance: random.Random) -> dict[str, object]:
    """What became of somebody who was reached."""
    if chance.random() < 0.7:
        return {"kind": "appointment"}
    return {"kind": "sale", "value": f"{chance.randrange(240, 840)}.00"}


def _forms(sample: Document) -> list[SourcePart]:
    """The sources that leads are posted for."""
    return [source for source in sample.sources if source.kind == "form"]


async def keep_line(settings: Settings, started: asyncio.Event) -> None:
    """Have the agents of the ``hot`` campaign on their lines, and again when one drops, until cancelled."""
    await started.wait()
    sample = read(text())
    groups = {campaign.dial.agents for campaign in sample.campaigns if campaign.dial.mode == DialMode.HOT}
    names = [agent.name for agent in sample.agents if groups.intersection(agent.group_names)]
    headers = {"Authorization": f"Bearer {sample.account_key}"}
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10), headers=headers) as session:
        while True:
            for name in names:
                await _on_line(session, f"{settings.own_url}/v1/agents/{name}/line")
            await asyncio.sleep(LINE_SECONDS)


async def _on_line(session: aiohttp.ClientSession, line: str) -> None:
    """Ask for a line; one that is open stays as it is, and an agent on a call is asked for it another time."""
    try:
        async with session.post(line) as response:
            await response.read()
    except (TimeoutError, aiohttp.ClientError) as error:
        log.warning("demo.line_failed", error=type(error).__name__)


async def tell_calls(settings: Settings) -> None:
    """Let the simulated carrier tell us of calls and texts to our numbers, as one sets it at a real one."""
    if settings.carrier != "simulated":
        return
    at = f"{settings.own_url}/carrier/twilio"
    told = {
        "voice_url": f"{at}/voice",
        "voice_fallback_url": f"{at}/voice",
        "status_callback": f"{at}/voice/status",
        "sms_url": f"{at}/text",
    }
    numbers = [{"number": number.phone} | told for number in read(text()).numbers]
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        await _tell(session, settings, "numbers", {"numbers": numbers, "others": True})


async def call_us(settings: Settings, started: asyncio.Event, per_minute: float, seed: int) -> None:
    """People call the sample's tracking number at random moments, until cancelled."""
    await started.wait()
    sample, chance = read(text()), random.Random(seed + 1)
    (tracking,) = (source.number for source in sample.sources if source.kind == "call")
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        while True:
            await asyncio.sleep(chance.expovariate(per_minute / 60))
            await _tell(session, settings, "inbound", caller(chance) | {"to": tracking})


def caller(chance: random.Random) -> dict[str, object]:
    """One made-up person who calls: most want auto insurance and talk for a while; some hang up soon."""
    area, _, _, postal_code = chance.choice(_PLACES)
    product = chance.choices(("1", "2", "9", ""), (70, 15, 5, 10))[0]
    person: dict[str, object] = {"answers": [product, postal_code], "talk": chance.uniform(4, 40)}
    if chance.random() < 0.1:
        person["hangs_up_after_answer"] = chance.uniform(2, 20)
    return {"from": f"+1{area}55501{chance.randrange(100):02d}", "person": person}


async def _tell(session: aiohttp.ClientSession, settings: Settings, what: str, body: dict[str, object]) -> None:
    try:
        async with session.post(
            f"http://127.0.0.1:{settings.simulator_port}/simulator/{what}", json=body
        ) as response:
            if response.status >= 400:
                log.warning("demo.carrier_refused", what=what, status=response.status)
    except (TimeoutError, aiohttp.ClientError) as error:
        log.warning("demo.carrier_away", what=what, error=type(error).__name__)


async def carrier_alone(host: str, port: int, config: SimulatorConfig) -> None:
    """The simulated carrier until Ctrl-C."""
    stop = stop_on_signals()
    async with running_simulator(config, host, port) as simulator:
        log.info(
            "simulator.started", url=simulator.url, account_sid=config.account_sid, auth_token=config.auth_token
        )
        await stop.wait()
