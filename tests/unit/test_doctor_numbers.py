"""What ``doctor`` says of the accounts' numbers at the carrier."""

from __future__ import annotations

import pytest

from speedtolead.commands.numbers import number_findings
from speedtolead.ports.incoming import OwnNumber
from speedtolead.store.inbound import NumberOfAccount

URL = "https://calls.example.com"
VOICE, STATUS, TEXT = (f"{URL}/carrier/twilio/{path}" for path in ("voice", "voice/status", "text"))
PHONE = "+12125550100"
OURS = NumberOfAccount(PHONE, True, "first")


def listed(voice: str = VOICE, fallback: str = VOICE, status: str = STATUS, text: str = TEXT) -> OwnNumber:
    return OwnNumber(PHONE, voice, fallback, status, text)


@pytest.mark.parametrize(
    ("known", "says"),
    [
        (listed(), None),
        (listed(voice=f"{VOICE}#rc=3&rp=5xx", fallback=""), None),
        (None, "the carrier account does not have it"),
        (
            listed(voice=""),
            f"its calls are told to nobody; at the carrier, set what is asked when a call comes in to {VOICE}",
        ),
        (listed(voice="https://demo.example/v"), "its calls are told to https://demo.example/v;"),
        (listed(fallback="https://demo.example/v"), "its fallback for calls is https://demo.example/v;"),
        (
            listed(status=""),
            f"nobody is told when its callers hang up; at the carrier, set call status changes to {STATUS}",
        ),
        (
            listed(text=""),
            f"its texts are told to nobody; at the carrier, set what is asked when a message comes in to {TEXT}",
        ),
    ],
)
def test_each_number_is_well_or_says_what_to_do(known: OwnNumber | None, says: str | None) -> None:
    found = list(number_findings([OURS], [] if known is None else [known], f"{URL}/"))
    if says is None:
        assert found == [(True, "numbers: all 1 tell their calls to this service")]
        return
    ((ok, words),) = found
    assert not ok
    assert words.startswith(f"number {PHONE}: {says}")


def test_a_number_without_texts_may_tell_them_to_nobody() -> None:
    assert all(ok for ok, _ in number_findings([NumberOfAccount(PHONE, False, "first")], [listed(text="")], URL))


def test_without_numbers_nothing_is_said() -> None:
    assert list(number_findings([], [listed()], URL)) == []
