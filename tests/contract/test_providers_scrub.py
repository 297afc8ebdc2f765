"""DNCScrub: the request on the wire, and which lists a number stands on."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from test_providers_contract import LEAD, Office, office, simulated, stub, wire

from speedtolead.adapters.scrub import DncScrub
from speedtolead.ports import Permanent, ScrubAnswer, Transient
from speedtolead.simulator.providers import SIMULATED_PROVIDER_KEY

__all__ = ["office", "wire"]


def row(code: object, reason: object = "", phone: object = LEAD[2:]) -> str:
    return json.dumps([{"Phone": phone, "ResultCode": code, "Reason": reason, "LineType": "Wireless"}])


LISTED = {
    "the example of a national listing": ("D", "National (USA) 2003-06-01;;;", {"national_dnc"}, date(2003, 6, 1)),
    "the example of a litigator": ("D", "Litigator", {"litigator"}, None),
    "a litigator who is also listed": ("D", "Litigator;State (TX);;", {"litigator", "state_dnc"}, None),
    "a list in another place": (
        "D", "Litigator;National (USA) 2020-02-02;;", {"litigator", "national_dnc"}, date(2020, 2, 2)
    ),
    "a national and a state listing": (
        "D", "National (USA) 2023-10-20;State (FL) 2021-12-06;;", {"national_dnc", "state_dnc"}, date(2021, 12, 6)
    ),
    "a state listing by its place": ("D", ";Florida;;", {"state_dnc"}, None),
    "a Canadian listing": ("D", "National (CAN) 2019-01-02;;;", {"national_dnc"}, date(2019, 1, 2)),
    "our own list": ("P", "", {"internal"}, None),
    "a listing that is overridden": ("O", "National (USA) 2003-06-01;;;", {"national_dnc"}, date(2003, 6, 1)),
    "an industry's exemption": ("X", ";State (NY) 2020-02-02;;", {"state_dnc"}, date(2020, 2, 2)),
    "a date that is none": ("D", "National (USA) 2003-99-99;;;", {"national_dnc"}, None),
    "clean": ("C", "", set(), None),
    "clean and wireless": ("W", ";;;W", set(), None),
    "clean and VoIP": ("Y", ";;;V", set(), None),
    "wireless in a strict state": ("L", ";;;W", set(), None),
    "an existing business": ("E", "", set(), None),
    "without a reason": ("C", None, set(), None),
    "a small letter": ("w", ";;;W", set(), None),
}  # fmt: skip


@pytest.mark.parametrize("case", LISTED)
async def test_the_lists_are_read_from_the_reason(case: str, office: Office) -> None:
    code, reason, lists, since = LISTED[case]
    await office.answers(text=row(code, reason))
    assert await office.ask("scrub") == ScrubAnswer(frozenset(lists), since)


@pytest.mark.parametrize("reason", ["", ";;;", ";;;W", ";;TPS 2001-01-01;", "a new list", None])
async def test_do_not_call_without_a_known_reason_is_never_clean(reason: str | None, office: Office) -> None:
    await office.answers(text=row("D", reason))
    with pytest.raises(Transient, match="odd answer"):
        await office.ask("scrub")


@pytest.mark.parametrize("code", ["Z", "", "CD", "1", "*"])
async def test_an_unknown_code_is_never_clean(code: str, office: Office) -> None:
    await office.answers(text=row(code))
    with pytest.raises(Transient, match="odd answer"):
        await office.ask("scrub")


async def test_an_area_code_without_a_subscription_was_not_scrubbed(office: Office) -> None:
    await office.answers(text=row("B", ";;;W"))
    with pytest.raises(Transient) as no:
        await office.ask("scrub")
    assert no.value.provider_code == "B"
    assert no.value.retry_after >= timedelta(seconds=10)


@pytest.mark.parametrize("code", ["I", "M"])
async def test_a_number_that_cannot_exist_is_a_permanent_no(code: str, office: Office) -> None:
    await office.answers(text=row(code))
    with pytest.raises(Permanent) as no:
        await office.ask("scrub")
    assert (no.value.code, no.value.provider_code) == ("unknown_number", code)


@pytest.mark.parametrize("phone", ["3035550143", "", None, "13035550142"])
async def test_a_row_about_another_number_is_not_taken(phone: object, office: Office) -> None:
    await office.answers(text=row("C", "", phone))
    with pytest.raises(Transient, match="odd answer"):
        await office.ask("scrub")


async def test_a_number_that_comes_as_a_number_is_the_same_number(office: Office) -> None:
    """As in the litigator scrub's examples."""
    await office.answers(text=row("D", "Litigator", int(LEAD[2:])))
    assert (await office.ask("scrub")).listed_on == {"litigator"}


@pytest.mark.parametrize(
    "phone", ["+442079460000", "+5215512345678", "+1303555014", "+11235550142", "3035550142", ""]
)
async def test_a_number_outside_of_north_america_is_not_asked_about(phone: str) -> None:
    async with stub() as office:
        with pytest.raises(Permanent) as no:
            await office.scrub.scrub(phone)
        assert no.value.code == "not_covered"
        assert office.seen == []


async def test_a_scrub_is_asked_for_as_documented() -> None:
    async with stub() as office:
        await office.ask("scrub")
        (request,) = office.seen
        assert (request.method, request.path) == ("GET", "/scrub/app/main/rpc/scrub")
        assert dict(request.query) == {"phoneList": LEAD[2:], "version": "5", "output": "json"}
        assert request.headers["loginId"] == SIMULATED_PROVIDER_KEY


async def test_a_project_and_a_campaign_are_named_where_there_are_any() -> None:
    async with stub() as office:
        url = f"{office.url}/scrub/app/main/rpc/scrub"
        await DncScrub(office.session, "k", endpoint=url, project_id="P1", campaign_id="77").scrub(LEAD)
        query = office.seen[0].query
        assert (query["projId"], query["campaignId"]) == ("P1", "77")


ENDINGS = {
    "42": (frozenset(), None),
    "50": (frozenset(), None),
    "57": (frozenset({"litigator"}), None),
    "58": (frozenset({"national_dnc"}), date(2019, 3, 1)),
    "59": (frozenset({"national_dnc", "state_dnc"}), date(2019, 3, 1)),
}


@pytest.mark.parametrize("ending", ENDINGS)
async def test_the_simulated_numbers_stand_on_lists_by_their_endings(ending: str) -> None:
    async with simulated() as office:
        answer = await office.ask("scrub", f"+130355501{ending}")
        assert (answer.listed_on, answer.list_date) == ENDINGS[ending]
