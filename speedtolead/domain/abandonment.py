"""Abandoned calls: people who answered and got no agent in time, and when a campaign must risk no more of them.

Owns: the share, and the decision to hold lead-first calls back or to allow them again. Must not know: who counts,
or how a call is made.

Source: 47 CFR 64.1200(a)(7) and 16 CFR 310.4(b)(4): at most three percent of the calls answered live by a person,
per campaign over 30 days, may not be connected to an agent within two seconds of the greeting.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

_BACK_AT = 0.6
"""Allowed again below this part of the share at which it is held: not back and forth with every call."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Calls of one campaign that a person answered in the period, and how many got no agent in time."""

    live: int
    abandoned: int

    @property
    def share(self) -> float | None:
        """None before the first answer."""
        return self.abandoned / self.live if self.live else None


def lead_first_held(held: bool, answers: Answers, switch_at: float) -> bool:
    """Whether the lead's phone may not be rung before an agent is on the line.

    ``switch_at`` is the share at which it is held, a little under the law's. A share of few answers says little, so
    at least ``1 / switch_at`` answers are assumed: with 2.5 % one abandoned call is borne, and a second among the
    first forty answers is not.
    """
    assumed = max(answers.live, ceil(1 / switch_at))
    if held:
        return answers.abandoned >= _BACK_AT * switch_at * assumed
    return answers.abandoned > switch_at * assumed
