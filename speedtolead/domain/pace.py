"""How fast a carrier account may be asked for calls, after it said that this was too fast.

Owns: the rule. Must not know: the calls per second themselves, or where the pace is kept.

Additive increase, multiplicative decrease (D.-M. Chiu and R. Jain, Computer Networks and ISDN Systems 17 (1989),
1-14: of the linear rules the one by which several who share a limit come to fair and efficient shares). On "too
many" (429), or when a placed call has to queue at the carrier, the share of the set rate is halved; from then it
rises by ``REGAINED`` a second until it is whole again. What is told within ``EPISODE`` of a slow-down is the same
trouble, and slows down no further. Beside that no call is placed for as long as the carrier's queue takes to empty
(``wait``): more calls would only wait behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

REGAINED = 0.05
"""Share of the set rate that is regained in a second: from half to whole in ten."""
LEAST = 0.1
EPISODE = timedelta(seconds=1)
TOLERATED = timedelta(milliseconds=500)
"""A shorter queue is only our own calls in uneven steps."""
LONGEST_WAIT = timedelta(seconds=30)
"""A longer queue is waited for in parts, so that one wrong number from the carrier stops nothing for long."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The ``share`` of the set rate that was used at ``at``, from ``LEAST`` to 1; ``at`` None: always whole."""

    share: float = 1.0
    at: datetime | None = None

    def share_at(self, now: datetime) -> float:
        if self.at is None:
            return 1.0
        return min(1.0, self.share + REGAINED * max(0.0, (now - self.at).total_seconds()))

    def slowed(self, now: datetime) -> Pace:
        """After a sign of too many calls at ``now``."""
        if self.at is not None and self.share < 1.0 and now - self.at < EPISODE:
            return self
        return Pace(max(LEAST, self.share_at(now) / 2), now)


def wait(queued_for: timedelta) -> timedelta | None:
    """How long no call is placed after one that queues for so long; None: that is nothing to slow down for."""
    return None if queued_for < TOLERATED else min(queued_for, LONGEST_WAIT)
