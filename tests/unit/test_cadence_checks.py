"""A cadence that cannot work is refused when it is applied, with the step and the field."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from speedtolead.service.configuration.document import ConfigurationError, load, read

ROOT = Path(__file__).parents[2]
CALL: dict[str, Any] = {"after": "0s", "channel": "call"}


def refused(cadence: list[dict[str, Any]], **campaign: Any) -> list[str]:
    """The lines that a file with this cadence is refused with; none where it is taken."""
    document = {
        "account": "acme",
        "timezone": "America/New_York",
        "numbers": [{"phone": "+12125550100", "sms": True}],
        "mail": {"sender": "Acme <hello@acme.example>", "postal_address": "1 Main St, Albany NY 12207"},
        "agents": [{"name": "a", "phone": "+12125550111", "groups": ["g"]}],
        "webhooks": [{"name": "crm", "url": "https://crm.example.com/hook"}],
        "campaigns": [{"name": "c", "seller": "Acme", "dial": {"agents": "g"}, "cadence": cadence, **campaign}],
    }
    try:
        read(yaml.safe_dump(document))
    except ConfigurationError as error:
        return error.problems
    return []


TAKEN = [
    CALL,
    {"delay": "20s", "channel": "sms", "text": "Hi {{ lead.first_name }}", "if": "last in (no_answer, machine)"},
    {"wait": "2h"},
    {"after": "1d", "at": "09:30", "days": "business", "channel": "call", "jitter": "10m", "name": "next day"},
    {
        "after": "2d",
        "channel": "email",
        "subject": "Your quote",
        "text": "Hello",
        "unless": "replied",
        "late": "12h",
    },
    {"delay": "1d", "channel": "call", "window": {"mon-fri": "17:00-20:00"}, "next": {"machine": "end"}},
    {"delay": "0s", "channel": "task", "title": "Write to {{ lead.first_name }}", "anyone": False, "within": "8h"},
    {"name": "last", "delay": "1d", "channel": "sms", "text": "Still there?", "next": {"failed": "end"}},
]


def test_every_kind_of_step_is_taken() -> None:
    assert (
        refused(TAKEN, stop={"on": {"replied": ["sms", "email"], "quote": "all"}, "attempts": 8, "days": 15}) == []
    )


@pytest.mark.parametrize(
    ("steps", "line"),
    [
        ([{"at": "09:30", "channel": "call"}], "[0].after: say when"),
        ([{"after": "1d", "delay": "1h", "channel": "call"}], "[0].delay: say one of after and delay"),
        ([{"after": "36h", "at": "09:30", "channel": "call"}], "[0].after: with an 'at', say on which day"),
        ([{"after": "1d", "at": "22:00", "channel": "call"}], "[0].at: 22:00 is never inside the hours"),
        ([{**CALL, "window": {"mon-fri": "05:00-07:00"}}], "[0].window: never open at a time"),
        ([{**CALL, "window": {"mon": "closed"}}], "[0].window: never open at a time"),
        ([{"after": "0s"}], "[0].channel: say one of: call, email, sms, task, webhook; or wait: 2h"),
        ([{"after": "0s", "channel": "fax"}], "[0].channel: 'fax' is not available"),
        ([CALL, {"after": "1h", "channel": "sms"}], "[1].text: a step by sms needs it"),
        ([CALL, {"after": "1h", "channel": "email", "text": "x"}], "[1].subject: a step by email needs it"),
        ([{**CALL, "late": "1h"}], "[0].late: a call is never too late"),
        ([{**CALL, "text": "x"}], "[0].text: a step by call has no use for it"),
        ([{"wait": "1h", "channel": "call"}], "[0].channel: a wait does nothing else"),
        ([CALL, {"wait": "1h"}], "[1].wait: nothing comes after this wait"),
        ([{"wait": "1h"}], "[0].wait: a cadence that only waits never does anything"),
        ([{"delay": "1h", "channel": "call"}], "[0].delay: the first step has no step before it"),
        ([{**CALL, "if": "score >"}], "[0].if: a value is missing at the end"),
        ([{**CALL, "unless": "colour = red"}], "[0].unless: 'colour' at character 1 is no field"),
        ([{**CALL, "next": {"machine": "text"}}, CALL], "[0].next.machine: no step is named 'text'"),
        ([{**CALL, "name": "a"}, {**CALL, "next": {"busy": "a"}}, CALL], "the cadence would go round in a loop"),
        ([{**CALL, "name": "a", "next": {"busy": "a"}}, CALL], "[0].next.busy: 'a' is not a later step"),
        ([{**CALL, "next": {"delivered": "end"}}], "[0].next.delivered: a call step never ends so"),
        ([{**CALL, "name": "a"}, {**CALL, "name": "a"}], "[1].name: 'a' is said twice"),
        ([{**CALL, "next": {"any": "end"}}, CALL], "[1].name: no branch leads here"),
        ([{**CALL, "days": "business"}], "[0].after: business days are counted in whole days"),
        ([CALL, {"after": "1d", "channel": "sms", "text": "{{ lead."}], "[1].text: not a template"),
        ([CALL, {"after": "1d", "channel": "sms", "text": "{{ lead.nmae }}"}], "[1].text: no lead has 'lead.nmae'"),
        ([CALL, {"after": "1d", "channel": "sms", "text": "x" * 700}], "[1].text: 5 segments before it is filled"),
        ([CALL, {"after": "1d", "channel": "task"}], "[1].title: a step by task needs it"),
        (
            [CALL, {"after": "1d", "channel": "task", "title": "{{ lead.nmae }}"}],
            "[1].title: no lead has 'lead.nmae'",
        ),
        (
            [CALL, {"after": "1d", "channel": "webhook", "webhook": "gone"}],
            "[1].webhook: there is no webhook 'gone'",
        ),
        ([{**CALL, "within": "2h"}], "[0].within: a step by call has no use for it"),
        ([{"wait": "1h", "anyone": False}], "[0].anyone: a wait does nothing else"),
    ],
)
def test_a_step_that_cannot_work_is_refused_with_its_place(steps: list[dict[str, Any]], line: str) -> None:
    (problem, *_) = refused(steps)
    assert problem.startswith("campaigns[0].cadence")
    assert line in problem


def test_steps_outside_the_campaigns_own_hours_or_days_are_refused() -> None:
    step = {"after": "0s", "channel": "call", "window": {"sat": "10:00-12:00"}}
    assert "never open" in refused([step], hours={"mon-fri": "08:00-21:00"})[0]
    assert (
        "the cadence is over after 3 days"
        in refused([CALL, {"after": "4d", "channel": "call"}], stop={"days": 3})[0]
    )


def test_what_ends_a_cadence_is_refused_where_it_is_not_known() -> None:
    assert "stop.on.opted_out" in refused([CALL], stop={"on": {"opted_out": "none"}})[0]
    assert (
        "stop.on.replied: expected all, none, or a list of" in refused([CALL], stop={"on": {"replied": "mail"}})[0]
    )


_PLANS = re.findall(r"```yaml\n(cadence:.*?)```", (ROOT / "docs" / "cadences.md").read_text(), re.DOTALL)


@pytest.mark.parametrize("plan", _PLANS)
def test_every_plan_of_the_docs_is_taken(plan: str) -> None:
    assert refused(**load(plan)) == []


def test_the_docs_have_six_plans_besides_the_example() -> None:
    assert len(_PLANS) == 7
