"""What a recorded or artificial voice takes beyond a call by a person: 47 CFR 64.1200(a)(2) and (f)(9).

A message is left within a call that was permitted and counted, so the caps are not asked again.
"""

from __future__ import annotations

from speedtolead.domain.permit.caps import attempt_cap, lifetime_cap
from speedtolead.domain.permit.case import Decision, Request, Verdict
from speedtolead.domain.permit.decide import RULES

_LAW = "47 CFR 64.1200(a)(2), (f)(9)"


def recorded_consent(request: Request) -> Verdict:
    """The wording that was agreed to is kept: a recorded voice takes written consent everywhere."""
    written = request.facts.consent.written
    inputs: dict[str, object] = {"written": written}
    if written:
        return Verdict("recorded_consent", Decision.ALLOWED, inputs, citation=_LAW)
    words = "A recorded voice takes written consent, and the wording that the person agreed to is not known."
    return Verdict("recorded_consent", Decision.REFUSED, inputs, words, _LAW)


MESSAGE_RULES = (*(rule for rule in RULES if rule not in {attempt_cap, lifetime_cap}), recorded_consent)
