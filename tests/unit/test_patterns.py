"""Orders' TwiML from patterns is what the builder gives, whatever is filled in."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from speedtolead.adapters.twilio.addresses import Addresses
from speedtolead.adapters.twilio.callbacks import twiml
from speedtolead.adapters.twilio.patterns import filled
from speedtolead.ports import Announce, ConnectAgent, Goodbye, Instruction, OfferLead

HERE = Addresses("https://dial.example.com/a?b=<c>&d")
RING = timedelta(seconds=20)
HOSTILE = "Łukasz & <Söhne> \"said\" 'it' %41 ]]> \\1 \U0001f600"


@pytest.mark.parametrize("whisper", ["", "A new lead: Ada.", HOSTILE])
@pytest.mark.parametrize("needs_key", [True, False])
def test_an_offer_from_a_pattern_is_the_offer(whisper: str, needs_key: bool) -> None:
    for _ in range(2):
        same(OfferLead(uuid4(), uuid4(), whisper, needs_key))


@pytest.mark.parametrize("address", ["+16462200000", "client:ann & <bob>", "sip:a@b.example;x=1&y"])
@pytest.mark.parametrize("needs_key", [True, False])
def test_an_agent_is_connected_from_a_pattern_as_without(address: str, needs_key: bool) -> None:
    for ring in (RING, 2 * RING):
        same(ConnectAgent(uuid4(), uuid4(), address, "+12125550100", ring, needs_key))


def test_two_services_have_patterns_of_their_own() -> None:
    offer = OfferLead(UUID(int=1), UUID(int=2), "hear")
    assert filled(offer, Addresses("https://one.example")) != filled(offer, Addresses("https://two.example"))


@pytest.mark.parametrize("instruction", [Announce(UUID(int=1), UUID(int=2), HOSTILE), Goodbye(HOSTILE)])
def test_what_has_no_pattern_is_built(instruction: Instruction) -> None:
    same(instruction)


def same(instruction: Instruction) -> None:
    assert filled(instruction, HERE) == twiml(instruction, HERE)
