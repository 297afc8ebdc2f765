"""Checks of how the lead came: when, how fast, how often, and by whose hand.

Owns: what a late, hurried, repeated or automatic lead is. Must not know: how leads are counted or how a form
measures time; counts and seconds come as facts.
"""

from __future__ import annotations

import math
import re
from datetime import timedelta
from functools import lru_cache

from speedtolead.domain.checks.facts import Facts, Policy
from speedtolead.domain.checks.finding import Finding, Reason, accepted, not_applicable, objected, shown
from speedtolead.domain.checks.mail import mailbox_and_domain

CLOCK_TOLERANCE = timedelta(minutes=5)
"""Clocks of servers differ by so much."""
_A_DAY = timedelta(days=1)

FREE_MAIL = frozenset(
    {
        "gmail.com", "googlemail.com", "yahoo.com", "yahoo.ca", "yahoo.co.uk", "yahoo.es", "yahoo.com.mx",
        "ymail.com", "rocketmail.com", "outlook.com", "outlook.es", "hotmail.com", "hotmail.co.uk", "hotmail.es",
        "hotmail.fr", "live.com", "live.ca", "live.co.uk", "msn.com", "passport.com", "aol.com", "aim.com",
        "icloud.com", "me.com", "mac.com", "privaterelay.appleid.com", "proton.me", "protonmail.com", "pm.me",
        "gmx.com", "gmx.net", "gmx.us", "gmx.de", "mail.com", "email.com", "usa.com", "zoho.com", "zohomail.com",
        "yandex.com", "yandex.ru", "mail.ru", "qq.com", "163.com", "126.com", "naver.com", "hanmail.net",
        "fastmail.com", "hey.com", "tutanota.com", "tuta.io", "duck.com", "mozmail.com", "comcast.net",
        "xfinity.com", "att.net", "sbcglobal.net", "bellsouth.net", "pacbell.net", "ameritech.net", "swbell.net",
        "prodigy.net", "verizon.net", "cox.net", "charter.net", "spectrum.net", "twc.com", "rr.com",
        "roadrunner.com", "brighthouse.com", "earthlink.net", "mindspring.com", "frontier.com", "frontiernet.net",
        "optonline.net", "optimum.net", "centurylink.net", "centurytel.net", "embarqmail.com", "q.com",
        "windstream.net", "suddenlink.net", "cableone.net", "wowway.com", "tds.net", "mediacombb.net", "hughes.net",
        "juno.com", "netzero.net", "peoplepc.com",
    }
)  # fmt: skip
"""Free mail and internet providers: whole cities share one domain, so their leads are not counted together."""

_PROGRAMS = re.compile(
    r"\b(?:curl|wget|libwww-perl|python-requests|python-urllib|python-httpx|aiohttp|httpx|go-http-client|java|ruby"
    r"|axios|node-fetch|undici|guzzlehttp|postmanruntime|insomnia|apache-httpclient|scrapy|phantomjs)/"
    r"|headless|selenium|webdriver|puppeteer|playwright"
    r"|(?:google|bing|yandex|baidu|ahrefs|semrush|apple|duckduck|petal|mj12|dot)bot\b"
    r"|\b(?:bot|crawler|spider|python)\b",
    re.IGNORECASE,
)
"""How programs call themselves. "bot" must stand alone: CUBOT makes phones."""


def too_old(facts: Facts, policy: Policy) -> Finding:
    """Not older at arrival than the source accepts."""
    if facts.submitted_at is None or policy.max_age is None:
        return not_applicable("too_old", "submitted_at")
    age = facts.received_at - facts.submitted_at
    inputs: dict[str, object] = {"age_seconds": age.total_seconds(), "max_seconds": policy.max_age.total_seconds()}
    if age <= policy.max_age:
        return accepted("too_old", "submitted_at", inputs)
    words = "The lead is older than this source accepts."
    return objected("too_old", policy.reactions, Reason.TOO_OLD, "submitted_at", words, inputs)


def clock(facts: Facts, policy: Policy) -> Finding:
    """Not submitted in the future, by more than clocks differ. By more than a day, see ``clock_by_days``."""
    return _clock("clock", facts, policy, CLOCK_TOLERANCE, _A_DAY)


def clock_by_days(facts: Facts, policy: Policy) -> Finding:
    """Not submitted more than a day in the future: then the time is made up, or another day's."""
    return _clock("clock_by_days", facts, policy, _A_DAY, None)


def honeypot(facts: Facts, policy: Policy) -> Finding:
    """The field that people do not see is empty."""
    inputs: dict[str, object] = {"honeypot": shown(facts.honeypot)}
    if facts.honeypot is None:
        return not_applicable("honeypot", "honeypot", inputs)
    if not facts.honeypot.strip():
        return accepted("honeypot", "honeypot", inputs)
    words = "A field that people do not see was filled in."
    return objected("honeypot", policy.reactions, Reason.BOT, "honeypot", words, inputs)


def time_on_form(facts: Facts, policy: Policy) -> Finding:
    """The form took as long as a person needs."""
    seconds, least = facts.seconds_on_form, policy.minimum_seconds_on_form
    if seconds is None or least is None or not math.isfinite(seconds):
        return not_applicable("time_on_form", "seconds_on_form")
    inputs: dict[str, object] = {"seconds": seconds, "minimum": least}
    if seconds >= least:
        return accepted("time_on_form", "seconds_on_form", inputs)
    words = "The form was filled in faster than a person can."
    return objected("time_on_form", policy.reactions, Reason.BOT, "seconds_on_form", words, inputs)


def certificate_bot(facts: Facts, policy: Policy) -> Finding:
    """The certificate's issuer saw a person at the form."""
    where, inputs = "consent.trustedform_cert_url", dict[str, object](bot=facts.certificate_bot)
    if facts.certificate_bot is None:
        return not_applicable("certificate_bot", where, inputs)
    if not facts.certificate_bot:
        return accepted("certificate_bot", where, inputs)
    words = "By its consent certificate, a program filled in the form."
    return objected("certificate_bot", policy.reactions, Reason.BOT, where, words, inputs)


def user_agent(facts: Facts, policy: Policy) -> Finding:
    """The browser does not call itself a program."""
    inputs: dict[str, object] = {"user_agent": shown(facts.user_agent)}
    if not (facts.user_agent and facts.user_agent.strip()):
        return not_applicable("user_agent", "consent.user_agent", inputs)
    sign = _sign(facts.user_agent)
    if sign is None:
        return accepted("user_agent", "consent.user_agent", inputs)
    inputs["sign"] = shown(sign)
    words = "The form was filled in by a program, by its user agent."
    return objected("user_agent", policy.reactions, Reason.BOT, "consent.user_agent", words, inputs)


@lru_cache(maxsize=1024)
def _sign(user_agent: str) -> str | None:
    """Looked for once in each user agent: the leads of a day share a few hundred."""
    found = _PROGRAMS.search(user_agent)
    return None if found is None else found.group()


def user_agent_given(facts: Facts, policy: Policy) -> Finding:
    """Who passes on the visitor's network address and page has seen a user agent, unless the visitor sent none."""
    given = bool(facts.user_agent and facts.user_agent.strip())
    inputs: dict[str, object] = {"user_agent": given, "ip": bool(facts.ip), "page_url": bool(facts.page_url)}
    if not (facts.ip and facts.page_url):
        return not_applicable("user_agent_given", "consent.user_agent", inputs)
    if given:
        return accepted("user_agent_given", "consent.user_agent", inputs)
    words = "The visitor's address and page are given, but no user agent."
    return objected("user_agent_given", policy.reactions, Reason.BOT, "consent.user_agent", words, inputs)


def velocity_phone(facts: Facts, policy: Policy) -> Finding:
    """Not too many leads with this phone, over all sources."""
    return _velocity("phone", "phone", facts, policy)


def velocity_ip(facts: Facts, policy: Policy) -> Finding:
    """Not too many leads from this network address."""
    return _velocity("ip", "consent.ip", facts, policy)


def velocity_device(facts: Facts, policy: Policy) -> Finding:
    """Not too many leads from this device."""
    return _velocity("device", "device", facts, policy)


def velocity_email_domain(facts: Facts, policy: Policy) -> Finding:
    """Not too many leads with this email domain, unless everybody has it."""
    _, domain = mailbox_and_domain(facts.email or "")
    if domain in FREE_MAIL or domain.endswith(".rr.com"):
        inputs: dict[str, object] = {"kind": "email_domain", "free_mail": shown(domain)}
        return not_applicable("velocity_email_domain", "email", inputs)
    return _velocity("email_domain", "email", facts, policy)


def _velocity(kind: str, field: str, facts: Facts, policy: Policy) -> Finding:
    check, limit, seen = f"velocity_{kind}", policy.velocity.get(kind), facts.seen.get(kind)
    inputs: dict[str, object] = {
        "kind": kind,
        "seen_before": seen,
        "limit": limit and limit.count,
        "seconds": limit and limit.seconds,
    }
    if limit is None or seen is None:
        return not_applicable(check, field, inputs)
    if seen < limit.count:
        return accepted(check, field, inputs)
    words = f"This source takes {limit.count} such leads within {limit.seconds} seconds; this is one more."
    return objected(check, policy.reactions, Reason.VELOCITY, field, words, inputs)


def _clock(check: str, facts: Facts, policy: Policy, over: timedelta, up_to: timedelta | None) -> Finding:
    if facts.submitted_at is None:
        return not_applicable(check, "submitted_at")
    ahead = facts.submitted_at - facts.received_at
    inputs: dict[str, object] = {"ahead_seconds": ahead.total_seconds(), "tolerance_seconds": over.total_seconds()}
    if up_to is not None and ahead > up_to:
        return not_applicable(check, "submitted_at", inputs)
    if ahead <= over:
        return accepted(check, "submitted_at", inputs)
    words = "The lead was submitted in the future."
    return objected(check, policy.reactions, Reason.CLOCK, "submitted_at", words, inputs)
