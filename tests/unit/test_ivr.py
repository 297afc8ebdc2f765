"""What a caller is asked, and where the answers lead."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from speedtolead.domain import criteria
from speedtolead.domain.ivr import Choice, Progress, Route, Step, Then, Way, asking, pressed, way

PRODUCT = Step(
    "product",
    "Press 1 for auto, 2 for home, 9 to leave a message.",
    {"1": Choice("auto"), "2": Choice("home", agents="home"), "9": Choice("message", then=Then.VOICEMAIL)},
)
POSTAL = Step("postal_code", "Enter your postal code.")
STEPS = (PRODUCT, POSTAL)
NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)
"""A Monday, noon in New York."""


def known(code: str) -> bool:
    return code in {"10001", "33101"}


def after(*keys: str, steps: tuple[Step, ...] = STEPS) -> Progress:
    progress = Progress()
    for digits in keys:
        progress = pressed(steps, progress, digits, known)
    return progress


@pytest.mark.parametrize(
    ("keys", "answers", "agents", "then", "asked_next"),
    [
        ((), {}, None, Then.GO_ON, PRODUCT),
        (("1",), {"product": "auto"}, None, Then.GO_ON, POSTAL),
        (("2",), {"product": "home"}, "home", Then.GO_ON, POSTAL),
        (("9",), {"product": "message"}, None, Then.VOICEMAIL, None),
        (("7",), {}, None, Then.GO_ON, PRODUCT),
        (("7", "1"), {"product": "auto"}, None, Then.GO_ON, POSTAL),
        (("", ""), {}, None, Then.GO_ON, POSTAL),
        (("2", "10001"), {"product": "home", "postal_code": "10001"}, "home", Then.GO_ON, None),
        (("1", "99999"), {"product": "auto"}, None, Then.GO_ON, POSTAL),
        (("1", "100", ""), {"product": "auto"}, None, Then.GO_ON, None),
        (("1", "10001", "5"), {"product": "auto", "postal_code": "10001"}, None, Then.GO_ON, None),
    ],
)
def test_keys_lead_through_the_menu(
    keys: tuple[str, ...], answers: dict[str, str], agents: str | None, then: Then, asked_next: Step | None
) -> None:
    progress = after(*keys)
    assert (progress.answers, progress.agents, progress.then) == (answers, agents, then)
    assert asking(STEPS, progress) is asked_next


@pytest.mark.parametrize("otherwise", list(Then))
def test_who_presses_nothing_goes_on_as_the_step_says(otherwise: Then) -> None:
    stubborn = Step("product", "?", PRODUCT.keys, tries=3, otherwise=otherwise)
    steps = (stubborn,)
    assert after("", "", steps=steps).then is Then.GO_ON
    assert asking(steps, after("", "", steps=steps)) is stubborn
    assert after("", "", "", steps=steps).then is otherwise
    assert asking(steps, after("", "", "", steps=steps)) is None


def test_each_state_of_the_menu_has_a_name_of_its_own() -> None:
    marks = [after(*keys).mark for keys in ((), ("",), ("", ""), ("1",), ("1", ""), ("1", "10001"))]
    assert marks == ["0.0", "0.1", "1.0", "1.0", "1.1", "2.0"]


ROUTES = (
    Route(criteria.from_document({"states": ["FL"]}), agents="florida"),
    Route(criteria.from_document({"attributes": {"product": {"one_of": ["Auto"]}}}), agents="auto"),
    Route(
        criteria.from_document({"hours": {"zone": "America/New_York", "week": {"sat-sun": "00:00-24:00"}}}),
        then=Then.VOICEMAIL,
    ),
)
SATURDAY = datetime(2026, 11, 28, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("keys", "state", "now", "goes"),
    [
        ((), None, NOON, Way("sales")),
        (("1",), "NY", NOON, Way("auto", route=1)),
        (("1",), "FL", NOON, Way("florida", route=0)),
        (("2",), "NY", NOON, Way("home")),
        (("2",), "NY", SATURDAY, Way("home", Then.VOICEMAIL, 2)),
        (("9",), "FL", NOON, Way("sales", Then.VOICEMAIL)),
    ],
)
def test_a_call_goes_by_choice_geography_and_hour(
    keys: tuple[str, ...], state: str | None, now: datetime, goes: Way
) -> None:
    assert way(ROUTES, after(*keys), state, None, "sales", now) == goes
