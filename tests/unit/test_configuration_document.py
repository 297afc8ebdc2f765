"""The configuration file: what it says, and one line with its place for each mistake."""

from __future__ import annotations

import re
from datetime import time, timedelta
from decimal import Decimal

import pytest
import yaml
from domain_samples import examples
from hypothesis import given
from hypothesis import strategies as st

from speedtolead import sample
from speedtolead.domain.agent import Presence
from speedtolead.domain.cadence.plan import Step
from speedtolead.domain.call import DialMode
from speedtolead.domain.checks import Policy
from speedtolead.domain.criteria import Criteria
from speedtolead.domain.duplicate import DuplicateRule
from speedtolead.domain.hours import ALWAYS
from speedtolead.domain.price import AsPosted, Caps
from speedtolead.domain.source import Acceptance, GuardTerms, Source
from speedtolead.service.configuration.document import ConfigurationError, Document, read

WHOLE = """
account: acme
timezone: America/New_York
numbers:
  - {phone: "+12125550100"}
users:
  - {email: Boss@Example.com, role: manager, password: change-me-now}
agents:
  - {name: one, phone: "+12125550111", groups: [sales]}
sources:
  - {name: form, api_key: stl_example_0001, campaign: auto}
campaigns:
  - name: auto
    seller: Acme Insurance
    hours: {mon-fri: "09:00-17:00"}
    dial: {mode: agent_first, agents: sales}
    whisper: "{{ lead.first_name }}. Press 1."
    cadence:
      - {after: 0s, channel: call}
      - {after: 1d, at: "09:30", channel: call}
"""


def changed(*changes: tuple[str, str]) -> str:
    text = WHOLE
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} is not once in the file"
        text = text.replace(old, new)
    return text


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as refused:
        read(text)
    assert refused.value.code == "configuration"
    assert str(refused.value) == "\n".join(refused.value.problems)
    for line in refused.value.problems:
        assert "\n" not in line, "one line a mistake"
    return refused.value.problems


# ---- what it says -------------------------------------------------------------------------------------------


def test_the_sample_reads_and_becomes_campaigns_and_sources() -> None:
    document = read(sample.text())
    assert document.account == "acme"
    assert [campaign.name for campaign in document.campaigns][:2] == ["auto", "auto-lead-first"]
    auto = document.campaigns[0].to_domain(document.timezone, document.contact.to_domain())
    assert auto.cadence == (
        Step(timedelta(0)),
        Step(timedelta(minutes=5)),
        Step(timedelta(days=1), at=time(9, 30)),
    )
    assert (auto.hours, auto.timezone, auto.dial.mode) == (ALWAYS, "America/New_York", DialMode.AGENT_FIRST)
    assert (auto.dial.wrap_up, auto.dial.no_agent_wait) == (timedelta(seconds=5), timedelta(seconds=30))
    assert document.sources[1].to_domain(document.timezone) == Source(
        name="partner",
        accept=Acceptance(Criteria(frozenset({"NY", "NJ", "FL"}))),
        checks=Policy(max_age=timedelta(minutes=10)),
        pricing=AsPosted(None, Decimal("18.50")),
        duplicates=DuplicateRule(timedelta(minutes=5)),
        caps=Caps(daily=500),
        guard=GuardTerms(pause=True, window_leads=30, settled_after=timedelta(minutes=5)),
    )


def test_everybody_in_the_sample_is_fictional() -> None:
    phones = re.findall(r"\+\d+", sample.text())
    assert phones
    assert all(re.fullmatch(r"\+1\d{3}55501\d\d", phone) for phone in phones)


def test_what_is_not_said_has_its_default() -> None:
    document = read(WHOLE)
    dial = document.campaigns[0].to_domain(document.timezone, document.contact.to_domain()).dial
    assert (dial.ring_timeout, dial.minimum_talk, dial.wrap_up) == (
        timedelta(seconds=25), timedelta(seconds=10), timedelta(0)
    )  # fmt: skip
    assert dial.attempts_per_24h == 3
    assert document.sources[0].to_domain(document.timezone).accept == Acceptance()
    assert document.agents[0].presence is Presence.ALWAYS
    assert document.users[0].email == "boss@example.com"


@pytest.mark.parametrize(
    ("way", "address"),
    [
        ('phone: "+12125550111"', "+12125550111"),
        ("client: agent_1", "client:agent_1"),
        ("sip: sip:one@example.com", "sip:one@example.com"),
        ("sip: sips:one@example.com", "sips:one@example.com"),
    ],
)
def test_an_agent_has_one_address(way: str, address: str) -> None:
    document = read(changed(('phone: "+12125550111"', way)))
    assert document.agents[0].address == address


@pytest.mark.parametrize(("text", "seconds"), [("0s", 0), ("20s", 20), ("5m", 300), ("2h", 7200), ("1d", 86400)])
def test_durations_have_a_unit(text: str, seconds: int) -> None:
    document = read(changed(("after: 0s", f"after: {text}")))
    assert document.campaigns[0].cadence[0].after == timedelta(seconds=seconds)


# ---- mistakes -----------------------------------------------------------------------------------------------

MISTAKES = [
    ("account: acme", "acount: acme", ["account: Field required", "acount: unknown key"]),
    ("groups: [sales]", "groups: [sales], colour: red", ["agents[0].colour: unknown key"]),
    ("agents: sales}", "agents: sales, speed: 1}", ["campaigns[0].dial.speed: unknown key"]),
    ("after: 0s", "afterr: 0s", ["campaigns[0].cadence[0].afterr: unknown key"]),
    *[("after: 0s", f"after: {bad}",
       ['campaigns[0].cadence[0].after: expected a duration like "20s", "5m", "2h" or "1d"'])
      for bad in ("5", "5w", "s", "-5m", "1.5h", "5 m", "'5m '", "5m30s", "soon", "[5m]")],
    ("hours: {mon-fri: \"09:00-17:00\"}", "hours: always",
     ['campaigns[0].hours: expected days and hours, like {mon-fri: "08:00-21:00"}']),
    ("hours: {mon-fri: \"09:00-17:00\"}", "hours: {mon: 9}",
     ['campaigns[0].hours: expected days and hours, like {mon-fri: "08:00-21:00"}']),
    ("09:00-17:00", "17:00-09:00",
     ["campaigns[0].hours: mon-fri: 17:00-09:00 does not end after it starts, within one day"]),
    ("mon-fri", "weekdays",
     ["campaigns[0].hours: weekdays: expected a day or a range of days, like mon or mon-fri"]),
    ("timezone: America/New_York", "timezone: America/Nowhere",
     ["timezone: 'America/Nowhere' is no IANA time zone, like America/New_York"]),
    ("timezone: America/New_York", "timezone: EST5",
     ["timezone: 'EST5' is no IANA time zone, like America/New_York"]),
    ("mode: agent_first", "mode: warm",
     ["campaigns[0].dial.mode: 'warm' is not available in this version; "
      "one of: agent_first, lead_first, both, hot"]),
    ("{after: 0s, channel: call}", "{after: 0s, channel: fax}",
     ["campaigns[0].cadence[0].channel: 'fax' is not available in this version; "
      "one of: call, email, sms, task, webhook"]),
    ('at: "09:30"', "at: 10:30", ['campaigns[0].cadence[1].at: expected a quoted time like "09:30"']),
    ('at: "09:30"', 'at: "9:30"', ['campaigns[0].cadence[1].at: expected a quoted time like "09:30"']),
    ('at: "09:30"', 'at: "24:00"', ['campaigns[0].cadence[1].at: expected a quoted time like "09:30"']),
    ("account: acme", "account: acme\naccount: other", ["line 3: 'account' is said twice"]),
    ("mode: agent_first", "mode: agent_first, mode: lead_first", ["line 16: 'mode' is said twice"]),
    ("campaign: auto}", "campaign: car}", ["sources[0].campaign: there is no campaign 'car'"]),
    ("agents: sales}", "agents: support}",
     ["campaigns[0].dial.agents: no agent is in group 'support'"]),
    ('  - {phone: "+12125550100"}', "",
     ["numbers: Input should be a valid list"]),
    ('numbers:\n  - {phone: "+12125550100"}', "numbers: []",
     ["campaigns[0]: a campaign needs at least one of the account's numbers to call from"]),
    ('phone: "+12125550111"', 'phone: "+12125550111", client: one',
     ["agents[0]: say exactly one of phone, client, sip"]),
    ('phone: "+12125550111"', "client: one, sip: sip:a@b", ["agents[0]: say exactly one of phone, client, sip"]),
    ('phone: "+12125550111", ', "", ["agents[0]: say exactly one of phone, client, sip"]),
    ('phone: "+12125550111"', "sip: one@example.com",
     ["agents[0].sip: expected an address like sip:agent@example.com"]),
    ("groups: [sales]", "groups: [sales], password: change-me-now",
     ["agents[0].password: a password needs an email to sign in with"]),
    ("groups: [sales]", "groups: [sales], email: no@example.com",
     ["agents[0].email: there is no user 'no@example.com', and no password to make one"]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), MISTAKES, ids=[f"{new}"[:40] for _, new, _ in MISTAKES])
def test_a_mistake_is_told_with_its_place(old: str, new: str, expected: list[str]) -> None:
    assert problems(changed((old, new))) == expected


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('{phone: "+12125550100"}', '{phone: "2125550100"}', "numbers[0].phone: "),
        ('{phone: "+12125550100"}', "{phone: +12125550100}", "numbers[0].phone: "),
        ('{phone: "+12125550100"}', '{phone: "+12125550100", carrier: third}', "numbers[0].carrier: "),
        ('{phone: "+12125550100"}', '{phone: "+1٢١٢٥٥٥٠١٠٠"}', "numbers[0].phone: "),
        ("role: manager", "role: owner", "users[0].role: "),
        ("password: change-me-now", "password: short", "users[0].password: "),
        ("Boss@Example.com", "boss", "users[0].email: "),
        ("groups: [sales]", "groups: []", "agents[0].groups: "),
        ("groups: [sales]", "groups: sales", "agents[0].groups: "),
        ("groups: [sales]", "groups: [sales], presence: never", "agents[0].presence: "),
        ('phone: "+12125550111"', "client: agent-1", "agents[0].client: "),
        ("api_key: stl_example_0001", "api_key: secret", "sources[0].api_key: "),
        ("campaign: auto}", "campaign: auto, cost_per_lead: -1}", "sources[0].cost_per_lead: "),
        ("campaign: auto}", "campaign: auto, accept: {states: [Florida]}}", "sources[0].accept.states[0]: "),
        ("campaign: auto}", "campaign: auto, caps: {daily: 0}}", "sources[0].caps.daily: "),
        ("agents: sales}", "agents: sales, routing: random}", "campaigns[0].dial.routing.strategy: "),
        ("agents: sales}", "agents: sales, attempts_per_24h: 0}", "campaigns[0].dial.attempts_per_24h: "),
        ("agents: sales}", "agents: sales, ring_timeout: 25}", "campaigns[0].dial.ring_timeout: "),
        ("agents: sales}", "agents: sales, ring_timeout: 1h}", "campaigns[0].dial.ring_timeout: "),
        ("agents: sales}", "agents: sales, ring_timeout: 14s}", "campaigns[0].dial.ring_timeout: "),
        ("after: 0s", "after: 999999999d", "campaigns[0].cadence[0].after: "),
        ("seller: Acme Insurance", 'seller: ""', "campaigns[0].seller: "),
        ("{{ lead.first_name }}. Press 1.", "{{ lead.first_name", "campaigns[0].whisper: not a template: "),
        ("{{ lead.first_name }}. Press 1.", "{% if x %}", "campaigns[0].whisper: not a template: "),
        ("{{ lead.first_name }}. Press 1.", "{{ x | nonesuch }}", "campaigns[0].whisper: not a template: "),
        ("account: acme", "account: ../acme", "account: "),
    ],
)
def test_a_value_that_does_not_fit_is_told_with_its_place(old: str, new: str, place: str) -> None:
    (line,) = problems(changed((old, new)))
    assert line.startswith(place)


@pytest.mark.parametrize(
    ("after", "again", "line"),
    [
        ('{phone: "+12125550100"}', '{phone: "+12125550100"}', "numbers[1].phone: '+12125550100' is said twice"),
        (
            "{email: Boss@Example.com, role: manager, password: change-me-now}",
            "{email: BOSS@example.com, role: admin, password: change-me-now}",
            "users[1].email: 'boss@example.com' is said twice",
        ),
        (
            '{name: one, phone: "+12125550111", groups: [sales]}',
            "{name: one, client: one, groups: [sales]}",
            "agents[1].name: 'one' is said twice",
        ),
        (
            "{name: form, api_key: stl_example_0001, campaign: auto}",
            "{name: form, campaign: auto}",
            "sources[1].name: 'form' is said twice",
        ),
        (
            "{name: form, api_key: stl_example_0001, campaign: auto}",
            "{name: two, api_key: stl_example_0001, campaign: auto}",
            "sources[1].api_key: 'stl_example_0001' is said twice",
        ),
    ],
)
def test_a_name_is_said_once(after: str, again: str, line: str) -> None:
    assert problems(changed((f"- {after}", f"- {after}\n  - {again}"))) == [line]


def test_a_campaign_is_said_once() -> None:
    campaign = WHOLE[WHOLE.index("  - name: auto") :]
    assert problems(WHOLE + campaign) == ["campaigns[1].name: 'auto' is said twice"]


def test_all_mistakes_are_told_at_once() -> None:
    told = problems(
        changed(
            ("timezone: America/New_York", "timezone: Nowhere"),
            ('{phone: "+12125550100"}', '{phone: "1"}'),
            ("mode: agent_first", "mode: warm"),
            ("after: 1d", "after: tomorrow"),
            ("seller: Acme Insurance", "salesman: Acme Insurance"),
        )
    )
    assert [line.split(":")[0] for line in told] == [
        "timezone",
        "numbers[0].phone",
        "campaigns[0].seller",
        "campaigns[0].dial.mode",
        "campaigns[0].cadence[1].after",
        "campaigns[0].salesman",
    ]


def test_all_references_to_nothing_are_told_at_once() -> None:
    told = problems(changed(("campaign: auto}", "campaign: car}"), ("agents: sales}", "agents: support}")))
    assert [line.split(":")[0] for line in told] == ["sources[0].campaign", "campaigns[0].dial.agents"]


@pytest.mark.parametrize("text", ["", "   ", "# nothing", "- account: acme", "acme", "null", "7"])
def test_what_is_not_a_mapping_is_refused(text: str) -> None:
    assert problems(text) == ["the file is not a mapping; it begins with account: NAME"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("account: [acme", "line 1: "),
        ("account: acme\n\ttimezone: x", "line 2: "),
        ("account: acme\na: *b", "line 2: "),
        ("account: acme\n---\naccount: other", "line 2: "),
        ("account: !!python/object/apply:os.getcwd []", "line 1: "),
        ("account: ac\x01me", ""),
        ("account: acme\n? [a, b]\n: c", "line 2: "),
        ("account: acme\n? {a: b}\n: c", "line 2: "),
        ("account: 2026-13-45", ""),
        ("account: !!int acme", ""),
        ("account: !!bool acme", ""),
        ("account: !!timestamp acme", ""),
        ("[" * 5000, ""),
        ("account: " + "9" * 5000, ""),
        ("a: &a [*a]", ""),
        ("1: 2", ""),
    ],
    ids=lambda text: text[:30].strip(),
)
def test_a_file_that_is_broken_is_refused_in_words(text: str, line: str) -> None:
    assert problems(text)[0].startswith(line)


@examples(150)
@given(st.text(alphabet="abc:-[]{},&*!|>'\"#? \n0129%@~<=.", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert mistakes(text) != []


def mistakes(text: str) -> list[str] | None:
    """What is wrong; None where nothing is."""
    try:
        assert isinstance(read(text), Document)
    except ConfigurationError as error:
        return error.problems
    return None


trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@examples(60)
@given(st.sampled_from(["account", "numbers", "users", "agents", "sources", "campaigns", "timezone"]), trees)
def test_any_value_in_any_part_is_read_or_refused(part: str, value: object) -> None:
    loaded = yaml.safe_load(WHOLE)
    loaded[part] = value
    told = mistakes(yaml.safe_dump(loaded, allow_unicode=True))
    assert told is None or (told and all(told))
