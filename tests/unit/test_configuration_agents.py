"""What the configuration file says of agents: who is there when, who may take what; and a line for each mistake."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from test_configuration_document import changed, problems

from speedtolead.domain.agent import Presence
from speedtolead.domain.hours import parse_weekly
from speedtolead.domain.routing import Order, Routing, Strategy
from speedtolead.domain.shift import DaysWorked, Shift
from speedtolead.service.configuration.document import read

AGENT = "groups: [sales]}"
BY_SCHEDULE = 'groups: [sales], presence: schedule, hours: {mon-fri: "09:00-17:00"}}'


def test_an_agent_by_schedule_has_hours_in_a_zone_of_its_own_or_the_accounts() -> None:
    week = parse_weekly({"mon-fri": "09:00-17:00"})
    agent = read(changed((AGENT, BY_SCHEDULE))).agents[0]
    assert agent.presence is Presence.SCHEDULE
    assert agent.shift("America/New_York") == Shift("America/New_York", DaysWorked(week))
    there = BY_SCHEDULE[:-1] + ", timezone: America/Denver, days_off: [2026-12-25, 2026-01-01]}"
    off = frozenset({date(2026, 12, 25), date(2026, 1, 1)})
    assert read(changed((AGENT, there))).agents[0].shift("America/New_York") == Shift(
        "America/Denver", DaysWorked(week, off)
    )


def test_a_group_may_say_a_tier_and_a_weight() -> None:
    text = "groups: [sales, {name: life, tier: 2, weight: 2.5}]}"
    found = [(g.name, g.tier, g.weight) for g in read(changed((AGENT, text))).agents[0].groups]
    assert found == [("sales", 1, 1.0), ("life", 2, 2.5)]


def test_skills_licences_languages_and_caps() -> None:
    able = "skills: [life], licensed: [NY, NJ], languages: [EN, Spanish], caps: {hourly: 6, daily: 40}"
    text = f"groups: [sales], {able}}}"
    agent = read(changed((AGENT, text))).agents[0]
    assert (agent.skills, agent.licensed, agent.languages) == (["life"], ["NY", "NJ"], ["en", "es"])
    assert (agent.caps.hourly, agent.caps.daily) == (6, 40)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (AGENT, "groups: [{name: sales, weight: 0}]}",
         "agents[0].groups[0].weight: Input should be greater than 0"),
        (AGENT, "groups: [{name: sales, weight: -1}]}",
         "agents[0].groups[0].weight: Input should be greater than 0"),
        (AGENT, "groups: [{name: sales, weight: .inf}]}",
         "agents[0].groups[0].weight: Input should be a finite number"),
        (AGENT, "groups: [{name: sales, tier: 0}]}",
         "agents[0].groups[0].tier: Input should be greater than or equal to 1"),
        (AGENT, "groups: [sales, sales]}", "agents[0].groups[1].name: 'sales' is said twice"),
        (AGENT, "groups: [sales], licensed: [NY, ZZ]}", "agents[0].licensed[1]: 'ZZ' is no state, like NY"),
        (AGENT, "groups: [sales], licensed: [US]}", "agents[0].licensed[0]: 'US' is no state, like NY"),
        (AGENT, "groups: [sales], languages: [en, klingon]}",
         "agents[0].languages[1]: 'klingon' is no language, like es or Spanish"),
        (AGENT, "groups: [sales], caps: {hourly: 0}}",
         "agents[0].caps.hourly: Input should be greater than or equal to 1"),
        (AGENT, "groups: [sales], presence: schedule}",
         "agents[0].hours: presence by schedule needs the hours of the week"),
        (AGENT, 'groups: [sales], hours: {mon: "09:00-17:00"}}',
         "agents[0].hours: only presence: schedule goes by them"),
        (AGENT, "groups: [sales], days_off: [2026-12-25]}",
         "agents[0].days_off: only presence: schedule goes by them"),
        (AGENT, 'groups: [sales], presence: schedule, hours: {mon: "17:00-09:00"}}',
         "agents[0].hours: mon: 17:00-09:00 does not end after it starts, within one day"),
        (AGENT, BY_SCHEDULE[:-1] + ", days_off: [christmas]}",
         "agents[0].days_off[0]: Input should be a valid date or datetime, input is too short"),
        (AGENT, BY_SCHEDULE[:-1] + ", timezone: Mars}",
         "agents[0].timezone: 'Mars' is no IANA time zone, like America/New_York"),
        ("users:", "pauses: {after_missed: -1}\nusers:",
         "pauses.after_missed: Input should be greater than or equal to 0"),
        ("users:", "pauses: {reasons: [lunch, lunch]}\nusers:", "pauses.reasons[1]: 'lunch' is said twice"),
    ],
)  # fmt: skip
def test_a_mistake_in_an_agent_is_told_with_its_place(old: str, new: str, line: str) -> None:
    assert problems(changed((old, new))) == [line]


DIAL = "dial: {mode: agent_first, agents: sales}"


def routing(text: str, agent: str = AGENT) -> Routing:
    document = read(changed((DIAL, f"dial: {{agents: sales, {text}}}"), (AGENT, agent)))
    return document.campaigns[0].to_domain(document.timezone, document.contact.to_domain()).dial.routing


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ring_timeout: 25s", Routing()),
        ("routing: longest_idle", Routing()),
        ("routing: round_robin", Routing(Strategy.ROUND_ROBIN)),
        ("routing: {strategy: tiers, within: weighted}", Routing(Strategy.TIERS, Order.WEIGHTED)),
        ("routing: {skills: [life], licensed: true, language: spoken}",
         Routing(skills=("life",), licensed=True, language="spoken")),
        ("routing: shotgun", Routing(Strategy.SHOTGUN)),
        ("routing: {strategy: shotgun, ring: 5, within: round_robin}",
         Routing(Strategy.SHOTGUN, Order.ROUND_ROBIN, ring=5)),
        ("fallback: life", Routing(fallback="life", fallback_after=timedelta(seconds=15))),
        ("fallback: {group: life, after: 1m}", Routing(fallback="life", fallback_after=timedelta(minutes=1))),
    ],
)  # fmt: skip
def test_routing_is_a_name_or_says_more(text: str, expected: Routing) -> None:
    able = "groups: [sales, life], skills: [life], licensed: [NY], languages: [es]}"
    assert routing(text, able) == expected


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("routing: loudest", "routing.strategy: 'loudest' is not available in this version; one of: "),
        ("routing: {strategy: loudest}", "routing.strategy: 'loudest' is not available in this version; one of: "),
        ("routing: {strategy: tiers, within: loudest}",
         "routing.within: 'loudest' is not available in this version; one of: "),
        ("routing: {strategy: round_robin, within: weighted}", "routing.within: only for "),
        ("routing: {ring: 3}", "routing.ring: only shotgun rings several at once"),
        ("routing: {strategy: shotgun, ring: 1}", "routing.ring: Input should be greater than or equal to 2"),
        ("mode: lead_first, routing: shotgun",
         "routing.strategy: shotgun rings agents before the lead; lead_first does not"),
        ("mode: both, routing: shotgun", "routing.strategy: shotgun rings agents before the lead; both does not"),
        ("routing: {speed: 3}", "routing.speed: unknown key"),
        ("routing: {skills: [life]}", "routing.skills[0]: no agent of group 'sales' has skill 'life'"),
        ("routing: {licensed: true}", "routing.licensed: no agent of group 'sales' is licensed in any state"),
        ("routing: {language: spoken}", "routing.language: no agent of group 'sales' has languages"),
        ("fallback: nobody", "fallback.group: no agent is in group 'nobody'"),
        ("fallback: {group: sales, after: soon}", "fallback.after: expected a duration"),
        ("no_agent: {wait: 30s, then: text}",
         "no_agent.then: texts need a sender: say sms: true of one of the account's numbers"),
        ("no_agent: {then: shout}",
         "no_agent.then: 'shout' is not available in this version; one of: keep, callback, text"),
        ("no_agent: {then: callback, text: hello}", "no_agent.text: only for then: text; callback writes nothing"),
        ('no_agent: {then: text, text: "at {{ at }} or {{ when }}"}',
         "no_agent.text: nobody has when; the time of the call is {{ at }}"),
        ('no_agent: {then: text, text: "{% for x in y %}"}', "no_agent.text: this is no template"),
        ('no_agent: {then: text, text: "{{ at }}"}', "no_agent.text: say it in words"),
    ],
)  # fmt: skip
def test_a_mistake_in_routing_is_told_with_its_place(text: str, line: str) -> None:
    (found,) = problems(changed((DIAL, f"dial: {{agents: sales, {text}}}")))
    assert found.startswith(f"campaigns[0].dial.{line}")
