"""Which arm a lead goes into, what the arm changes, and what the file may say of experiments."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest
from pydantic import ValidationError

from speedtolead.domain.cadence.plan import Message, Step
from speedtolead.domain.call import DialMode
from speedtolead.domain.campaign import Campaign, ContactPolicy
from speedtolead.domain.experiment import Arm, Experiment, Measure, assigned, uneven
from speedtolead.service.configuration.campaign import CampaignPart
from speedtolead.service.configuration.document import load
from speedtolead.service.configuration.values import Misplaced
from speedtolead.store.experiment_json import experiment_from_json, experiment_to_json
from speedtolead.store.settings_json import campaign_from_json, campaign_to_json

ACCOUNT, OTHER_ACCOUNT = UUID(int=1), UUID(int=2)
LEADS = [uuid5(UUID(int=0), str(n)) for n in range(6000)]
SPEED = Experiment("speed", (Arm("at-once", 0.5), Arm("later", 0.5, delay=timedelta(minutes=2))))
MODE = Experiment("mode", (Arm("first", 0.2), Arm("agent", 0.3), Arm("lead", 0.5, mode=DialMode.LEAD_FIRST)))

FILE: dict[str, Any] = {
    "name": "auto",
    "seller": "Acme",
    "dial": {"agents": "sales"},
    "cadence": [
        {"after": "0s", "channel": "call"},
        {"name": "missed", "delay": "20s", "channel": "sms", "text": "We called. Reply STOP to end."},
    ],
}
ARMS = [{"name": "at-once", "share": "50%"}, {"name": "later", "share": "50%", "delay": "2m"}]


def arms_of(experiment: Experiment, account: UUID = ACCOUNT) -> list[str]:
    return [experiment.arm_of(account, lead).name for lead in LEADS]


def test_a_lead_is_always_in_the_same_arm() -> None:
    assert arms_of(SPEED) == arms_of(SPEED)


@pytest.mark.parametrize("experiment", [SPEED, MODE])
def test_arms_get_their_shares(experiment: Experiment) -> None:
    found = Counter(arms_of(experiment))
    assert not uneven([found[arm.name] for arm in experiment.arms], [arm.share for arm in experiment.arms])


def test_experiments_and_accounts_are_split_independently() -> None:
    """Of the leads in one arm, as many are in each arm of another experiment."""
    twin = Experiment("twin", SPEED.arms)
    for others in (arms_of(twin), arms_of(SPEED, OTHER_ACCOUNT)):
        both = Counter(zip(arms_of(SPEED), others, strict=True))
        assert not uneven(list(both.values()), [0.25] * 4)


def test_sizes_that_no_chance_makes_are_told() -> None:
    assert not uneven([480, 520], [0.5, 0.5])
    assert uneven([400, 600], [0.5, 0.5])
    assert not uneven([0, 0], [0.5, 0.5])
    assert not uneven([1, 0], [0.5, 0.5])


def test_what_is_stored_with_a_lead_names_its_arms() -> None:
    found = assigned([SPEED, MODE], ACCOUNT, LEADS[0])
    assert found == {
        "speed": SPEED.arm_of(ACCOUNT, LEADS[0]).name,
        "mode": MODE.arm_of(ACCOUNT, LEADS[0]).name,
    }
    assert assigned([], ACCOUNT, LEADS[0]) is None


def campaign(*experiments: dict[str, Any], **changes: Any) -> Campaign:
    part = CampaignPart.model_validate(FILE | {"experiments": list(experiments)} | changes)
    return part.to_domain("America/New_York", ContactPolicy())


def test_a_lead_goes_by_its_arms() -> None:
    plan = campaign(
        {"name": "speed", "arms": ARMS},
        {"name": "mode", "arms": [{"name": "a", "share": "50%"}, {"name": "b", "share": "50%", "mode": "both"}]},
    )
    assert plan.going_by(None) is plan
    assert plan.going_by({"speed": "at-once", "mode": "a"}).cadence == plan.cadence
    there = plan.going_by({"speed": "later", "mode": "b"})
    assert [step.after for step in there.cadence] == [timedelta(minutes=2), timedelta(seconds=20)]
    assert (plan.dial.mode, there.dial.mode) == (DialMode.AGENT_FIRST, DialMode.BOTH)
    assert there.dial.agents == plan.dial.agents


def test_an_arm_that_is_no_longer_there_changes_nothing() -> None:
    plan = campaign({"name": "speed", "arms": ARMS})
    assert plan.going_by({"speed": "gone", "ended": "later"}) == plan


def test_an_arm_may_have_a_cadence_or_words_of_its_own() -> None:
    plan = campaign(
        {
            "name": "words",
            "arms": [
                {"name": "a", "share": "40%", "cadence": [{"after": "1h", "channel": "call"}]},
                {"name": "b", "share": "60%", "texts": {"missed": "Call us back? STOP ends."}},
            ],
        }
    )
    assert plan.going_by({"words": "a"}).cadence == (Step(timedelta(hours=1)),)
    assert plan.going_by({"words": "b"}).cadence[1].content == Message("Call us back? STOP ends.")
    assert plan.cadence[1].content == Message("We called. Reply STOP to end.")


def test_experiments_are_stored_and_read_again_as_they_were() -> None:
    plan = campaign({"name": "speed", "measure": "sale", "effect": "2.5%", "settles": "7d", "arms": ARMS})
    assert campaign_from_json(campaign_to_json(plan)) == plan
    assert plan.experiments[0].measure is Measure.SALE
    assert plan.experiments[0].effect == 0.025
    assert experiment_from_json(experiment_to_json(MODE)) == MODE
    before = campaign_to_json(plan)
    del before["experiments"]
    assert campaign_from_json(before).experiments == ()


def test_only_a_difference_of_delay_alone_is_a_randomised_delay() -> None:
    both = Arm("b", 0.5, delay=timedelta(minutes=1), mode=DialMode.BOTH)
    assert SPEED.randomises_delay
    assert not MODE.randomises_delay
    assert not Experiment("x", (Arm("a", 0.5), both)).randomises_delay


def arm(**said: Any) -> dict[str, Any]:
    return {"name": "b", "share": "50%"} | said


def two(**said: Any) -> dict[str, Any]:
    return {"name": "x", "arms": [{"name": "a", "share": "50%"}, arm(**said)]}


@pytest.mark.parametrize(
    ("experiments", "place", "words"),
    [
        ([{"name": "x", "arms": ARMS[:1]}], "arms", "at least 2"),
        ([two(share="40%", delay="1m")], "arms", "add up to 0.9"),
        ([two(share="half", delay="1m")], "share", 'a share like "50%"'),
        ([two(share="0%", delay="1m")], "share", 'a share like "50%"'),
        ([two()], "arms", "differ in nothing"),
        ([two(name="a", delay="1m")], "arms[1].name", "said twice"),
        ([two(mode="predictive")], "mode", "not available"),
        ([two(delay="2h")], "delay", "less than or equal"),
        ([two(delay="1m") | {"measure": "clicks"}], "measure", "not available"),
        ([two(delay="1m") | {"effect": "60%"}], "effect", "less than or equal"),
        ([two(texts={"nowhere": "Hi"})], "experiments[0].arms[1].texts.nowhere", "no step of that name"),
        ([two(texts={"missed": "{{ lead.nothing }}"})], "experiments[0].arms[1].cadence[1].text", "lead.nothing"),
        ([two(delay="1m"), two(delay="1m")], "experiments[1].name", "said twice"),
        ([two(delay="1m"), two(texts={"missed": "Hi"}) | {"name": "y"}], "experiments[1].arms", "'x' changes the"),
        (
            [two(cadence=[{"after": "0s", "channel": "call", "window": {"mon": "01:00-02:00"}}])],
            "experiments[0].arms[1].cadence[0].window",
            "",
        ),
        (
            [two(delay="1m", cadence=[{"after": "1d", "at": "09:30", "channel": "call"}])],
            "experiments[0].arms[1].delay",
            "only a first step",
        ),
    ],
)
def test_an_experiment_that_cannot_work_is_refused_with_its_place(
    experiments: list[dict[str, Any]], place: str, words: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        CampaignPart.model_validate(FILE | {"experiments": experiments})
    found = [(".".join(map(str, error["loc"])), error) for error in refused.value.errors()]
    inner = [
        (f"{at}{within}", said)
        for at, error in found
        if isinstance(cause := error.get("ctx", {}).get("error"), Misplaced)
        for within, said in cause.problems
    ] or [(at, error["msg"]) for at, error in found]
    assert any(place in at and words in said for at, said in inner), inner


def test_the_experiment_in_the_docs_can_be_applied() -> None:
    text = (Path(__file__).parents[2] / "docs" / "experiments.md").read_text("utf-8")
    piece = load(text.split("```yaml\n")[1].split("```")[0])["campaigns"][0]
    found = campaign(*piece["experiments"]).experiments[0]
    assert [arm.delay for arm in found.arms] == [timedelta(0), timedelta(minutes=2)]
    assert found.randomises_delay


def test_shotgun_cannot_be_mixed_with_another_mode() -> None:
    dial = {"agents": "sales", "routing": "shotgun"}
    with pytest.raises(ValidationError, match="shotgun rings agents before the lead"):
        campaign(two(mode="lead_first"), dial=dial)
