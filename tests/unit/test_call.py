"""Legs, whatever the order of the news about them, and what two of them add up to."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from domain_samples import NOON, examples
from hypothesis import given
from hypothesis import strategies as st

from speedtolead.domain.attempt import Result
from speedtolead.domain.call import (
    RANK,
    AnsweredBy,
    DialMode,
    Fate,
    Leg,
    LegEnd,
    LegKind,
    LegReport,
    LegState,
    accepted,
    advance,
    fate,
    is_contact,
    mode_of,
)

AGENT_FIRST, LEAD_FIRST = DialMode.AGENT_FIRST, DialMode.LEAD_FIRST


def t(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def placed(kind: LegKind = LegKind.LEAD) -> Leg:
    return Leg(kind, LegState.PLACING, t(0))


def news(
    seconds: float,
    state: LegState | None = None,
    end: LegEnd | None = None,
    by: AnsweredBy | None = None,
    talk: int | None = None,
) -> LegReport:
    return LegReport(t(seconds), state, end, by, "CA1", None, talk)


def told(leg: Leg, *reports: LegReport) -> Leg:
    for report in reports:
        leg = advance(leg, report)
    return leg


RINGING, LIVE = news(1, LegState.RINGING), news(4, LegState.LIVE)
HUMAN, MACHINE = news(7, by=AnsweredBy.HUMAN), news(7, by=AnsweredBy.MACHINE)
OVER = news(30, LegState.ENDED, LegEnd.COMPLETED, talk=26)
PLACING = news(0.5, LegState.PLACING)
TALK = [PLACING, RINGING, LIVE, HUMAN, OVER]


def unanswered(end: LegEnd) -> list[LegReport]:
    return [PLACING, RINGING, news(20, LegState.ENDED, end)]


# ---- one leg ------------------------------------------------------------------------------------------------


def test_a_talk_that_is_told_in_order() -> None:
    leg = told(placed(), *TALK)
    assert (leg.state, leg.end) == (LegState.ENDED, LegEnd.COMPLETED)
    assert (leg.ringing_at, leg.live_at, leg.ended_at) == (t(1), t(4), t(30))
    assert (leg.answered_by, leg.seconds, leg.carrier_call_id) == (AnsweredBy.HUMAN, 26, "CA1")


def test_news_of_a_lower_or_equal_rank_changes_no_state() -> None:
    leg = told(placed(), RINGING, LIVE)
    for late in (PLACING, RINGING, LIVE):
        assert told(leg, late) == leg


def test_an_end_without_its_kind_is_a_completed_one() -> None:
    assert told(placed(), LIVE, news(9, LegState.ENDED)).end is LegEnd.COMPLETED


def test_the_first_end_stays() -> None:
    leg = told(placed(), news(9, LegState.ENDED, LegEnd.BUSY), news(10, LegState.ENDED, LegEnd.COMPLETED))
    assert (leg.end, leg.ended_at, leg.live_at) == (LegEnd.BUSY, t(9), None)


def test_the_first_detection_stays() -> None:
    assert told(placed(), HUMAN, MACHINE).answered_by is AnsweredBy.HUMAN


def test_the_carriers_code_and_id_are_kept() -> None:
    leg = advance(placed(), LegReport(t(1), LegState.ENDED, LegEnd.FAILED, None, "CA1", "21211"))
    assert (leg.carrier_code, leg.carrier_call_id) == ("21211", "CA1")
    again = advance(leg, LegReport(t(2), carrier_call_id="CA2"))
    assert (again.carrier_code, again.carrier_call_id) == ("21211", "CA1")


def test_a_completed_call_was_answered_even_if_nobody_told() -> None:
    leg = told(placed(), news(30, LegState.ENDED, LegEnd.COMPLETED, talk=26))
    assert (leg.live_at, leg.ended_at) == (t(4), t(30))


def test_an_answer_known_by_its_end_is_not_before_the_ring() -> None:
    leg = told(placed(), news(10, LegState.RINGING), news(30, LegState.ENDED, LegEnd.COMPLETED, talk=26))
    assert leg.live_at == t(10)
    assert told(placed(), news(3, LegState.ENDED, LegEnd.COMPLETED, talk=26)).live_at == t(0)


def test_a_completed_call_without_a_count_of_seconds_was_answered_at_its_end() -> None:
    assert told(placed(), news(30, LegState.ENDED, LegEnd.COMPLETED)).live_at == t(30)


@pytest.mark.parametrize("end", [LegEnd.BUSY, LegEnd.NO_ANSWER, LegEnd.FAILED, LegEnd.CANCELLED])
def test_a_call_that_was_not_completed_was_not_answered(end: LegEnd) -> None:
    assert told(placed(), *unanswered(end), LIVE).live_at is None


def test_a_late_ring_fills_in_its_time_and_no_more() -> None:
    leg = told(placed(), LIVE, news(5, LegState.RINGING))
    assert (leg.state, leg.ringing_at, leg.live_at) == (LegState.LIVE, t(4), t(4))


def test_a_ring_told_after_the_end_was_not_after_the_answer() -> None:
    leg = told(placed(), LIVE, OVER, news(31, LegState.RINGING))
    assert leg.ringing_at is not None
    assert leg.live_at is not None
    assert leg.ringing_at <= leg.live_at


def test_an_agent_takes_a_lead_once() -> None:
    leg = accepted(accepted(placed(LegKind.AGENT), t(5)), t(6))
    assert leg.accepted_at == t(5)


REAL = [
    TALK,
    [PLACING, RINGING, LIVE, MACHINE, OVER],
    [PLACING, RINGING, LIVE, OVER],
    *[unanswered(end) for end in LegEnd if end is not LegEnd.COMPLETED],
]


@st.composite
def mixed(draw: st.DrawFn) -> tuple[list[LegReport], list[LegReport]]:
    """A real call's news; and the same reversed, repeated or with some of it lost, but never the end."""
    real = draw(st.sampled_from(REAL))
    kept = draw(st.lists(st.sampled_from(real), max_size=12))
    return real, draw(st.permutations([*kept, real[-1]]))


@examples(400)
@given(mixed())
def test_no_order_repeat_or_loss_of_news_changes_how_a_call_ended(
    both: tuple[list[LegReport], list[LegReport]],
) -> None:
    real, heard = both
    expected, found = told(placed(), *real), told(placed(), *heard)
    assert (found.state, found.end) == (expected.state, expected.end) == (LegState.ENDED, real[-1].end)
    assert (found.live_at is None) is (expected.live_at is None)
    assert found.seconds == expected.seconds
    if any(report.answered_by for report in heard):
        assert found.answered_by is expected.answered_by


@examples(400)
@given(mixed())
def test_the_state_only_rises_and_a_time_once_known_stays(both: tuple[list[LegReport], list[LegReport]]) -> None:
    leg = placed()
    for report in both[1]:
        before, leg = leg, advance(leg, report)
        assert RANK[leg.state] >= RANK[before.state]
        for name in ("ringing_at", "live_at", "ended_at", "end", "answered_by"):
            assert getattr(before, name) in (None, getattr(leg, name))
        assert advance(leg, report) == leg


@examples(400)
@given(mixed())
def test_a_leg_rings_before_it_is_answered_before_it_ends(both: tuple[list[LegReport], list[LegReport]]) -> None:
    """As news arrives: each report some time after the one before it."""
    heard = [replace(report, at=t(40 + n)) for n, report in enumerate(both[1])]
    leg = told(placed(), *heard)
    times = [at for at in (leg.placed_at, leg.ringing_at, leg.live_at, leg.ended_at) if at is not None]
    assert times == sorted(times)


# ---- two legs -----------------------------------------------------------------------------------------------


def agent(took: float | None = None, ended: float | None = None) -> Leg:
    leg = told(placed(LegKind.AGENT), news(1, LegState.RINGING))
    if took is not None:
        leg = accepted(told(leg, news(took, LegState.LIVE)), t(took))
    return leg if ended is None else told(leg, news(ended, LegState.ENDED, LegEnd.COMPLETED))


def lead(
    answered: float | None = None,
    ended: float | None = None,
    end: LegEnd = LegEnd.COMPLETED,
    by: AnsweredBy | None = None,
) -> Leg:
    leg = told(placed(), news(1, LegState.RINGING))
    if answered is not None:
        leg = told(leg, news(answered, LegState.LIVE))
    if by is not None:
        leg = told(leg, news(answered or 1, by=by))
    return leg if ended is None else told(leg, news(ended, LegState.ENDED, end))


def known_by_its_end(ended: float, talk: int | None, by: AnsweredBy | None = None) -> Leg:
    return told(placed(), news(ended, LegState.ENDED, LegEnd.COMPLETED, by, talk))


def legs(*found: Leg | None) -> list[Leg]:
    return [leg for leg in found if leg is not None]


H, M, U = AnsweredBy.HUMAN, AnsweredBy.MACHINE, AnsweredBy.UNKNOWN

AGENT_FIRST_FATES = {
    "nothing yet": (None, None, Fate()),
    "agent rings": (None, agent(), Fate()),
    "agent took it": (None, agent(3), Fate()),
    "missed offer": (None, agent(ended=20), Fate(offer_missed=True)),
    "agent left before the lead was dialled": (None, agent(3, ended=5), Fate(offer_missed=True)),
    "lead rings": (lead(), agent(3), Fate()),
    "lead answered, and is bridged": (lead(8), agent(3), Fate(t(8), t(8))),
    "talk": (lead(8, 60), agent(3, 60), Fate(t(8), t(8), t(60))),
    "talk with a person": (lead(8, 60, by=H), agent(3, 60), Fate(t(8), t(8), t(60))),
    "not known who answered": (lead(8, 60, by=U), agent(3, 60), Fate(t(8), t(8), t(60))),
    "machine early": (lead(8, by=M), agent(3), Fate(t(8), t(8), None, Result.MACHINE)),
    "machine late": (lead(8, 60, by=M), agent(3, 60), Fate(t(8), t(8), t(60), Result.MACHINE)),
    "abandoned: the agent had gone": (lead(8, 12), agent(3, 7), Fate(t(8), None, t(12), Result.ABANDONED)),
    "agent hangs up as the talk ends": (lead(8, 60), agent(3, 59), Fate(t(8), t(8), t(60))),
    "busy": (lead(None, 9, LegEnd.BUSY), agent(3), Fate(None, None, t(9), Result.BUSY)),
    "no answer": (lead(None, 30, LegEnd.NO_ANSWER), agent(3), Fate(None, None, t(30), Result.NO_ANSWER)),
    "failed": (lead(None, 2, LegEnd.FAILED), agent(3), Fate(None, None, t(2), Result.FAILED)),
    "cancelled": (lead(None, 6, LegEnd.CANCELLED), agent(3, 6), Fate(None, None, t(6), Result.CANCELLED)),
    "known only by its end": (known_by_its_end(60, 50), agent(3), Fate(t(10), t(10), t(60))),
    "known only by its end, to have been a machine": (
        known_by_its_end(60, 50, M), agent(3), Fate(t(10), t(10), t(60), Result.MACHINE)
    ),
    "known only by its end, with nobody there": (
        known_by_its_end(60, 50), agent(3, 7), Fate(t(10), None, t(60), Result.ABANDONED)
    ),
}  # fmt: skip

LEAD_FIRST_FATES = {
    "nothing yet": (None, None, Fate()),
    "lead rings": (lead(), None, Fate()),
    "lead answered, no agent yet": (lead(5), None, Fate(t(5))),
    "lead answered, agent rings": (lead(5), agent(), Fate(t(5))),
    "agent took it": (lead(5), agent(7), Fate(t(5), t(7))),
    "agent took it as the lead answered": (lead(7), agent(5), Fate(t(7), t(7))),
    "talk": (lead(5, 60), agent(7, 60), Fate(t(5), t(7), t(60))),
    "missed offer, lead waits": (lead(5), agent(ended=9), Fate(t(5))),
    "abandoned: nobody was found": (lead(5, 9), None, Fate(t(5), None, t(9), Result.ABANDONED)),
    "abandoned: the agent did not take it": (
        lead(5, 9), agent(ended=8), Fate(t(5), None, t(9), Result.ABANDONED)
    ),
    "abandoned: the agent took it too late": (
        lead(5, 9), agent(9.5, 11), Fate(t(5), None, t(9), Result.ABANDONED)
    ),
    "machine early": (lead(5, by=M), None, Fate(t(5), None, None, Result.MACHINE)),
    "machine late": (lead(5, 60, by=M), agent(7, 60), Fate(t(5), t(7), t(60), Result.MACHINE)),
    "busy": (lead(None, 9, LegEnd.BUSY), None, Fate(None, None, t(9), Result.BUSY)),
    "no answer": (lead(None, 30, LegEnd.NO_ANSWER), None, Fate(None, None, t(30), Result.NO_ANSWER)),
    "failed": (lead(None, 2, LegEnd.FAILED), None, Fate(None, None, t(2), Result.FAILED)),
    "cancelled": (lead(None, 6, LegEnd.CANCELLED), None, Fate(None, None, t(6), Result.CANCELLED)),
    "known only by its end": (known_by_its_end(60, 50), agent(12), Fate(t(10), t(12), t(60))),
}  # fmt: skip


BOTH_FATES = {
    "both are being placed": (placed(), [placed(LegKind.AGENT)], Fate()),
    "both ring": (lead(), [agent()], Fate()),
    "agent took it, lead rings": (lead(), [agent(3)], Fate()),
    "lead answered, agent rings": (lead(5), [agent()], Fate(t(5))),
    "lead answered last": (lead(8), [agent(3)], Fate(t(8), t(8))),
    "agent took it last": (lead(5), [agent(7)], Fate(t(5), t(7))),
    "talk": (lead(8, 60), [agent(3, 60)], Fate(t(8), t(8), t(60))),
    "agent declined, lead rings": (lead(), [agent(ended=4)], Fate()),
    "agent declined, the next took it": (lead(8), [agent(ended=4), agent(7)], Fate(t(8), t(8))),
    "agent left before the answer": (lead(None, 9, LegEnd.CANCELLED), [agent(3, 7)],
                                     Fate(None, None, t(9), Result.CANCELLED)),
    "abandoned: the agent left before the answer": (
        lead(8, 12), [agent(3, 7)], Fate(t(8), None, t(12), Result.ABANDONED)),
    "abandoned: nobody took it": (
        lead(5, 9), [agent(ended=6), agent(ended=8)], Fate(t(5), None, t(9), Result.ABANDONED)),
    "machine early": (lead(8, by=M), [agent(3)], Fate(t(8), t(8), None, Result.MACHINE)),
    "busy": (lead(None, 9, LegEnd.BUSY), [agent(3)], Fate(None, None, t(9), Result.BUSY)),
    "no answer": (lead(None, 30, LegEnd.NO_ANSWER), [agent()], Fate(None, None, t(30), Result.NO_ANSWER)),
    "the lead's number was refused": (
        lead(None, 1, LegEnd.FAILED), [placed(LegKind.AGENT)], Fate(None, None, t(1), Result.FAILED)),
    "talk, the answer told after the agent's end": (
        told(lead(61, by=H), news(62, LegState.ENDED, LegEnd.COMPLETED, talk=50)), [agent(3, 60)],
        Fate(t(61), t(61), t(62))),
    "known only by its end": (known_by_its_end(60, 50), [agent(3, 60)], Fate(t(10), t(10), t(60))),
}  # fmt: skip

HOT_FATES = {
    "lead rings, the agent hears it": (lead(), [agent(0)], Fate()),
    "talk begins with the answer": (lead(4), [agent(0)], Fate(t(4), t(4))),
    "talk": (lead(4, 60), [agent(0, 60)], Fate(t(4), t(4), t(60))),
    "the line dropped before the answer": (
        lead(None, 3, LegEnd.CANCELLED), [agent(0, 2)], Fate(None, None, t(3), Result.CANCELLED)),
    "abandoned: the line dropped as the lead answered": (
        lead(4, 6), [agent(0, 3)], Fate(t(4), None, t(6), Result.ABANDONED)),
    "the line dropped in the talk": (lead(4, 31), [agent(0, 30)], Fate(t(4), t(4), t(31))),
    "machine": (lead(4, by=M), [agent(0)], Fate(t(4), t(4), None, Result.MACHINE)),
    "no answer": (lead(None, 30, LegEnd.NO_ANSWER), [agent(0)], Fate(None, None, t(30), Result.NO_ANSWER)),
}  # fmt: skip


@pytest.mark.parametrize("case", BOTH_FATES)
def test_what_the_legs_add_up_to_when_both_phones_ring_at_once(case: str) -> None:
    of_lead, of_agents, expected = BOTH_FATES[case]
    assert fate(DialMode.BOTH, of_lead, of_agents) == expected


@pytest.mark.parametrize("case", HOT_FATES)
def test_what_the_legs_add_up_to_when_the_agents_line_is_up(case: str) -> None:
    of_lead, of_agents, expected = HOT_FATES[case]
    assert fate(DialMode.HOT, of_lead, of_agents) == expected


@pytest.mark.parametrize("mode", [DialMode.BOTH, DialMode.HOT])
def test_complaint_3_a_lead_whose_phone_rings_is_not_bridged_whatever_began_meanwhile(mode: DialMode) -> None:
    """An agent in the conference, who hears the ringing, has started it: nothing but the lead's answer is one."""
    assert fate(mode, lead(), [agent(0)]) == Fate()


AGENT_NEWS = [
    ("agent", news(1, LegState.RINGING)),
    ("agent", news(3, LegState.LIVE)),
    ("took", news(3.5)),
    ("agent", news(30, LegState.ENDED, LegEnd.COMPLETED, talk=27)),
]
LEAD_NEWS = {
    "talk": [news(1, LegState.RINGING), news(5, LegState.LIVE), news(9, by=H),
             news(30, LegState.ENDED, LegEnd.COMPLETED, talk=25)],
    "machine": [news(1, LegState.RINGING), news(5, LegState.LIVE), news(9, by=M),
                news(10, LegState.ENDED, LegEnd.COMPLETED, talk=5)],
    "busy": [news(1, LegState.RINGING), news(2, LegState.ENDED, LegEnd.BUSY)],
    "no answer": [news(1, LegState.RINGING), news(25, LegState.ENDED, LegEnd.NO_ANSWER)],
}  # fmt: skip


def as_told(order: list[tuple[str, LegReport]], mode: DialMode = DialMode.BOTH) -> Fate:
    """What both legs add up to after the news in this order, each said twice."""
    of_lead, of_agent = placed(), placed(LegKind.AGENT)
    for whose, report in order:
        if whose == "took":
            of_agent = accepted(of_agent, report.at)
        elif whose == "lead":
            of_lead = told(of_lead, report, report)
        else:
            of_agent = told(of_agent, report, report)
    return fate(mode, of_lead, [of_agent])


@examples(400)
@given(st.data(), st.sampled_from(list(LEAD_NEWS)), st.sampled_from([DialMode.BOTH, DialMode.HOT]))
def test_all_orders_of_the_news_about_two_legs_end_the_same(data: st.DataObject, kind: str, mode: DialMode) -> None:
    """Each report tells when it was; none is lost."""
    news_of_both = [*AGENT_NEWS, *[("lead", report) for report in LEAD_NEWS[kind]]]
    mixed_up = data.draw(st.permutations(news_of_both))
    expected, found = as_told(news_of_both, mode), as_told(mixed_up, mode)
    assert (found.result, found.over) == (expected.result, True)
    assert (found.bridged_at is None) is (expected.bridged_at is None)
    assert found.ended_at == expected.ended_at


@examples(400)
@given(st.data())
def test_a_talk_is_one_even_where_each_report_tells_only_when_it_came(data: st.DataObject) -> None:
    """Of the end the carrier counts the seconds, so that an answer told late is put right."""
    news_of_both = [*AGENT_NEWS, *[("lead", report) for report in LEAD_NEWS["talk"]]]
    mixed_up = data.draw(st.permutations(news_of_both))
    came = [(whose, replace(one, at=t(one.at.second if whose == "took" else 30 + n / 10)))
            for n, (whose, one) in enumerate(mixed_up)]  # fmt: skip
    assert as_told(came).result is None


@pytest.mark.parametrize(
    ("wanted", "on_a_line", "held", "mode"),
    [
        *[(wanted, True, held, DialMode.HOT) for wanted in DialMode for held in (False, True)],
        (DialMode.HOT, False, False, AGENT_FIRST),
        (DialMode.HOT, False, True, AGENT_FIRST),
        (AGENT_FIRST, False, False, AGENT_FIRST),
        (LEAD_FIRST, False, False, LEAD_FIRST),
        (DialMode.BOTH, False, False, DialMode.BOTH),
        *[(wanted, False, True, AGENT_FIRST) for wanted in (AGENT_FIRST, LEAD_FIRST, DialMode.BOTH)],
    ],
)
def test_the_mode_of_a_call(wanted: DialMode, on_a_line: bool, held: bool, mode: DialMode) -> None:
    assert mode_of(wanted, on_a_line=on_a_line, held=held) is mode


@pytest.mark.parametrize("case", AGENT_FIRST_FATES)
def test_what_the_legs_add_up_to_with_the_agent_first(case: str) -> None:
    of_lead, of_agent, expected = AGENT_FIRST_FATES[case]
    assert fate(AGENT_FIRST, of_lead, legs(of_agent)) == expected


@pytest.mark.parametrize("case", LEAD_FIRST_FATES)
def test_what_the_legs_add_up_to_with_the_lead_first(case: str) -> None:
    of_lead, of_agent, expected = LEAD_FIRST_FATES[case]
    assert fate(LEAD_FIRST, of_lead, legs(of_agent)) == expected


def test_a_fate_is_over_once_the_lead_or_the_offer_is() -> None:
    assert not Fate(t(1), t(2)).over
    assert Fate(offer_missed=True).over
    assert Fate(ended_at=t(3)).over


@examples(200)
@given(mixed(), st.booleans(), st.sampled_from(list(DialMode)))
def test_a_bridge_is_after_both_and_within_the_leads_call(
    both: tuple[list[LegReport], list[LegReport]], took: bool, mode: DialMode
) -> None:
    found = fate(mode, told(placed(), *both[1]), [agent(3) if took else agent()])
    assert found.over
    if found.bridged_at is None:
        assert found.result is not None
        return
    assert took
    assert found.answered_at is not None
    assert found.ended_at is not None
    assert found.answered_at <= found.bridged_at <= found.ended_at


@pytest.mark.parametrize(
    ("by", "bridged", "ended", "counts"),
    [
        (H, 8.0, 18.0, True),
        (H, 8.0, 17.999, False),
        (H, 8.0, 18.001, True),
        (H, None, 60.0, False),
        (H, 8.0, None, False),
        (M, 8.0, 60.0, False),
        (U, 8.0, 60.0, False),
        (None, 8.0, 60.0, False),
    ],
)
def test_a_contact_is_a_person_bridged_long_enough(
    by: AnsweredBy | None, bridged: float | None, ended: float | None, counts: bool
) -> None:
    leg = lead(5, ended, by=by)
    assert is_contact(leg, None if bridged is None else t(bridged), 10.0) is counts
