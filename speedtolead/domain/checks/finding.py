"""What one check found, and what follows from it.

Owns: the verdicts, the reason codes, and ``DEFAULTS``, the one table of what follows when a check objects.
Must not know: what any check looks at. A reaction that makes no sense raises ValueError when it is made.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

MAX_POINTS = 100
_SHOWN = 200
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Verdict(StrEnum):
    ACCEPT = "accept"
    PENALTY = "penalty"
    """Accepted, with points against the lead's score."""
    REFUSE = "refuse"
    NOT_APPLICABLE = "not_applicable"
    """Nothing was given to look at, or the source does not ask for it."""
    NO_ANSWER = "no_answer"
    """A provider was silent and the source takes the lead all the same."""


class Reason(StrEnum):
    """Why a check objects: the ``code`` of the 422 answer, and the key of reports. A code never changes."""

    INVALID_PHONE = "invalid_phone"
    LINE_TYPE = "line_type"
    UNKNOWN_AREA_CODE = "unknown_area_code"
    INVALID_EMAIL = "invalid_email"
    DISPOSABLE_EMAIL = "disposable_email"
    ROLE_EMAIL = "role_email"
    TEST_DATA = "test_data"
    BLOCKED_WORDS = "blocked_words"
    BOT = "bot"
    VELOCITY = "velocity"
    TOO_OLD = "too_old"
    CLOCK = "clock"
    BAD_NAME = "bad_name"
    BAD_ADDRESS = "bad_address"
    UNKNOWN_STATE = "unknown_state"
    UNKNOWN_POSTAL_CODE = "unknown_postal_code"
    PLACE_MISMATCH = "place_mismatch"
    LITIGATOR = "litigator"
    DO_NOT_CALL_LIST = "do_not_call_list"
    REASSIGNED = "reassigned"
    NO_SUCH_CERTIFICATE = "no_such_certificate"
    CERTIFICATE_MISMATCH = "certificate_mismatch"
    CERTIFICATE_AGE = "certificate_age"
    CERTIFICATE_PAGE = "certificate_page"
    CERTIFICATE_WORDING = "certificate_wording"
    CERTIFICATE_FRAMED = "certificate_framed"
    NO_ANSWER = "no_answer"


@dataclass(frozen=True, slots=True)
class Reaction:
    """What follows when a check objects: ``accept`` (the check is off), ``penalty`` with its points, ``refuse``."""

    verdict: Verdict
    points: int = 0

    def __post_init__(self) -> None:
        if self.verdict not in {Verdict.ACCEPT, Verdict.PENALTY, Verdict.REFUSE}:
            raise ValueError(f"expected accept, penalty or refuse, got {self.verdict}")
        if self.verdict is Verdict.PENALTY and not 1 <= self.points <= MAX_POINTS:
            raise ValueError(f"expected a penalty of 1 to {MAX_POINTS} points, got {self.points}")
        if self.verdict is not Verdict.PENALTY and self.points:
            raise ValueError(f"only a penalty has points, {self.verdict} has none")


class Finding(NamedTuple):
    """One check's answer. ``inputs`` are plain values, as they are stored and shown.

    A tuple because some forty are made for every lead: a frozen dataclass takes three times as long to make.
    """

    check: str
    verdict: Verdict
    reason: str
    """A ``Reason``; empty unless the verdict is penalty, refuse or no_answer."""
    field: str
    """Our name of the field that was looked at."""
    words: str
    points: int
    inputs: dict[str, object]


def _penalty(points: int) -> Reaction:
    return Reaction(Verdict.PENALTY, points)


_ACCEPT, _REFUSE = Reaction(Verdict.ACCEPT), Reaction(Verdict.REFUSE)

DEFAULTS: Mapping[str, Reaction] = {
    "phone_given": _REFUSE,  # no policy changes this one: there would be nothing to call
    "phone_exists": _REFUSE,
    "made_up_phone": _REFUSE,
    "line_type": _REFUSE,  # only asked when the source lists its line types
    "area_code": _penalty(10),  # new area codes appear before the tables know them: never a refusal by default
    "too_old": _REFUSE,  # only asked when the source gives an age
    "clock": _penalty(5),
    "clock_by_days": _penalty(20),
    "test_data": _REFUSE,
    "made_up_email": _REFUSE,
    "blocked_words": _REFUSE,
    "honeypot": _REFUSE,
    "time_on_form": _REFUSE,
    "certificate_bot": _REFUSE,
    "user_agent": _penalty(20),
    "user_agent_given": _penalty(5),  # many honest sellers do not pass it on
    "velocity_phone": _REFUSE,
    "velocity_ip": _REFUSE,
    "velocity_device": _REFUSE,
    "velocity_email_domain": _REFUSE,
    "email": _penalty(20),  # who gives a bad address can still be called
    "email_domain": _penalty(20),
    "disposable_email": _penalty(15),
    "role_email": _penalty(5),
    "names": _penalty(15),
    "same_names": _penalty(3),  # Ali Ali and James James are real people
    "address": _penalty(10),
    "city": _penalty(10),
    "state": _penalty(10),
    "postal_code": _penalty(10),
    "postal_code_in_state": _penalty(15),
    "area_code_place": _penalty(3),  # people move and keep their numbers
    "ip_country": _penalty(20),
    "ip_state": _penalty(3),  # a mobile carrier's address is often placed in another state
    "litigator": _REFUSE,
    "do_not_call_list": _ACCEPT,  # written consent overrides the national list, 47 CFR 64.1200(c)(2)(ii)
    "own_do_not_call": _REFUSE,
    "reassigned": _REFUSE,
    "reassigned_unknown": _ACCEPT,
    "certificate": _REFUSE,
    "certificate_phone": _REFUSE,
    "certificate_age": _REFUSE,  # only asked when the source gives an age
    "certificate_page": _penalty(15),
    "certificate_wording": _penalty(20),
    "certificate_framed": _penalty(10),
    "no_answer_lookup": _ACCEPT,
    "no_answer_ip_place": _ACCEPT,
    "no_answer_mail_domain": _ACCEPT,
    "no_answer_certificate": _ACCEPT,
    "no_answer_scrub": _ACCEPT,
    "no_answer_reassigned": _ACCEPT,
}
"""What follows when a check objects and the source says nothing else, by check."""


def accepted(check: str, field: str, inputs: dict[str, object]) -> Finding:
    return Finding(check, Verdict.ACCEPT, "", field, "", 0, inputs)


def not_applicable(check: str, field: str, inputs: dict[str, object] | None = None) -> Finding:
    return Finding(check, Verdict.NOT_APPLICABLE, "", field, "", 0, inputs or {})


def objected(
    check: str,
    reactions: Mapping[str, Reaction],
    reason: Reason,
    field: str,
    words: str,
    inputs: dict[str, object],
) -> Finding:
    """The check objects; what follows is the source's, else the default's. What a check that is off saw is kept."""
    reaction = reactions.get(check) or DEFAULTS[check]
    if reaction.verdict is Verdict.ACCEPT:
        return accepted(check, shown(field) or "", {**inputs, "passed_over": reason.value})
    return Finding(check, reaction.verdict, reason.value, shown(field) or "", words, reaction.points, inputs)


def shown(text: str | None) -> str | None:
    """Text as it is kept with a finding: not too long, and without what Postgres' JSON does not take."""
    if text is None:
        return None
    clean = text if text.isprintable() else _UNSTORABLE.sub("\ufffd", text)
    return clean if len(clean) <= _SHOWN else clean[: _SHOWN - 1] + "…"
