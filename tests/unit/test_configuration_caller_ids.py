"""A campaign's caller IDs in the configuration file: what may be said, what is kept, and how a mistake is told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from speedtolead.domain.caller_id import CallerIds, Local
from speedtolead.domain.campaign import Campaign
from speedtolead.domain.number_watch import Watch
from speedtolead.service.configuration.document import ConfigurationError, read
from speedtolead.store.settings_json import campaign_from_json, campaign_to_json

ONE, TWO = "+12125550100", "+13055550100"
TEXT = """
account: acme
timezone: America/New_York
numbers: [{phone: "+12125550100"}, {phone: "+13055550100"}]
agents: [{name: agent-1, phone: "+12125550111", groups: [sales]}]
campaigns:
  - name: auto
    seller: Acme Insurance
    dial: {agents: sales}
    cadence: [{after: 0s, channel: call}]
"""


def campaign(more: str) -> Campaign:
    document = read(f"{TEXT}    {more}\n")
    return document.campaigns[0].to_domain(document.timezone, document.contact.to_domain())


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("caller_ids: {}", CallerIds()),
        ("caller_ids: {numbers: all, watch: {}}", CallerIds()),
        (f'caller_ids: {{numbers: ["{TWO}"], per_day: 50}}', CallerIds((TWO,), per_day=50)),
        ("caller_ids: {local: off, sticky: false, watch: off}", CallerIds((), Local.OFF, False, None, None)),
        ('caller_ids: {local: "off", watch: "off"}', CallerIds(local=Local.OFF, watch=None)),
        (
            "caller_ids: {watch: {over: 1d, minimum: 30, drop: 0.5, rest: 12h}}",
            CallerIds(watch=Watch(timedelta(days=1), 30, 0.5, timedelta(hours=12))),
        ),
    ],
)
def test_what_is_said_of_caller_ids_is_read_and_kept(said: str, means: CallerIds) -> None:
    found = campaign(said)
    assert found.caller_ids == means
    assert campaign_from_json(campaign_to_json(found)) == found


def test_a_campaign_of_before_there_were_caller_ids_shows_what_it_showed() -> None:
    kept = campaign_to_json(campaign("call_reason: Your quote"))
    assert kept.pop("call_reason") == "Your quote"
    kept.pop("caller_ids")
    found = campaign_from_json(kept)
    assert (found.caller_ids, found.call_reason) == (CallerIds(), None)


@pytest.mark.parametrize(
    ("said", "place"),
    [
        (
            'caller_ids: {numbers: ["+14155550100"]}',
            "campaigns[0].caller_ids.numbers[0]: the account has no",
        ),
        (f'caller_ids: {{numbers: ["{ONE}", "{ONE}"]}}', "campaigns[0].caller_ids.numbers[1]: "),
        ("caller_ids: {numbers: []}", "campaigns[0].caller_ids.numbers: "),
        ("caller_ids: {numbers: some}", "campaigns[0].caller_ids.numbers: "),
        ("caller_ids: {numbers: [212]}", "campaigns[0].caller_ids.numbers[0]: "),
        ("caller_ids: {local: near}", "campaigns[0].caller_ids.local: 'near' is not available"),
        ("caller_ids: {per_day: 0}", "campaigns[0].caller_ids.per_day: "),
        ("caller_ids: {per_day: many}", "campaigns[0].caller_ids.per_day: "),
        ("caller_ids: {watch: on}", "campaigns[0].caller_ids.watch: "),
        ("caller_ids: {watch: {drop: 0}}", "campaigns[0].caller_ids.watch.drop: "),
        ("caller_ids: {watch: {minimum: 5}}", "campaigns[0].caller_ids.watch.minimum: "),
        ("caller_ids: {watch: {over: 1h}}", "campaigns[0].caller_ids.watch.over: "),
        ("caller_ids: {watch: {rest: 3}}", "campaigns[0].caller_ids.watch.rest: "),
        ("caller_ids: {daily: 50}", "campaigns[0].caller_ids.daily: unknown key"),
        (f"call_reason: {51 * 'x'}", "campaigns[0].call_reason: "),
        ('call_reason: " "', "campaigns[0].call_reason: say it in words"),
        ('call_reason: "two\\nlines"', "campaigns[0].call_reason: say it in words"),
    ],
)
def test_a_mistake_is_told_with_its_place(said: str, place: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        campaign(said)
    (line,) = refused.value.problems
    assert line.startswith(place)
