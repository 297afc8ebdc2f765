"""Twilio Lookup v2: the packages' words, the request on the wire, and where it goes."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from test_providers_contract import LEAD, SINCE, Office, office, simulated, stub, wire

from speedtolead.adapters.twilio.http import BoundedHttpClient
from speedtolead.ports import LineType, Permanent, Reassigned, Transient
from speedtolead.simulator import SIMULATED_ACCOUNT_SID, SIMULATED_AUTH_TOKEN

__all__ = ["office", "wire"]

LINE_TYPES = {
    "mobile": LineType.MOBILE,
    "landline": LineType.LANDLINE,
    "fixedVoip": LineType.FIXED_VOIP,
    "nonFixedVoip": LineType.NON_FIXED_VOIP,
    "tollFree": LineType.TOLL_FREE,
    "premium": LineType.PREMIUM,
    "personal": LineType.OTHER,
    "sharedCost": LineType.OTHER,
    "uan": LineType.OTHER,
    "voicemail": LineType.OTHER,
    "pager": LineType.OTHER,
    "a type of the future": LineType.OTHER,
    "unknown": None,
    None: None,
}


def number(**more: Any) -> str:
    return json.dumps({"phone_number": LEAD, "valid": True, "validation_errors": [], **more})


@pytest.mark.parametrize("said", LINE_TYPES)
async def test_every_line_type_has_a_name(said: str | None, office: Office) -> None:
    package = {"type": said, "carrier_name": None, "error_code": None}
    await office.answers(text=number(line_type_intelligence=package))
    facts = await office.lookup.look_up(LEAD)
    assert facts.line_type is LINE_TYPES[said]
    assert (facts.carrier_name, facts.codes) == (None, {})


async def test_a_package_that_is_missing_says_nothing(office: Office) -> None:
    await office.answers(text=number(line_type_intelligence=None))
    facts = await office.lookup.look_up(LEAD)
    assert (facts.line_type, facts.codes) == (None, {})


@pytest.mark.parametrize("code", [60601, "60601"])
async def test_a_packages_error_is_told_by_package(code: object, office: Office) -> None:
    await office.answers(text=number(line_type_intelligence={"type": None, "error_code": code}))
    assert (await office.lookup.look_up(LEAD)).codes == {"line_type_intelligence": "60601"}


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("yes", Reassigned.YES),
        ("no", Reassigned.NO),
        ("no_data_available", Reassigned.NO_DATA),
        ("no_data", Reassigned.NO_DATA),
    ],
)
async def test_every_word_on_reassignment_is_known(said: str, meant: Reassigned, office: Office) -> None:
    await office.answers(text=number(reassigned_number={"is_number_reassigned": said, "error_code": None}))
    assert await office.lookup.reassigned(LEAD, SINCE) is meant


@pytest.mark.parametrize("said", ["perhaps", "YES!", "", None, True])
async def test_an_unknown_word_on_reassignment_is_never_a_no(said: object, office: Office) -> None:
    await office.answers(text=number(reassigned_number={"is_number_reassigned": said, "error_code": None}))
    with pytest.raises(Transient, match="odd answer"):
        await office.lookup.reassigned(LEAD, SINCE)


@pytest.mark.parametrize("package", [None, "no", [], 0])
async def test_a_missing_word_on_reassignment_is_never_a_no(package: object, office: Office) -> None:
    await office.answers(text=number(reassigned_number=package))
    with pytest.raises(Transient, match="odd answer"):
        await office.lookup.reassigned(LEAD, SINCE)


@pytest.mark.parametrize("code", [60607, 60610, "60600"])
async def test_a_number_that_the_package_does_not_cover_has_no_data(code: object, office: Office) -> None:
    await office.answers(text=number(reassigned_number={"is_number_reassigned": None, "error_code": code}))
    assert await office.lookup.reassigned(LEAD, SINCE) is Reassigned.NO_DATA


async def test_a_package_that_is_not_enabled_gives_no_lead_up(office: Office) -> None:
    await office.answers(text=number(reassigned_number={"is_number_reassigned": None, "error_code": 60606}))
    with pytest.raises(Transient) as no:
        await office.lookup.reassigned(LEAD, SINCE)
    assert no.value.provider_code == "60606"
    assert no.value.retry_after >= timedelta(seconds=10)


async def test_an_answer_about_another_number_is_not_taken(office: Office) -> None:
    await office.answers(text=number(phone_number="+13035550143"))
    with pytest.raises(Transient, match="odd answer"):
        await office.lookup.look_up(LEAD)


async def test_what_is_wrong_with_a_number_is_told(office: Office) -> None:
    await office.answers(text=number(valid=False, validation_errors=["TOO_SHORT"]))
    with pytest.raises(Permanent) as no:
        await office.lookup.look_up(LEAD)
    assert (no.value.code, no.value.provider_code) == ("unknown_number", "TOO_SHORT")


async def test_a_missing_address_is_the_settings_fault_not_the_numbers(office: Office) -> None:
    await office.answers(404, '{"code": 20404, "message": "not found", "status": 404}')
    with pytest.raises(Transient) as no:
        await office.lookup.look_up(LEAD)
    assert no.value.retry_after >= timedelta(seconds=10)


async def test_each_port_asks_for_its_own_package_with_the_accounts_credentials() -> None:
    async with stub() as office:
        await office.lookup.look_up(LEAD)
        await office.lookup.reassigned(LEAD, SINCE)
        first, second = office.seen
        assert (first.method, first.path) == ("GET", f"/v2/PhoneNumbers/{LEAD}")
        assert dict(first.query) == {"Fields": "line_type_intelligence"}
        assert dict(second.query) == {"Fields": "reassigned_number", "LastVerifiedDate": "20240229"}
        expected = aiohttp.encode_basic_auth(SIMULATED_ACCOUNT_SID, SIMULATED_AUTH_TOKEN)
        assert {request.headers["Authorization"] for request in office.seen} == {expected}


ENDINGS = {
    "00": (LineType.MOBILE, Reassigned.NO),
    "50": (LineType.LANDLINE, Reassigned.NO),
    "51": (LineType.FIXED_VOIP, Reassigned.NO),
    "52": (LineType.NON_FIXED_VOIP, Reassigned.NO),
    "53": (None, Reassigned.NO),
    "55": (LineType.MOBILE, Reassigned.YES),
    "56": (LineType.MOBILE, Reassigned.NO_DATA),
}


@pytest.mark.parametrize("ending", ENDINGS)
async def test_the_simulated_numbers_behave_by_their_endings(ending: str) -> None:
    async with simulated() as office:
        phone = f"+130355501{ending}"
        facts = await office.lookup.look_up(phone)
        assert (facts.line_type, await office.lookup.reassigned(phone, SINCE)) == ENDINGS[ending]


TWILIO_CALLS = "https://api.twilio.com/2010-04-01/Accounts/AC1/Calls.json"
TWILIO_LOOKUP = f"https://lookups.twilio.com/v2/PhoneNumbers/{LEAD}"


@pytest.mark.parametrize(
    ("api_url", "lookup_url", "calls", "lookups"),
    [
        ("https://api.twilio.com", None, TWILIO_CALLS, TWILIO_LOOKUP),
        ("https://api.twilio.com/", None, TWILIO_CALLS, TWILIO_LOOKUP),
        ("http://sim:1", None, "http://sim:1/2010-04-01/Accounts/AC1/Calls.json", f"http://sim:1/v2/PhoneNumbers/{LEAD}"),
        ("https://api.twilio.com", "http://sim:1/", TWILIO_CALLS, f"http://sim:1/v2/PhoneNumbers/{LEAD}"),
        ("http://a:1", "http://b:2", "http://a:1/2010-04-01/Accounts/AC1/Calls.json", f"http://b:2/v2/PhoneNumbers/{LEAD}"),
    ],
)  # fmt: skip
async def test_credentials_go_to_twilio_only_for_an_account_of_twilios(
    api_url: str, lookup_url: str | None, calls: str, lookups: str
) -> None:
    client = BoundedHttpClient(api_url, 1.0, lookup_url)
    assert (client.address(TWILIO_CALLS), client.address(TWILIO_LOOKUP)) == (calls, lookups)
    await client.close()
