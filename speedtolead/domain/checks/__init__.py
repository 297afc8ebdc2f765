"""Validation: is an arriving lead worth a call, and if not, by which check and why?

Owns: the checks of a lead's data and behaviour, their order, and what follows by default when one objects.
Must not know: where a fact comes from (a library, a provider, the store), nor how a refusal is answered.
Nothing here fails: a fact that is missing makes its check not applicable, and a provider that was silent is named.

Adding a check: write a function ``(Facts, Policy) -> Finding``, put it into ``CHECKS`` and its default into
``DEFAULTS``.
"""

from __future__ import annotations

from speedtolead.domain.checks.facts import PROVIDERS, VELOCITY_KINDS, Facts, Policy, Velocity
from speedtolead.domain.checks.finding import DEFAULTS, Finding, Reaction, Reason, Verdict
from speedtolead.domain.checks.judge import CHECKS, Check, Judgement, judge

__all__ = [
    "CHECKS",
    "DEFAULTS",
    "PROVIDERS",
    "VELOCITY_KINDS",
    "Check",
    "Facts",
    "Finding",
    "Judgement",
    "Policy",
    "Reaction",
    "Reason",
    "Velocity",
    "Verdict",
    "judge",
]
