"""Every reason for which a lead is refused, each shown by a running service: its code, its field, what is kept.

``TERMS`` are a source's own conditions: they refuse. ``OBJECTIONS`` are checks: what follows when one objects is
the source's to say (refuse, a penalty, or off), and ``DEFAULTS`` where it says nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from mmdb_writer import MMDBWriter
from netaddr import IPSet  # type: ignore[import-untyped]
from posting import TOMORROW, at, finding, new_database, new_phone, script, with_sources
from running import RunningService, running_service

from speedtolead.domain.checks import CHECKS, DEFAULTS, Reason, Verdict
from speedtolead.domain.lead import Refusal

pytestmark = pytest.mark.asyncio(loop_scope="module")

PENALTY = 7
ABROAD, IN_COLORADO = "203.0.113.9", "198.51.100.7"
PLACES: dict[str, dict[str, Any]] = {
    "203.0.113.0/24": {"country": {"iso_code": "CA"}},
    "198.51.100.0/25": {"country": {"iso_code": "US"}, "subdivisions": [{"iso_code": "CO"}]},
}
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Case:
    """A post that is refused. In its texts ``{n}`` is another number, and ``{area}`` another area code, each time;
    a time is so far from now.
    """

    name: str
    code: str
    place: str
    fields: dict[str, Any] = field(default_factory=dict)
    terms: dict[str, Any] = field(default_factory=dict)
    before: int = 0
    """So many such posts are accepted first."""


def consent(**more: Any) -> dict[str, Any]:
    return {"consent": {"channels": ["call"], **more}}


def certificate(start: str, **more: Any) -> dict[str, Any]:
    return consent(trustedform_cert_url=f"https://cert.trustedform.com/{start}{{n}}", **more)


def velocity(kind: str, where: str, **fields: Any) -> Case:
    terms = {"checks": {"velocity": {kind: "2/1h"}}}
    return Case(f"velocity_{kind}", Reason.VELOCITY, where, fields, terms, before=2)


def asked(*who: str, **accept: Any) -> dict[str, Any]:
    return {"ask": dict.fromkeys(who, "5s"), "accept": accept}


def _closed_now() -> dict[str, str]:
    """The day after tomorrow, wherever the account's zone is: not now."""
    return {DAYS[(datetime.now(UTC).weekday() + 2) % 7]: "10:00-11:00"}


STATE, CERTIFICATE = "state", "consent.trustedform_cert_url"

TERMS = (
    Case("no number", Refusal.INVALID_PHONE, "phone", {"phone": "12"}),
    Case("no digits", Refusal.INVALID_PHONE, "phone", {"phone": "call me"}),
    Case("no consent", Refusal.NO_CONSENT, "consent.channels", {"consent": None}),
    Case("another consent", Refusal.NO_CONSENT, "consent.channels", {"consent": {"channels": ["email"]}}),
    Case("half a consent", Refusal.NO_CONSENT, "consent.channels", terms={
        "accept": {"consent": {"channels": ["call", "sms"]}}}),
    Case("no certificate", Refusal.NO_CERTIFICATE, CERTIFICATE, terms={
        "accept": {"consent": {"certificate": "required"}}}),
    Case("no certificate of an age", Refusal.NO_CERTIFICATE, CERTIFICATE, terms={
        "accept": {"consent": {"certificate": {"required": True, "max_age": "1d"}}}}),
    Case("other state", Refusal.OUTSIDE_CRITERIA, STATE, terms={"accept": {"states": ["NJ"]}}),
    Case("other state by postal code", Refusal.OUTSIDE_CRITERIA, STATE, {"state": None, "postal_code": "10001"},
         {"accept": {"states": ["NJ"]}}),
    Case("other state by area code", Refusal.OUTSIDE_CRITERIA, STATE, {"state": None},
         {"accept": {"states": ["AK"]}}),
    Case("other postal code", Refusal.OUTSIDE_CRITERIA, "postal_code", {"postal_code": "10001"},
         {"accept": {"postal_codes": ["331*", "10002"]}}),
    Case("no postal code", Refusal.OUTSIDE_CRITERIA, "postal_code", terms={"accept": {"postal_codes": ["331*"]}}),
    Case("attribute", Refusal.OUTSIDE_CRITERIA, "attributes.age", {"attributes": {"age": 17}},
         {"accept": {"attributes": {"age": {"between": [25, 64]}}}}),
    Case("no attribute", Refusal.OUTSIDE_CRITERIA, "attributes.age", terms={
        "accept": {"attributes": {"age": {"at_least": 25}}}}),
    Case("hours", Refusal.OUTSIDE_CRITERIA, "hours", terms={"accept": {"hours": _closed_now()}}),
    Case("nowhere", Refusal.UNKNOWN_LOCATION, STATE, {"phone": "+18005550142", "state": None}),
    Case("paused", Refusal.SOURCE_PAUSED, "source", terms={"paused": True}),
    Case("duplicate", Refusal.DUPLICATE, "phone", {"phone": "+1{area}5550170"}, {"duplicate_window": "30d"}, 1),
    Case("daily cap", Refusal.OVER_CAP, "source", terms={"caps": {"daily": 2}}, before=2),
    Case("monthly cap", Refusal.OVER_CAP, "source", terms={"caps": {"monthly": 2}}, before=2),
    Case("total cap", Refusal.OVER_CAP, "source", terms={"caps": {"total": 2}}, before=2),
    Case("daily budget", Refusal.OVER_CAP, "source", terms={
        "cost_per_lead": 25, "caps": {"daily_budget": 50}}, before=2),
    Case("monthly budget", Refusal.OVER_CAP, "source", terms={
        "cost_per_lead": 25, "caps": {"monthly_budget": 74.99}}, before=2),
    Case("total budget", Refusal.OVER_CAP, "source", {"cost": "25.00"}, {
        "price": {"from_post": True}, "caps": {"total_budget": 25}}, before=1),
    Case("no cost", "price", "cost", terms={"price": {"from_post": True}}),
    Case("too high a cost", "price", "cost", {"cost": "31.01"}, {"price": {"from_post": True, "at_most": 31}}),
    Case("suppressed", Refusal.SUPPRESSED, "phone", {"phone": "+12125550171"}),
    Case("suppressed address", Refusal.SUPPRESSED, "phone", {"email": "Stop@Ada.org"}),
    Case("no answer", Reason.NO_ANSWER, "phone", {"phone": "+1{area}5550160"},
         {"ask": {"lists": "5s"}, "checks": {"no_answer": {"scrub": "refuse"}}}),
)  # fmt: skip
SUPPRESSED = ({"phone": "(212) 555-0171"}, {"email": "stop@ada.org"})

OBJECTIONS = (
    Case("phone_exists", Reason.INVALID_PHONE, "phone", {"phone": "+1{area}5550195"}, asked("lookup")),
    Case("made_up_phone", Reason.TEST_DATA, "phone", {"phone": "(212) 555-5555"}),
    Case("line_type", Reason.LINE_TYPE, "phone", {"phone": "+1{area}5550150"},
         asked("lookup", line_types=["mobile", "fixed_voip"])),
    Case("area_code", Reason.UNKNOWN_AREA_CODE, "phone", {"phone": "(233) 236-0142"}),
    Case("too_old", Reason.TOO_OLD, "submitted_at", {"submitted_at": timedelta(minutes=-11)},
         {"accept": {"max_age": "10m"}}),
    Case("clock", Reason.CLOCK, "submitted_at", {"submitted_at": timedelta(hours=2)}),
    Case("clock_by_days", Reason.CLOCK, "submitted_at", {"submitted_at": timedelta(days=3)}),
    Case("test_data", Reason.TEST_DATA, "first_name", {"first_name": "Test", "last_name": "Lead"}),
    Case("made_up_email", Reason.TEST_DATA, "email", {"email": "asdf@asdf.net"}),
    Case("blocked_words", Reason.BLOCKED_WORDS, "attributes.comments", {"attributes": {"comments": "Loan SHARK!"}},
         {"checks": {"blocked_words": ["loan shark"]}}),
    Case("honeypot", Reason.BOT, "honeypot", {"honeypot": "https://spam.example.org"}),
    Case("time_on_form", Reason.BOT, "seconds_on_form", {"seconds_on_form": 1.5},
         {"checks": {"minimum_seconds_on_form": 3}}),
    Case("certificate_bot", Reason.BOT, CERTIFICATE, certificate("bot"), asked("certificate")),
    Case("user_agent", Reason.BOT, "consent.user_agent", {"user_agent": "python-requests/2.32"}),
    Case("user_agent_given", Reason.BOT, "consent.user_agent", consent(ip="192.0.2.1", url="https://ada.org/quote")),
    velocity("phone", "phone", phone="+1{area}5550172"),
    velocity("ip", "consent.ip", ip="192.0.2.{n}"),
    velocity("device", "device", device="device-{n}"),
    velocity("email_domain", "email", email="ada@firm-{n}.org"),
    Case("email", Reason.INVALID_EMAIL, "email", {"email": "none@none.com"}),
    Case("disposable_email", Reason.DISPOSABLE_EMAIL, "email", {"email": "ada@mailinator.com"}),
    Case("role_email", Reason.ROLE_EMAIL, "email", {"email": "noreply@ada.org"}),
    Case("names", Reason.BAD_NAME, "last_name", {"last_name": "{{last_name}}"}),
    Case("same_names", Reason.BAD_NAME, "last_name", {"first_name": "James", "last_name": "James"}),
    Case("address", Reason.BAD_ADDRESS, "address", {"address": "12345"}),
    Case("city", Reason.BAD_ADDRESS, "city", {"city": "[CITY]"}),
    Case("state", Reason.UNKNOWN_STATE, "state", {"state": "ZZ"}),
    Case("postal_code", Reason.UNKNOWN_POSTAL_CODE, "postal_code", {"postal_code": "00000"}),
    Case("postal_code_in_state", Reason.PLACE_MISMATCH, "postal_code", {"postal_code": "80202"}),
    Case("area_code_place", Reason.PLACE_MISMATCH, "phone", {"phone": "+13035550142"}),
    Case("ip_country", Reason.PLACE_MISMATCH, "consent.ip", {"ip": ABROAD}),
    Case("ip_state", Reason.PLACE_MISMATCH, "consent.ip", {"ip": IN_COLORADO}),
    Case("litigator", Reason.LITIGATOR, "phone", {"phone": "+1{area}5550157"}, asked("lists")),
    Case("do_not_call_list", Reason.DO_NOT_CALL_LIST, "phone", {"phone": "+1{area}5550158"}, asked("lists")),
    Case("own_do_not_call", Reason.DO_NOT_CALL_LIST, "phone", {"phone": "+1{area}5550161"}, asked("lists")),
    Case("reassigned", Reason.REASSIGNED, "phone", {"phone": "+1{area}5550155"}, asked("owner")),
    Case("reassigned_unknown", Reason.REASSIGNED, "phone", {"phone": "+1{area}5550156"}, asked("owner")),
    Case("certificate", Reason.NO_SUCH_CERTIFICATE, CERTIFICATE, certificate("dead"), asked("certificate")),
    Case("certificate_phone", Reason.CERTIFICATE_MISMATCH, CERTIFICATE, certificate("forged"),
         asked("certificate")),
    Case("certificate_age", Reason.CERTIFICATE_AGE, CERTIFICATE, certificate("old"),
         asked("certificate", consent={"certificate": {"max_age": "30d"}})),
    Case("certificate_page", Reason.CERTIFICATE_PAGE, CERTIFICATE,
         certificate("page", url="https://ada.org/quote", user_agent="Mozilla/5.0"), asked("certificate")),
    Case("certificate_wording", Reason.CERTIFICATE_WORDING, CERTIFICATE, certificate("silent"),
         asked("certificate")),
    Case("certificate_framed", Reason.CERTIFICATE_FRAMED, CERTIFICATE, certificate("framed"), asked("certificate")),
)  # fmt: skip
"""Named by their checks."""

NOT_ASKED_AT_INTAKE = {"email_domain"}
"""Nobody asks the DNS while a lead waits."""
OTHERWISE_NAMED = {"phone_given"} | {name for name in DEFAULTS if name.startswith("no_answer_")}
"""``phone_given`` takes no reaction; the silence of providers has a table of its own: test_providers_at_intake."""

OWN_TERMS = {"no_consent", "no_certificate", "unknown_location", "source_paused"}
EVERY_CHECK = {check.__name__ for check in CHECKS}


def reacting(case: Case, reaction: str | None) -> dict[str, Any]:
    """The case's terms, with what follows from its check's objection."""
    if reaction is None:
        return case.terms
    return {**case.terms, "checks": {**case.terms.get("checks", {}), "reactions": {case.name: reaction}}}


_AREAS = {"refuse": "212", "penalty": "718", "off": "917", "default": "646"}
REACTIONS = {"refuse": "refuse", "penalty": f"penalty {PENALTY}", "off": "off", "default": None}


def sources() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {case.name: case.terms for case in TERMS} | {"strict": STRICT}
    for case in OBJECTIONS:
        found |= {f"{case.name} {name}": reacting(case, reaction) for name, reaction in REACTIONS.items()}
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    folder = tmp_path_factory.mktemp("refusals")
    writer = MMDBWriter(ip_version=6, database_type="GeoLite2-City", ipv4_compatible=True)
    for network, record in PLACES.items():
        writer.insert_network(IPSet([network]), record)
    places = folder / "city.mmdb"
    writer.to_db_file(str(places))
    text = with_sources(sources(), cadence=TOMORROW)
    async with (
        new_database(server_url) as url,
        running_service(url, folder, text, geoip_database=places) as running,
    ):
        await script(running, provider="scrub", subject="+1???5550160", status=500, times=-1)
        for area in _AREAS.values():
            row = {"Phone": f"{area}5550161", "ResultCode": "P", "Reason": "Internal"}
            await script(running, provider="scrub", subject=f"+1{area}5550161", body=[row], times=-1)
        for body in SUPPRESSED:
            headers = {"Authorization": f"Bearer {running.account_key}"}
            async with running.http.post(f"{running.url}/v1/suppressions", json=body, headers=headers) as response:
                assert response.status == 201
        yield running


_numbers = itertools.count(10)


def filled(given: Any, n: int, area: str) -> Any:
    """A case's fields, as they are posted now."""
    if isinstance(given, dict):
        return {name: filled(inner, n, area) for name, inner in given.items()}
    if isinstance(given, list):
        return [filled(inner, n, area) for inner in given]
    if isinstance(given, timedelta):
        return (datetime.now(UTC) + given).isoformat()
    return given.replace("{n}", str(n)).replace("{area}", area) if isinstance(given, str) else given


async def posted(service: RunningService, case: Case, source: str, area: str) -> tuple[int, dict[str, Any]]:
    """The answer to a case's last post; those before it must have been accepted."""
    n = next(_numbers)
    for _ in range(case.before):
        status, answer = await at(service, source).post(**{"phone": new_phone()} | filled(case.fields, n, area))
        assert status == 202, answer
    return await at(service, source).post(**{"phone": new_phone()} | filled(case.fields, n, area))


async def is_refused(service: RunningService, case: Case, source: str, area: str, check: str) -> dict[str, Any]:
    """The refused lead, after everything that holds for any refusal was looked at."""
    status, answer = await posted(service, case, source, area)
    assert (status, answer.get("code")) == (422, case.code)
    assert [(error["field"], error["code"]) for error in answer["errors"]] == [(case.place, case.code)]
    assert answer["detail"] == answer["errors"][0]["message"] != ""
    lead: dict[str, Any] = await service.lead(answer["lead_id"])
    assert (lead["status"], lead["refusal"], lead["source"]) == ("rejected", case.code, source)
    assert (lead["attempts"], lead["score"]) == ([], None)
    found = finding(lead, check)
    assert (found["verdict"], found["reason"], found["field"]) == ("refuse", case.code, case.place)
    assert found["words"] == answer["detail"]
    assert {one["check"] for one in lead["findings"]} >= EVERY_CHECK
    return lead


_CHECK_OF_TERM: dict[str, str] = {
    Refusal.INVALID_PHONE: "phone_given",
    Refusal.OUTSIDE_CRITERIA: "criteria",
    Reason.NO_ANSWER: "no_answer_scrub",
}


@pytest.mark.parametrize("case", TERMS, ids=lambda case: case.name)
async def test_a_sources_own_terms_refuse_and_name_the_field(service: RunningService, case: Case) -> None:
    lead = await is_refused(service, case, case.name, "212", _CHECK_OF_TERM.get(case.code, case.code))
    assert case.code == Refusal.INVALID_PHONE or {one["check"] for one in lead["findings"]} >= OWN_TERMS


@pytest.mark.parametrize("case", OBJECTIONS, ids=lambda case: case.name)
async def test_a_check_refuses_where_the_source_says_refuse(service: RunningService, case: Case) -> None:
    lead = await is_refused(service, case, f"{case.name} refuse", _AREAS["refuse"], case.name)
    assert {one["check"] for one in lead["findings"]} >= OWN_TERMS


async def accepted(service: RunningService, case: Case, name: str) -> dict[str, Any]:
    status, answer = await posted(service, case, f"{case.name} {name}", _AREAS[name])
    assert (status, answer.get("status")) == (202, "accepted"), answer
    lead: dict[str, Any] = await service.lead(answer["lead_id"])
    return lead


@pytest.mark.parametrize("case", OBJECTIONS, ids=lambda case: case.name)
async def test_a_check_costs_points_or_nothing_where_the_source_says_so(
    service: RunningService, case: Case
) -> None:
    cheaper, free = await accepted(service, case, "penalty"), await accepted(service, case, "off")
    found, passed_over = finding(cheaper, case.name), finding(free, case.name)
    assert (found["verdict"], found["reason"], found["points"]) == ("penalty", case.code, PENALTY)
    assert (passed_over["verdict"], passed_over["points"]) == ("accept", 0)
    assert passed_over["inputs"]["passed_over"] == case.code
    assert cheaper["score"] == free["score"] - PENALTY
    (part,) = (part for part in cheaper["score_parts"] if part["name"] == f"penalty.{case.name}")
    assert (part["points"], part["words"]) == (-PENALTY, found["words"])


@pytest.mark.parametrize("case", OBJECTIONS, ids=lambda case: case.name)
async def test_a_check_does_what_is_usual_where_the_source_says_nothing(
    service: RunningService, case: Case
) -> None:
    usual = DEFAULTS[case.name]
    if usual.verdict is Verdict.REFUSE:
        await is_refused(service, case, f"{case.name} default", _AREAS["default"], case.name)
        return
    lead = await accepted(service, case, "default")
    free = await accepted(service, case, "off")
    found = finding(lead, case.name)
    assert (found["verdict"], found["points"]) == (usual.verdict, usual.points)
    assert lead["score"] == free["score"] - usual.points


async def test_every_reason_there_is_has_a_post_that_shows_it() -> None:
    shown = {str(case.code) for case in (*TERMS, *OBJECTIONS)}
    assert shown == {reason.value for reason in (*Reason, *Refusal)} | {"price"}


async def test_every_check_there_is_has_a_post_that_it_objects_to() -> None:
    shown = {case.name for case in OBJECTIONS}
    assert shown == DEFAULTS.keys() - OTHERWISE_NAMED - NOT_ASKED_AT_INTAKE


FAULTS = (
    (Refusal.INVALID_PHONE, {"phone": "12"}),
    (Refusal.NO_CONSENT, {"consent": {"leadid_token": None}}),
    (Refusal.NO_CERTIFICATE, {"consent": {"channels": ["call"]}}),
    (Refusal.TOO_OLD, {"submitted_at": timedelta(days=-3)}),
    (Refusal.OUTSIDE_CRITERIA, {"state": "NY"}),
    (Reason.TEST_DATA, {"first_name": "Test", "last_name": "Test"}),
    (Reason.BOT, {"honeypot": "filled in"}),
)
STRICT = {"accept": {"states": ["NJ"], "max_age": "10m", "consent": {"certificate": "required"}}}


async def test_of_several_refusals_the_first_one_answers(service: RunningService) -> None:
    """A sender who mends one after the other is told of them in the order of ``Refusal``, then of the checks."""
    sound = {"state": "NJ", "consent": {"channels": ["call"], "leadid_token": "A" * 36}}
    for mended in range(len(FAULTS)):
        fields: dict[str, Any] = {"phone": new_phone()} | sound
        for _, fault in reversed(FAULTS[mended:]):
            fields |= fault
        status, answer = await at(service, "strict").post(**filled(fields, next(_numbers), ""))
        assert (status, answer["code"]) == (422, FAULTS[mended][0])
        reasons = {one["reason"] for one in (await service.lead(answer["lead_id"]))["findings"]} - {""}
        assert mended == 0 or {code for code, _ in FAULTS[mended:]} - {Refusal.NO_CERTIFICATE} <= reasons
    assert (await at(service, "strict").post(phone=new_phone(), **sound))[0] == 202


async def test_a_lead_without_a_fault_is_accepted_by_every_source_with_checks(service: RunningService) -> None:
    """So that no case above is refused for anything but what it names."""
    for case in OBJECTIONS:
        fields = {"last_name": "Lovelace", "email": "ada@lovelace.org", "postal_code": "10001"}
        status, answer = await at(service, f"{case.name} refuse").post(phone=new_phone(), **fields)
        assert status == 202, (case.name, answer)
        lead = await service.lead(answer["lead_id"])
        assert {one["verdict"] for one in lead["findings"]} <= {"accept", "not_applicable"}, case.name
