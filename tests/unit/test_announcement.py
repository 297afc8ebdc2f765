"""Whether a call may be recorded without telling the lead first: the strictest state on the call counts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from domain_samples import NY

from speedtolead.domain.campaign import Announcing, Campaign, ContactPolicy, RecordingPolicy
from speedtolead.domain.phone import digit_by_digit
from speedtolead.domain.place import Candidate
from speedtolead.domain.recording import announcement
from speedtolead.service.calling.notice import nobody_free
from speedtolead.service.configuration.document import ConfigurationError, read
from speedtolead.service.rules.file import shipped
from speedtolead.store.settings_json import campaign_from_json, campaign_to_json

RULES = shipped()
AUTO, ALWAYS = Announcing.AUTO, Announcing.ALWAYS
LEADS = {
    "NY": (Candidate(NY, "NY", "state"),),
    "CA": (Candidate(NY, "CA", "postal_code"),),
    "NY or CT": (Candidate(NY, "NY", "state"), Candidate(NY, "CT", "area_code")),
    "NY, on the net in CA": (Candidate(NY, "NY", "state"), Candidate(NY, "CA", "ip")),
    "nowhere known": (),
    "on the net in NY": (Candidate(NY, "NY", "ip"),),
    "NY or a zone alone": (Candidate(NY, "NY", "state"), Candidate(NY, None, "area_code")),
}
TABLE = [
    # when,   the lead is in,         the agents sit in, needed, the states that ask, who is not known
    (AUTO, "NY", ("TX",), False, (), ()),
    (AUTO, "NY", ("NY", "TX"), False, (), ()),
    (AUTO, "CA", ("TX",), True, ("CA",), ()),
    (AUTO, "NY", ("TX", "WA"), True, ("WA",), ()),
    (AUTO, "CA", ("WA",), True, ("CA", "WA"), ()),
    (AUTO, "NY or CT", ("TX",), True, ("CT",), ()),
    (AUTO, "NY, on the net in CA", ("TX",), False, (), ()),
    (AUTO, "NY", (), True, (), ("agents",)),
    (AUTO, "nowhere known", ("TX",), True, (), ("lead",)),
    (AUTO, "on the net in NY", ("TX",), True, (), ("lead",)),
    (AUTO, "NY or a zone alone", ("TX",), True, (), ("lead",)),
    (AUTO, "nowhere known", (), True, (), ("lead", "agents")),
    (ALWAYS, "NY", ("TX",), True, (), ()),
]


@pytest.mark.parametrize(("when", "lead", "agents_in", "needed", "asking", "unknown"), TABLE)
def test_the_strictest_state_on_the_call_decides(
    when: Announcing, lead: str, agents_in: tuple[str, ...], needed: bool, asking: object, unknown: object
) -> None:
    policy = RecordingPolicy(True, when, agents_in=agents_in)
    found = announcement(policy, LEADS[lead], RULES)
    assert found is not None
    assert (found.needed, found.asking, found.unknown) == (needed, asking, unknown)
    assert set(agents_in) <= set(found.states)
    assert found.rule_set == RULES.version
    assert found.why


def test_where_nothing_is_recorded_nothing_is_announced() -> None:
    assert announcement(RecordingPolicy(record=False, announce=ALWAYS), LEADS["CA"], RULES) is None


@pytest.mark.parametrize(
    ("phone", "said"),
    [("+12125550100", "2 1 2, 5 5 5, 0 1 0 0"), ("+442071838750", "4 4 2 0 7 1 8 3 8 7 5 0")],
)
def test_a_number_is_said_digit_by_digit(phone: str, said: str) -> None:
    assert digit_by_digit(phone) == said
    words = nobody_free("Acme {x} & Sons", phone)
    assert words.startswith("This is Acme {x} & Sons.")
    assert said in words
    assert "ress 9" in words


SAID = """
account: acme
timezone: America/New_York
numbers: [{phone: "+12125550100"}]
agents: [{name: a, phone: "+12125550111", groups: [sales]}]
campaigns:
  - name: auto
    seller: Acme
    dial: {agents: sales}
    cadence: [{after: 0s, channel: call}]
    recording: %s
"""


def campaign_with(recording: str) -> Campaign:
    return read(SAID % recording).campaigns[0].to_domain("America/New_York", ContactPolicy())


def test_what_the_documentation_shows_can_be_used_as_it_stands() -> None:
    page = (Path(__file__).parents[2] / "docs" / "recording.md").read_text("utf-8")
    (shown,) = re.findall(r"^    recording: (.*)$", page, re.MULTILINE)
    assert campaign_with(shown).recording == RecordingPolicy(True, AUTO, agents_in=("FL", "TX"))


@pytest.mark.parametrize(
    ("said", "policy"),
    [
        ("{}", RecordingPolicy(False, AUTO, "This call may be recorded.", ())),
        (
            "{record: true, announce: always, words: Recorded., agents_in: [TX, NY, TX]}",
            RecordingPolicy(True, ALWAYS, "Recorded.", ("NY", "TX")),
        ),
    ],
)
def test_the_file_says_whether_talks_are_recorded_and_it_is_kept_so(said: str, policy: RecordingPolicy) -> None:
    campaign = campaign_with(said)
    assert campaign.recording == policy
    assert campaign_from_json(campaign_to_json(campaign)) == campaign


def test_a_campaign_from_before_there_were_recordings_records_nothing() -> None:
    kept = campaign_to_json(campaign_with("{record: true}"))
    del kept["recording"]
    assert campaign_from_json(kept).recording == RecordingPolicy(record=False)


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("{record: sometimes}", "record"),
        ("{announce: never}", "announce"),
        ("{words: ''}", "words"),
        ("{words: ' '}", "words"),
        ('{words: "a\\u0000b"}', "words"),
        (f"{{words: {'x' * 201}}}", "words"),
        ("{agents_in: [US]}", "agents_in[0]"),
        ("{agents_in: [NY, Texas]}", "agents_in[1]"),
        ("{say: x}", "say"),
    ],
)
def test_a_mistake_is_named_with_its_place(said: str, place: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        campaign_with(said)
    assert [line.partition(":")[0] for line in refused.value.problems] == [f"campaigns[0].recording.{place}"]
