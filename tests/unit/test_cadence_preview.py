"""The calendar of a cadence for a sample lead: the planner's and the permit's own answers, and nobody contacted."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from domain_samples import NY, at

from speedtolead.adapters.numbering import OfflineNumbering
from speedtolead.domain.campaign import Campaign
from speedtolead.domain.errors import NotFound
from speedtolead.service.cadences.files import NoRules, campaign_of_file
from speedtolead.service.cadences.preview import SAMPLE, Calendar, Calendars, sample_of, steps_of
from speedtolead.service.configuration.document import ConfigurationError
from speedtolead.service.intake.fields import FieldErrors

FRIDAY = at(NY, 2026, 11, 20, 14)
CALL: dict[str, Any] = {"after": "0s", "channel": "call"}
LOUISIANA = SAMPLE | {"phone": "+15045550142", "state": "LA", "postal_code": None}


@pytest.fixture(scope="module")
def calendars() -> Calendars:
    return Calendars(OfflineNumbering(), NoRules())


def file_of(folder: Path, *cadence: dict[str, Any], **campaign: Any) -> Path:
    part = {"name": "c", "seller": "Acme", "dial": {"agents": "g"}, "cadence": [*cadence], **campaign}
    document = {
        "account": "acme",
        "timezone": NY,
        "contact": {"closed": {"2026-11-26": "Thanksgiving"}},
        "numbers": [{"phone": "+12125550100", "sms": True}],
        "mail": {"sender": "Acme <hello@acme.example>", "postal_address": "1 Main St, Albany NY 12207"},
        "agents": [{"name": "a", "phone": "+12125550111", "groups": ["g"]}],
        "campaigns": [part],
    }
    path = folder / "acme.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


@pytest.fixture
def campaign(tmp_path: Path) -> Campaign:
    return campaign_of_file(file_of(tmp_path, CALL, spread="20m"), None)


def shown(
    calendars: Calendars, campaign: Campaign, steps: list[Any], arrives: datetime = FRIDAY, **lead: Any
) -> Calendar:
    planned = replace(campaign, cadence=steps_of(steps, campaign))
    return calendars.of(planned, sample_of(SAMPLE | lead, arrives=arrives, score=50), arrives)


def test_each_step_has_its_time_and_why(calendars: Calendars, campaign: Campaign) -> None:
    steps = [
        CALL,
        {"delay": "20s", "channel": "sms", "text": "Hi {{ lead.first_name }}", "if": "last = no_answer"},
        {"after": "1d", "at": "09:30", "channel": "call"},
        {"after": "3d", "days": "business", "at": "10:00", "channel": "email", "subject": "Hi", "text": "Hello"},
        {"after": "7d", "channel": "call", "window": {"mon-fri": "17:00-20:00"}},
    ]
    found = shown(calendars, campaign, steps)
    assert [(day.step, day.channel, day.at) for day in found.days] == [
        (0, "call", FRIDAY),
        (1, "sms", FRIDAY + timedelta(seconds=45)),
        (2, "call", at(NY, 2026, 11, 21, 9, 30)),
        (3, "email", at(NY, 2026, 11, 25, 10)),
        (4, "call", at(NY, 2026, 11, 27, 17)),
    ]
    assert [day.why[-1] for day in found.days] == [
        "at once",
        "20 seconds after the end of the step before",
        "at 09:30 on the person's clock: Sat 21 Nov 09:30 New York time",
        "at 10:00 on the person's clock: Wed 25 Nov 10:00 New York time",
        "its window (mon 17:00-20:00; tue 17:00-20:00; wed 17:00-20:00; thu 17:00-20:00; fri 17:00-20:00) opens: "
        "Fri 27 Nov 17:00 New York time",
    ]
    assert found.days[3].why[0].startswith("3 business days after the lead's arrival, weekends and closed days")
    assert (found.days[1].says, found.days[1].segments) == ("Hi Ada", 1)
    assert found.end == "No step of the cadence is left."


def test_a_number_of_fiction_keeps_the_laws_hours_too(calendars: Calendars, campaign: Campaign) -> None:
    (day,) = shown(calendars, campaign, [CALL], at(NY, 2026, 11, 20, 22)).days
    assert day.at == at(NY, 2026, 11, 21, 8)
    assert "outside the federal hours 08:00-21:00" in day.why[-1]


def test_a_law_puts_a_step_off_and_those_who_wait_are_spread(calendars: Calendars, campaign: Campaign) -> None:
    found = shown(calendars, campaign, [CALL, {"after": "2d", "at": "12:00", "channel": "call"}], **LOUISIANA)
    sunday = found.days[1]
    opening = at("America/Chicago", 2026, 11, 23, 8)
    assert opening <= sunday.at < opening + timedelta(minutes=20)
    assert "Louisiana is a candidate state" in sunday.why[-2]
    assert sunday.why[-1].startswith("spread over 20 minutes after that opening")


def test_what_the_person_did_not_agree_to_is_refused_and_the_rest_goes_on(
    calendars: Calendars, campaign: Campaign
) -> None:
    steps = [CALL, {"after": "1h", "channel": "sms", "text": "Hi"}, {"after": "2h", "channel": "call"}]
    found = shown(calendars, campaign, steps, consent={"channels": ["call"], "text": "Call me."})
    assert [bool(day.refused) for day in found.days] == [False, True, False]
    assert "no consent to be texted" in (found.days[1].refused or "")


def test_the_cap_of_a_day_puts_off_what_is_too_much(calendars: Calendars, campaign: Campaign) -> None:
    steps = [CALL, *({"after": f"{n}h", "channel": "call"} for n in range(1, 5))]
    days = shown(calendars, campaign, steps, at(NY, 2026, 11, 20, 9)).days
    assert [day.at < at(NY, 2026, 11, 21) for day in days] == [True, True, True, False, False]
    assert "the campaign's cap is 3" in days[3].why[1]


def test_conditions_and_limits_hold(calendars: Calendars, campaign: Campaign) -> None:
    steps = [CALL, {"after": "1h", "channel": "call", "if": "score > 60"}, {"after": "2h", "channel": "call"}]
    assert [day.step for day in shown(calendars, campaign, steps).days] == [0, 2]


def test_a_campaign_of_a_file_is_found_by_name(tmp_path: Path) -> None:
    path = file_of(tmp_path, CALL)
    assert campaign_of_file(path, "c").name == campaign_of_file(path, None).name == "c"
    with pytest.raises(NotFound):
        campaign_of_file(path, "d")


def test_what_cannot_be_read_is_refused_with_its_place(campaign: Campaign) -> None:
    with pytest.raises(ConfigurationError) as error:
        steps_of([CALL, {"after": "1d", "at": "22:00", "channel": "call"}], campaign)
    assert error.value.problems == [
        "cadence[1].at: 22:00 is never inside the hours in which people may be contacted"
    ]
    with pytest.raises(FieldErrors) as wrong:
        sample_of({"phone": "+12125550142", "email": "x" * 300})
    assert wrong.value.errors[0].field == "email"
