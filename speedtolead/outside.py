"""The providers of an installation: whom its settings name, or their simulated stand-ins.

Owns: which adapter is built from which setting, and where the simulated carrier runs. A provider that no setting
names is not there: a source that wants it asked gets no answer, as its policy says, and ``doctor`` tells.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import aiohttp
import structlog

from speedtolead.adapters.ip_place import maxmind_places
from speedtolead.adapters.jornaya import Jornaya
from speedtolead.adapters.mail_domains import DnsMailDomains
from speedtolead.adapters.offline import OfflineMailDomains
from speedtolead.adapters.scrub import DncScrub
from speedtolead.adapters.smtp import SmtpMailer
from speedtolead.adapters.trustedform import TrustedForm
from speedtolead.adapters.twilio.lookup import TwilioLookup, twilio_lookup
from speedtolead.ports import CertificateCheck, IpPlaces, ListScrub, MailDomains
from speedtolead.ports.messages import Mailer
from speedtolead.settings import Settings
from speedtolead.simulator import SIMULATED_ACCOUNT_SID, SIMULATED_AUTH_TOKEN, SimulatorConfig, running_simulator
from speedtolead.simulator.providers import SIMULATED_PROVIDER_KEY

log = structlog.get_logger(__name__)

LONGEST_SECONDS = 5.0
"""No source waits longer for anybody."""


@asynccontextmanager
async def simulated_carrier(settings: Settings) -> AsyncIterator[None]:
    """The simulated carrier on its own port while the node runs; where that is taken, another node's is used."""
    if settings.carrier != "simulated":
        yield
        return
    config = SimulatorConfig(calls_per_second=settings.dial_rate)
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(
                running_simulator(config, "127.0.0.1", settings.simulator_port, settings.simulated_smtp_port)
            )
        except OSError:
            log.info("simulator.shared", port=settings.simulator_port)
        yield


def mailer_of(settings: Settings) -> Mailer | None:
    """The mail server that the settings name; without one, the simulator's, where there is one."""
    if settings.smtp_url:
        return SmtpMailer(settings.smtp_url)
    if settings.carrier == "simulated":
        return SmtpMailer(f"smtp://127.0.0.1:{settings.simulated_smtp_port}")
    return None


@dataclass(frozen=True, slots=True)
class Outside:
    """None: this installation has none."""

    lookup: TwilioLookup | None
    certificates: tuple[CertificateCheck, ...]
    scrub: ListScrub | None
    ip_places: IpPlaces | None
    mail_domains: MailDomains
    http: aiohttp.ClientSession
    """For whoever asks others; kept open while the node lives."""


@asynccontextmanager
async def outside(settings: Settings) -> AsyncIterator[Outside]:
    async with AsyncExitStack() as stack:
        places = settings.geoip_database
        ip_places = stack.enter_context(maxmind_places(places)) if places is not None else None
        http = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        if settings.carrier == "simulated":
            at = f"http://127.0.0.1:{settings.simulator_port}"
            lookup = await stack.enter_async_context(
                twilio_lookup(
                    name="simulated",
                    account_sid=SIMULATED_ACCOUNT_SID,
                    auth_token=SIMULATED_AUTH_TOKEN,
                    api_url=at,
                    timeout=LONGEST_SECONDS,
                )
            )
            yield Outside(
                lookup,
                _simulated_certificates(http, at),
                _simulated_scrub(http, at),
                ip_places,
                OfflineMailDomains(),
                http,
            )
            return
        lookup = await stack.enter_async_context(
            twilio_lookup(
                name=settings.carrier,
                account_sid=settings.twilio_account_sid,
                auth_token=settings.twilio_auth_token,
                api_url=settings.twilio_api_url,
                timeout=LONGEST_SECONDS,
                lookup_url=settings.twilio_lookup_url,
            )
        )
        yield Outside(
            lookup, _certificates(settings, http), _scrub(settings, http), ip_places, DnsMailDomains(), http
        )


def _simulated_certificates(http: aiohttp.ClientSession, at: str) -> tuple[CertificateCheck, ...]:
    key = SIMULATED_PROVIDER_KEY
    return (
        TrustedForm(http, key, endpoint=f"{at}/trustedform"),
        Jornaya(http, key, key, endpoint=f"{at}/jornaya/SingleQuery"),
    )


def _simulated_scrub(http: aiohttp.ClientSession, at: str) -> ListScrub:
    return DncScrub(http, SIMULATED_PROVIDER_KEY, endpoint=f"{at}/scrub/app/main/rpc/scrub")


def _certificates(settings: Settings, http: aiohttp.ClientSession) -> tuple[CertificateCheck, ...]:
    found: list[CertificateCheck] = []
    if settings.trustedform_api_key:
        found.append(TrustedForm(http, settings.trustedform_api_key))
    if settings.jornaya_account_code and settings.jornaya_audit_key:
        found.append(Jornaya(http, settings.jornaya_account_code, settings.jornaya_audit_key))
    return tuple(found)


def _scrub(settings: Settings, http: aiohttp.ClientSession) -> ListScrub | None:
    return DncScrub(http, settings.dnc_scrub_login) if settings.dnc_scrub_login else None
