"""All checks together: the defaults, the source's own word, the order, the sum, and what must hold of any lead."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from domain_samples import examples
from hypothesis import given
from hypothesis import strategies as st

from speedtolead.domain.checks import (
    CHECKS,
    DEFAULTS,
    PROVIDERS,
    VELOCITY_KINDS,
    Check,
    Facts,
    Finding,
    Judgement,
    Policy,
    Reaction,
    Reason,
    Velocity,
    Verdict,
    judge,
)
from speedtolead.domain.checks.finding import shown

ACCEPT, PENALTY, REFUSE = Verdict.ACCEPT, Verdict.PENALTY, Verdict.REFUSE
NOTHING, NO_ANSWER = Verdict.NOT_APPLICABLE, Verdict.NO_ANSWER
NOON = datetime(2026, 6, 10, 16, tzinfo=UTC)
FLORIDA = frozenset({"FL"})

GOOD: dict[str, Any] = {
    "country": "US",
    "submitted_at": NOON - timedelta(seconds=2),
    "phone": "+18132360142",
    "phone_assigned": True,
    "phone_exists": True,
    "line_type": "mobile",
    "email": "ann.lee@acme-corp.com",
    "email_syntax_ok": True,
    "email_disposable": False,
    "email_takes_mail": True,
    "first_name": "Ann",
    "last_name": "Lee",
    "address": "12 Bay Street",
    "city": "Tampa",
    "texts": {"attributes.comments": "In the evening, please."},
    "state": "FL",
    "postal_code": "33601",
    "postal_states": FLORIDA,
    "area_states": FLORIDA,
    "ip": "192.0.2.1",
    "ip_state": "FL",
    "ip_country": "US",
    "page_url": "https://quotes.example/auto",
    "user_agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15",
    "seconds_on_form": 40.0,
    "honeypot": "",
    "certificate_bot": False,
    "seen": dict.fromkeys(VELOCITY_KINDS, 0),
}
STRICT = Policy(
    blocked_words=frozenset({"loan"}),
    velocity=dict.fromkeys(VELOCITY_KINDS, Velocity(3, 600)),
    line_types=frozenset({"mobile"}),
    minimum_seconds_on_form=3,
    max_age=timedelta(hours=1),
)

OBJECTIONS: dict[str, dict[str, Any]] = {
    "phone_given": {"phone": None},
    "phone_exists": {"phone_exists": False},
    "made_up_phone": {"phone": "+12222222222"},
    "line_type": {"line_type": "landline"},
    "area_code": {"phone_assigned": False},
    "too_old": {"submitted_at": NOON - timedelta(hours=2)},
    "clock": {"submitted_at": NOON + timedelta(minutes=6)},
    "clock_by_days": {"submitted_at": NOON + timedelta(days=2)},
    "test_data": {"first_name": "Do not", "last_name": "call"},
    "made_up_email": {"email": "test@test.com"},
    "blocked_words": {"texts": {"attributes.comments": "a loan"}},
    "honeypot": {"honeypot": "x"},
    "time_on_form": {"seconds_on_form": 0.5},
    "certificate_bot": {"certificate_bot": True},
    "user_agent": {"user_agent": "curl/8"},
    "user_agent_given": {"user_agent": None},
    "velocity_phone": {"seen": {"phone": 3}},
    "velocity_ip": {"seen": {"ip": 3}},
    "velocity_device": {"seen": {"device": 3}},
    "velocity_email_domain": {"seen": {"email_domain": 3}},
    "email": {"email_syntax_ok": False},
    "email_domain": {"email_takes_mail": False},
    "disposable_email": {"email_disposable": True},
    "role_email": {"email": "noreply@acme-corp.com"},
    "names": {"last_name": "12345"},
    "same_names": {"last_name": "Ann"},
    "address": {"address": "?????"},
    "city": {"city": "33601"},
    "state": {"state": "ZZ", "postal_code": None},
    "postal_code": {"postal_states": frozenset()},
    "postal_code_in_state": {"postal_states": frozenset({"GA"})},
    "area_code_place": {"area_states": frozenset({"NY"})},
    "ip_country": {"ip_country": "IN", "ip_state": None},
    "ip_state": {"ip_state": "NY"},
    "no_answer_lookup": {"unanswered": frozenset({"lookup"})},
    "no_answer_ip_place": {"unanswered": frozenset({"ip_place"})},
    "no_answer_mail_domain": {"unanswered": frozenset({"mail_domain"})},
    "no_answer_certificate": {"unanswered": frozenset({"certificate"})},
    "no_answer_scrub": {"unanswered": frozenset({"scrub"})},
    "no_answer_reassigned": {"unanswered": frozenset({"reassigned"})},
}
"""For each check, what makes it, and it alone, object to a good lead."""

REACTIONS = [
    # check, verdict, points, reason
    ("phone_given", REFUSE, 0, "invalid_phone"),
    ("phone_exists", REFUSE, 0, "invalid_phone"),
    ("made_up_phone", REFUSE, 0, "test_data"),
    ("line_type", REFUSE, 0, "line_type"),
    ("area_code", PENALTY, 10, "unknown_area_code"),
    ("too_old", REFUSE, 0, "too_old"),
    ("clock", PENALTY, 5, "clock"),
    ("clock_by_days", PENALTY, 20, "clock"),
    ("test_data", REFUSE, 0, "test_data"),
    ("made_up_email", REFUSE, 0, "test_data"),
    ("blocked_words", REFUSE, 0, "blocked_words"),
    ("honeypot", REFUSE, 0, "bot"),
    ("time_on_form", REFUSE, 0, "bot"),
    ("certificate_bot", REFUSE, 0, "bot"),
    ("user_agent", PENALTY, 20, "bot"),
    ("user_agent_given", PENALTY, 5, "bot"),
    ("velocity_phone", REFUSE, 0, "velocity"),
    ("velocity_ip", REFUSE, 0, "velocity"),
    ("velocity_device", REFUSE, 0, "velocity"),
    ("velocity_email_domain", REFUSE, 0, "velocity"),
    ("email", PENALTY, 20, "invalid_email"),
    ("email_domain", PENALTY, 20, "invalid_email"),
    ("disposable_email", PENALTY, 15, "disposable_email"),
    ("role_email", PENALTY, 5, "role_email"),
    ("names", PENALTY, 15, "bad_name"),
    ("same_names", PENALTY, 3, "bad_name"),
    ("address", PENALTY, 10, "bad_address"),
    ("city", PENALTY, 10, "bad_address"),
    ("state", PENALTY, 10, "unknown_state"),
    ("postal_code", PENALTY, 10, "unknown_postal_code"),
    ("postal_code_in_state", PENALTY, 15, "place_mismatch"),
    ("area_code_place", PENALTY, 3, "place_mismatch"),
    ("ip_country", PENALTY, 20, "place_mismatch"),
    ("ip_state", PENALTY, 3, "place_mismatch"),
    ("no_answer_lookup", NO_ANSWER, 0, "no_answer"),
    ("no_answer_ip_place", NO_ANSWER, 0, "no_answer"),
    ("no_answer_mail_domain", NO_ANSWER, 0, "no_answer"),
    ("no_answer_certificate", NO_ANSWER, 0, "no_answer"),
    ("no_answer_scrub", NO_ANSWER, 0, "no_answer"),
    ("no_answer_reassigned", NO_ANSWER, 0, "no_answer"),
]
OF_WITNESSES = {
    Reason.LITIGATOR,
    Reason.DO_NOT_CALL_LIST,
    Reason.REASSIGNED,
    Reason.NO_SUCH_CERTIFICATE,
    Reason.CERTIFICATE_MISMATCH,
    Reason.CERTIFICATE_AGE,
    Reason.CERTIFICATE_PAGE,
    Reason.CERTIFICATE_WORDING,
    Reason.CERTIFICATE_FRAMED,
}
"""Found by ``evidence.py`` from what outside witnesses say, not by ``CHECKS``."""
NAMES = [row[0] for row in REACTIONS]
OVERRIDABLE = [name for name in NAMES if name != "phone_given" and not name.startswith("no_answer_")]


def lead(**changed: Any) -> Facts:
    return Facts(received_at=NOON, **{**GOOD, **changed})


def found(judgement: Judgement, check: str) -> Finding:
    (finding,) = [f for f in judgement.findings if f.check == check]
    return finding


def asked(check: str, reaction: Reaction) -> Policy:
    return Policy(
        reactions={check: reaction},
        blocked_words=STRICT.blocked_words,
        velocity=STRICT.velocity,
        line_types=STRICT.line_types,
        minimum_seconds_on_form=STRICT.minimum_seconds_on_form,
        max_age=STRICT.max_age,
    )


# ---- the defaults -------------------------------------------------------------------------------------------


def test_a_good_lead_passes_every_check() -> None:
    judgement = judge(lead(), STRICT)
    assert {f.check for f in judgement.findings if f.verdict is ACCEPT} == {
        name for name in NAMES if not name.startswith("no_answer_")
    }
    assert (judgement.refusal, judgement.points) == (None, 0)


@pytest.mark.parametrize(("check", "verdict", "points", "reason"), REACTIONS)
def test_what_follows_by_default_when_one_check_objects(
    check: str, verdict: Verdict, points: int, reason: str
) -> None:
    judgement = judge(lead(**OBJECTIONS[check]), STRICT)
    finding = found(judgement, check)
    assert (finding.verdict, finding.points, finding.reason) == (verdict, points, reason)
    assert finding.words
    assert finding.words[-1] == "."
    assert [f.check for f in judgement.findings if f.reason] == [check]
    assert judgement.refusal == (finding if verdict is REFUSE else None)
    assert judgement.points == points


@pytest.mark.parametrize(("check", "verdict", "points", "reason"), REACTIONS)
def test_the_table_of_defaults_is_what_happens(check: str, verdict: Verdict, points: int, reason: str) -> None:
    assert DEFAULTS[check] == Reaction(ACCEPT if verdict is NO_ANSWER else verdict, points)


def test_every_check_has_a_default_and_goes_by_its_functions_name() -> None:
    assert [check.__name__ for check in CHECKS] == NAMES == [name for name in DEFAULTS if name in NAMES]
    assert [f.check for f in judge(lead(), STRICT).findings] == NAMES


def test_every_reason_is_reached() -> None:
    assert {row[3] for row in REACTIONS} == set(Reason) - OF_WITNESSES


def test_the_silence_of_every_provider_has_a_check() -> None:
    assert {f"no_answer_{provider}" for provider in PROVIDERS} == {n for n in NAMES if n.startswith("no_answer_")}


def test_a_lead_with_nothing_but_a_number_is_not_held_against_anybody() -> None:
    judgement = judge(Facts(received_at=NOON, phone="+18132360142"), STRICT)
    spoke = {f.check for f in judgement.findings if f.verdict is not NOTHING}
    assert spoke == {"phone_given", "made_up_phone"}
    assert (judgement.refusal, judgement.points) == (None, 0)


def test_the_leads_of_the_demo_are_taken() -> None:
    demo = lead(first_name="Ada", last_name="Example", email="ada@example.com", phone="+12125550142")
    assert judge(demo, Policy()).refusal is None


# ---- the source's own word ----------------------------------------------------------------------------------


@pytest.mark.parametrize("check", OVERRIDABLE)
def test_a_source_decides_what_follows(check: str) -> None:
    known = lead(**OBJECTIONS[check])
    refused = judge(known, asked(check, Reaction(REFUSE)))
    assert refused.refusal == found(refused, check)
    assert refused.points == 0
    charged = judge(known, asked(check, Reaction(PENALTY, 77)))
    assert (charged.refusal, charged.points) == (None, 77)
    off = judge(known, asked(check, Reaction(ACCEPT)))
    assert (off.refusal, off.points) == (None, 0)
    silenced = found(off, check)
    assert (silenced.verdict, silenced.reason, silenced.words) == (ACCEPT, "", "")
    assert silenced.inputs["passed_over"] == found(refused, check).reason


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    ("reaction", "verdict", "points"),
    [
        (Reaction(ACCEPT), NO_ANSWER, 0),
        (Reaction(PENALTY, 7), PENALTY, 7),
        (Reaction(REFUSE), REFUSE, 0),
    ],
)
def test_what_follows_a_providers_silence_is_the_sources_word(
    provider: str, reaction: Reaction, verdict: Verdict, points: int
) -> None:
    known, policy = lead(unanswered=frozenset({provider})), Policy(no_answer={provider: reaction})
    judgement = judge(known, policy)
    (finding,) = [f for f in judgement.findings if f.reason]
    assert (finding.verdict, finding.reason, finding.points) == (verdict, Reason.NO_ANSWER, points)
    assert finding.inputs == {"provider": provider}
    assert (judgement.refusal is not None, judgement.points) == (verdict is REFUSE, points)
    assert judge(lead(), policy).refusal is None


def test_the_silence_of_one_provider_is_not_another_ones() -> None:
    policy = Policy(no_answer={"lookup": Reaction(REFUSE)})
    assert judge(lead(unanswered=frozenset(PROVIDERS) - {"lookup"}), policy).refusal is None


@pytest.mark.parametrize(
    ("verdict", "points"),
    [
        (NOTHING, 0),
        (NO_ANSWER, 0),
        (PENALTY, 0),
        (PENALTY, 101),
        (PENALTY, -1),
        (REFUSE, 1),
        (ACCEPT, 1),
    ],
)
def test_a_reaction_that_makes_no_sense_cannot_be_made(verdict: Verdict, points: int) -> None:
    with pytest.raises(ValueError, match=r"expected|only a penalty"):
        Reaction(verdict, points)


def test_a_penalty_has_1_to_100_points() -> None:
    assert [Reaction(PENALTY, points).points for points in (1, 100)] == [1, 100]


# ---- together -----------------------------------------------------------------------------------------------


def fixed(name: str, verdict: Verdict, points: int = 0) -> Check:
    return lambda facts, policy: Finding(name, verdict, "", "", "", points, {})


def test_the_first_refusal_answers_and_every_check_is_asked_all_the_same() -> None:
    checks = [fixed("a", ACCEPT), fixed("b", REFUSE), fixed("c", PENALTY, 5), fixed("d", REFUSE)]
    judgement = judge(lead(), STRICT, checks)
    assert [f.check for f in judgement.findings] == ["a", "b", "c", "d"]
    assert judgement.refusal is judgement.findings[1]
    assert judgement.points == 5


@pytest.mark.parametrize(
    ("points", "total"), [([], 0), ([3], 3), ([3, 15], 18), ([60, 40], 100), ([60, 41], 100), ([100] * 3, 100)]
)
def test_penalties_add_up_to_at_most_100(points: list[int], total: int) -> None:
    checks = [fixed(f"check_{at}", PENALTY, each) for at, each in enumerate(points)]
    assert judge(lead(), STRICT, [*checks, fixed("none", NO_ANSWER, 9)]).points == total


def test_an_unusable_number_answers_before_anything_else() -> None:
    worst = lead(
        **{name: value for change in OBJECTIONS.values() for name, value in change.items()} | {"phone": None}
    )
    refusal = judge(worst, STRICT).refusal
    assert refusal is not None
    assert refusal.check == "phone_given"


TEXTS = [name for name, value in GOOD.items() if isinstance(value, str)]
HOSTILE = ["\x00", "\ud800", "a\x00@\udfff.rr.com", "x" * 5000]


def storable(finding: Finding) -> bool:
    """Postgres takes it: plain JSON without NUL and half characters, and not without end."""
    stored = json.dumps(finding._asdict(), allow_nan=False, ensure_ascii=False)
    same: bool = json.loads(stored) == finding._asdict()
    return same and "\\u0000" not in stored and not any("\ud800" <= char <= "\udfff" for char in stored)


@pytest.mark.parametrize(
    ("text", "kept"), [("x" * 200, "x" * 200), ("x" * 201, "x" * 199 + "…"), ("a\x00b", "a\ufffdb"), (None, None)]
)
def test_text_is_kept_up_to_200_characters(text: str | None, kept: str | None) -> None:
    assert shown(text) == kept


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("field", TEXTS)
def test_a_hostile_text_is_kept_in_a_form_that_can_be_stored(field: str, text: str) -> None:
    for finding in judge(lead(**{field: text}), STRICT).findings:
        assert storable(finding)
        assert len(json.dumps(finding.inputs)) < 1500


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize(("text", "check"), [("a loan", "blocked_words"), ("do not call", "test_data")])
def test_a_hostile_name_of_a_field_is_kept_in_a_form_that_can_be_stored(name: str, text: str, check: str) -> None:
    for policy in (STRICT, asked(check, Reaction(ACCEPT))):
        finding = found(judge(lead(texts={name: text}), policy), check)
        assert storable(finding)
        assert finding.field == shown(name)


# ---- of every lead ------------------------------------------------------------------------------------------

anything = st.text(st.characters(), max_size=300)
words = st.one_of(
    st.none(),
    anything,
    st.sampled_from(["Test", "asdf", "a@b.co", "@", "{{x}}", "US", "FL", "\x00", "\x00@\x00.rr.com", "\ud800"]),
)
some_states = st.frozensets(st.sampled_from(["FL", "GA", "AE", "PR"]), max_size=2)
flags = st.none() | st.booleans()
moments = st.datetimes(timezones=st.just(UTC))
leads = st.builds(
    Facts,
    received_at=moments,
    submitted_at=st.none() | moments,
    declared_test=st.booleans(),
    country=anything | st.just("US"),
    phone=words,
    phone_assigned=flags,
    phone_exists=flags,
    line_type=words,
    email=words,
    email_syntax_ok=flags,
    email_disposable=flags,
    email_takes_mail=flags,
    first_name=words,
    last_name=words,
    address=words,
    city=words,
    texts=st.dictionaries(anything, anything | st.sampled_from(["do not call", "test lead"]), max_size=3),
    state=words,
    postal_code=words,
    postal_states=some_states,
    area_states=some_states,
    ip=words,
    ip_state=words,
    ip_country=words,
    page_url=words,
    user_agent=words,
    seconds_on_form=st.none() | st.floats(),
    honeypot=words,
    certificate_bot=flags,
    seen=st.dictionaries(st.sampled_from(VELOCITY_KINDS), st.integers(0, 10)),
    unanswered=st.frozensets(st.sampled_from(PROVIDERS)),
)
policies = st.builds(
    Policy,
    reactions=st.dictionaries(
        st.sampled_from(list(DEFAULTS)),
        st.sampled_from([Reaction(ACCEPT), Reaction(REFUSE), Reaction(PENALTY, 60)]),
    ),
    blocked_words=st.frozensets(anything, max_size=3),
    velocity=st.dictionaries(st.sampled_from(VELOCITY_KINDS), st.builds(Velocity, st.integers(0, 5), st.just(60))),
    line_types=st.none() | st.frozensets(st.sampled_from(["mobile", "landline"])),
    minimum_seconds_on_form=st.none() | st.floats(0, 60),
    max_age=st.none() | st.timedeltas(),
)


@examples(200)
@given(leads, policies)
def test_any_text_is_judged_and_every_finding_can_be_stored_and_shown(known: Facts, policy: Policy) -> None:
    judgement = judge(known, policy)
    assert len(judgement.findings) == len(CHECKS)
    for finding in judgement.findings:
        assert storable(finding)
        assert bool(finding.reason) is (finding.verdict in {PENALTY, REFUSE, NO_ANSWER})
        assert bool(finding.words) is bool(finding.reason)
        assert (finding.points > 0) is (finding.verdict is PENALTY)
    assert 0 <= judgement.points <= 100
    assert (known.phone is None) <= (judgement.refusal is not None)
