"""The carrier accounts of an installation, as its settings name them.

Owns: which adapter is built from which setting, and what the settings say of each account's weight and speed. One
that they do not name is not there; the first one always is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from speedtolead.adapters.twilio.addresses import Addresses
from speedtolead.adapters.twilio.callbacks import TwilioCallbacks
from speedtolead.adapters.twilio.carrier import twilio_carrier
from speedtolead.adapters.twilio.texts import TwilioTexts, twilio_texts
from speedtolead.domain.carrier import CarrierName
from speedtolead.ports.carriers import Carriers
from speedtolead.service.calling.carriers import CarrierTerms
from speedtolead.settings import Settings
from speedtolead.simulator import SIMULATED_ACCOUNT_SID, SIMULATED_AUTH_TOKEN

Queues = Callable[[CarrierName, timedelta], None]
"""Hears that a call which was placed waits at the carrier for so long."""


@dataclass(frozen=True, slots=True)
class Account:
    """How one carrier account is reached, and what is asked of it. ``signing_key``: what it signs callbacks by."""

    name: CarrierName
    account_sid: str
    auth_token: str
    signing_key: str
    api_url: str
    terms: CarrierTerms


def accounts(settings: Settings) -> list[Account]:
    """The first one, and the second where it is set."""
    found = [_first(settings)]
    if settings.has_second_carrier:
        found.append(_second(settings))
    return found


def _first(settings: Settings) -> Account:
    terms = CarrierTerms(settings.twilio_weight, settings.dial_rate)
    if settings.carrier == "simulated":
        at = f"http://127.0.0.1:{settings.simulator_port}"
        token = SIMULATED_AUTH_TOKEN
        return Account(CarrierName.FIRST, SIMULATED_ACCOUNT_SID, token, token, at, terms)
    token = settings.twilio_auth_token
    return Account(
        CarrierName.FIRST,
        settings.twilio_account_sid,
        token,
        settings.twilio_signing_key or token,
        settings.twilio_api_url,
        terms,
    )


def _second(settings: Settings) -> Account:
    token = settings.twilio_2_auth_token
    return Account(
        CarrierName.SECOND,
        settings.twilio_2_account_sid,
        token,
        settings.twilio_2_signing_key or token,
        settings.twilio_2_api_url,
        CarrierTerms(settings.twilio_2_weight, settings.twilio_2_calls_per_second),
    )


def callbacks_of(settings: Settings) -> TwilioCallbacks:
    """What reads the callbacks of all of them."""
    keys = {account.name: account.signing_key for account in accounts(settings)}
    return TwilioCallbacks(keys, Addresses(settings.own_url))


@asynccontextmanager
async def carriers_of(settings: Settings, queues: Queues) -> AsyncIterator[Carriers]:
    """All of them, connected."""
    async with AsyncExitStack() as stack:
        built = [
            await stack.enter_async_context(
                twilio_carrier(
                    name=account.name,
                    account_sid=account.account_sid,
                    auth_token=account.auth_token,
                    api_url=account.api_url,
                    public_url=settings.own_url,
                    timeout=settings.carrier_timeout,
                    queues=partial(queues, account.name),
                )
            )
            for account in accounts(settings)
        ]
        yield Carriers(*built)


@asynccontextmanager
async def texts_of(settings: Settings) -> AsyncIterator[TwilioTexts]:
    """Texts go by the first account."""
    account = _first(settings)
    async with twilio_texts(
        account_sid=account.account_sid,
        auth_token=account.auth_token,
        api_url=account.api_url,
        public_url=settings.own_url,
        timeout=settings.carrier_timeout,
    ) as texts:
        yield texts
