"""When, how fast, how often and by whose hand a lead came."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from speedtolead.domain.checks import VELOCITY_KINDS, Check, Facts, Policy, Reason, Velocity, Verdict, behaviour

ACCEPT, PENALTY, REFUSE, NOTHING = Verdict.ACCEPT, Verdict.PENALTY, Verdict.REFUSE, Verdict.NOT_APPLICABLE
NOON = datetime(2026, 6, 10, 16, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
MINUTES, HOUR, DAY = timedelta(minutes=5), timedelta(hours=1), timedelta(days=1)

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Mobile/15E148 Safari/604.1"
)
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"
)


def lead(**known: Any) -> Facts:
    return Facts(received_at=NOON, **known)


# ---- age ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("submitted_at", "max_age", "verdict"),
    [
        (NOON - HOUR, HOUR, ACCEPT),
        (NOON - HOUR - MOMENT, HOUR, REFUSE),
        (NOON + DAY, HOUR, ACCEPT),
        (NOON - MOMENT, timedelta(0), REFUSE),
        (NOON - 365 * DAY, None, NOTHING),
        (None, HOUR, NOTHING),
    ],
)
def test_a_lead_older_than_the_source_accepts_is_refused(
    submitted_at: datetime | None, max_age: timedelta | None, verdict: Verdict
) -> None:
    finding = behaviour.too_old(lead(submitted_at=submitted_at), Policy(max_age=max_age))
    assert (finding.verdict, finding.field) == (verdict, "submitted_at")
    assert finding.reason == (Reason.TOO_OLD if verdict is REFUSE else "")


@pytest.mark.parametrize(
    ("ahead", "within_a_day", "by_days"),
    [
        (-HOUR, ACCEPT, ACCEPT),
        (MINUTES, ACCEPT, ACCEPT),
        (MINUTES + MOMENT, PENALTY, ACCEPT),
        (DAY, PENALTY, ACCEPT),
        (DAY + MOMENT, NOTHING, PENALTY),
        (None, NOTHING, NOTHING),
    ],
)
def test_a_lead_from_the_future_costs_points_by_how_far(
    ahead: timedelta | None, within_a_day: Verdict, by_days: Verdict
) -> None:
    known = lead(submitted_at=None if ahead is None else NOON + ahead)
    near, far = behaviour.clock(known, Policy()), behaviour.clock_by_days(known, Policy())
    assert (near.verdict, near.points) == (within_a_day, 5 if within_a_day is PENALTY else 0)
    assert (far.verdict, far.points) == (by_days, 20 if by_days is PENALTY else 0)
    assert near.reason == (Reason.CLOCK if within_a_day is PENALTY else "")
    assert far.reason == (Reason.CLOCK if by_days is PENALTY else "")


# ---- programs -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "verdict"), [("x", REFUSE), ("https://spam", REFUSE), ("", ACCEPT), (" \n", ACCEPT), (None, NOTHING)]
)
def test_a_filled_in_honeypot_is_a_bots(value: str | None, verdict: Verdict) -> None:
    finding = behaviour.honeypot(lead(honeypot=value), Policy())
    assert (finding.verdict, finding.reason) == (verdict, Reason.BOT if verdict is REFUSE else "")


@pytest.mark.parametrize(
    ("seconds", "least", "verdict"),
    [
        (3.0, 3.0, ACCEPT),
        (2.999, 3.0, REFUSE),
        (0.0, 3.0, REFUSE),
        (-1.0, 3.0, REFUSE),
        (0.0, None, NOTHING),
        (None, 3.0, NOTHING),
        (float("nan"), 3.0, NOTHING),
        (float("inf"), 3.0, NOTHING),
    ],
)
def test_a_form_filled_in_too_fast_is_a_bots(seconds: float | None, least: float | None, verdict: Verdict) -> None:
    finding = behaviour.time_on_form(lead(seconds_on_form=seconds), Policy(minimum_seconds_on_form=least))
    assert (finding.verdict, finding.reason) == (verdict, Reason.BOT if verdict is REFUSE else "")


@pytest.mark.parametrize(("seen", "verdict"), [(True, REFUSE), (False, ACCEPT), (None, NOTHING)])
def test_a_bot_that_the_certificates_issuer_saw_is_refused(seen: bool | None, verdict: Verdict) -> None:
    finding = behaviour.certificate_bot(lead(certificate_bot=seen), Policy())
    assert (finding.verdict, finding.reason) == (verdict, Reason.BOT if verdict is REFUSE else "")
    assert finding.inputs == {"bot": seen}


@pytest.mark.parametrize(
    ("agent", "verdict"),
    [
        (IPHONE, ACCEPT),
        (CHROME, ACCEPT),
        ("Mozilla/5.0 (Linux; Android 9; CUBOT_X19) AppleWebKit/537.36", ACCEPT),
        ("Mozilla/5.0 (Linux; Android 10; CUBOT NOTE 20) AppleWebKit/537.36", ACCEPT),
        ("UCWEB/2.0 (Java; U; MIDP-2.0; en-US; Nokia) U2/1.0.0 UCBrowser/9.5", ACCEPT),
        ("curl/8.5.0", PENALTY),
        ("python-requests/2.32.3", PENALTY),
        ("Python/3.11 aiohttp/3.9.5", PENALTY),
        ("Java/17.0.2", PENALTY),
        ("Go-http-client/2.0", PENALTY),
        ("axios/1.7.2", PENALTY),
        (CHROME.replace("Chrome", "HeadlessChrome"), PENALTY),
        ("Mozilla/5.0 (compatible; Googlebot/2.1)", PENALTY),
        ("my own bot 1.0", PENALTY),
        ("  ", NOTHING),
        ("", NOTHING),
        (None, NOTHING),
    ],
)
def test_a_program_that_names_itself_costs_points(agent: str | None, verdict: Verdict) -> None:
    finding = behaviour.user_agent(lead(user_agent=agent), Policy())
    wanted = (Reason.BOT, 20) if verdict is PENALTY else ("", 0)
    assert (finding.verdict, finding.reason, finding.points) == (verdict, *wanted)


@pytest.mark.parametrize(
    ("known", "verdict"),
    [
        ({"user_agent": IPHONE, "ip": "192.0.2.1", "page_url": "https://quotes.example"}, ACCEPT),
        ({"user_agent": None, "ip": "192.0.2.1", "page_url": "https://quotes.example"}, PENALTY),
        ({"user_agent": " ", "ip": "192.0.2.1", "page_url": "https://quotes.example"}, PENALTY),
        ({"user_agent": None, "ip": "192.0.2.1"}, NOTHING),
        ({"user_agent": None, "page_url": "https://quotes.example"}, NOTHING),
        ({}, NOTHING),
    ],
)
def test_a_visitor_without_a_user_agent_costs_few_points(known: dict[str, Any], verdict: Verdict) -> None:
    finding = behaviour.user_agent_given(lead(**known), Policy())
    wanted = (Reason.BOT, 5) if verdict is PENALTY else ("", 0)
    assert (finding.verdict, finding.reason, finding.points) == (verdict, *wanted)


# ---- velocity -----------------------------------------------------------------------------------------------

BY_KIND: dict[str, Check] = {
    "phone": behaviour.velocity_phone,
    "ip": behaviour.velocity_ip,
    "device": behaviour.velocity_device,
    "email_domain": behaviour.velocity_email_domain,
}
LIMITS = {kind: Velocity(3, 600) for kind in BY_KIND}


@pytest.mark.parametrize("kind", VELOCITY_KINDS)
@pytest.mark.parametrize(("before", "verdict"), [(0, ACCEPT), (2, ACCEPT), (3, REFUSE), (40, REFUSE)])
def test_so_many_leads_within_the_window_and_no_more(kind: str, before: int, verdict: Verdict) -> None:
    finding = BY_KIND[kind](lead(seen={kind: before}, email="ann@acme-corp.com"), Policy(velocity=LIMITS))
    assert (finding.check, finding.verdict) == (f"velocity_{kind}", verdict)
    assert finding.reason == (Reason.VELOCITY if verdict is REFUSE else "")
    assert finding.inputs == {"kind": kind, "seen_before": before, "limit": 3, "seconds": 600}


@pytest.mark.parametrize("kind", VELOCITY_KINDS)
def test_each_kind_is_counted_by_itself(kind: str) -> None:
    others = {other: 99 for other in VELOCITY_KINDS if other != kind}
    assert BY_KIND[kind](lead(seen={**others, kind: 0}), Policy(velocity=LIMITS)).verdict is ACCEPT
    assert BY_KIND[kind](lead(seen=others), Policy(velocity=LIMITS)).verdict is NOTHING
    unlimited = Policy(velocity={other: Velocity(3, 600) for other in others})
    assert BY_KIND[kind](lead(seen={kind: 99}), unlimited).verdict is NOTHING


@pytest.mark.parametrize(
    ("address", "verdict"),
    [
        ("ann@gmail.com", NOTHING),
        ("Ann@YAHOO.com", NOTHING),
        ("ann@outlook.com", NOTHING),
        ("ann@tampabay.rr.com", NOTHING),
        ("ann@gmail.com.evil.net", REFUSE),
        ("ann@notgmail.com", REFUSE),
        ("ann@acme-corp.com", REFUSE),
    ],
)
def test_free_mail_is_shared_by_everybody(address: str, verdict: Verdict) -> None:
    known = lead(email=address, seen={"email_domain": 99})
    assert behaviour.velocity_email_domain(known, Policy(velocity=LIMITS)).verdict is verdict
