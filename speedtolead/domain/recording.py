"""Recording a call: whether those on it must be told first, and what is known of a recording.

Owns: that decision with its inputs, and a recording's states. Must not know: how a call is recorded, or by whom it
is told. A place that is not known counts as one whose law asks for the announcement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from speedtolead.domain.campaign import Announcing, RecordingPolicy
from speedtolead.domain.place import Candidate, binding
from speedtolead.domain.rule_set import RuleSet


class RecordingState(StrEnum):
    """Where a recording is. The carrier's last word (``kept``, ``absent``) is final; so is ``removed``."""

    ASKED = "asked"
    """About to be asked for, or asked for without a clear answer: never asked for again."""
    RUNNING = "running"
    KEPT = "kept"
    """The carrier has it whole."""
    ABSENT = "absent"
    """The carrier recorded nothing."""
    REFUSED = "refused"
    REMOVED = "removed"
    """It was kept for as long as it had to be, or its lead was erased."""


@dataclass(frozen=True, slots=True)
class RecordingReport:
    """One piece of news about a recording, by the carrier's id of it. None: not told."""

    at: datetime
    recording_id: str
    state: RecordingState
    started_at: datetime | None = None
    seconds: int | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Announcement:
    """Whether the lead is told before a call is recorded, and what that was read from."""

    needed: bool
    why: str
    states: tuple[str, ...]
    """Where those on the call may be."""
    asking: tuple[str, ...]
    """Those of them in which all parties must know of a recording."""
    unknown: tuple[str, ...]
    """Whose state is not known: ``lead``, ``agents``."""
    rule_set: str
    citation: str

    def as_inputs(self) -> dict[str, object]:
        return {
            "needed": self.needed,
            "why": self.why,
            "states": list(self.states),
            "asking": list(self.asking),
            "unknown": list(self.unknown),
            "rule_set": self.rule_set,
            "citation": self.citation,
        }


def announcement(policy: RecordingPolicy, lead: Sequence[Candidate], rules: RuleSet) -> Announcement | None:
    """What is said before a call is recorded; None where none is recorded.

    ``lead`` are the places where the person may be. The strictest state on the call counts: of each place that
    binds, and of each state where the campaign's agents sit.
    """
    if not policy.record:
        return None
    places = binding(lead)
    states = {candidate.state for candidate in places if candidate.state} | set(policy.agents_in)
    asking = states & rules.recording.all_party
    unknown = []
    if not places or any(candidate.state is None for candidate in places):
        unknown.append("lead")
    if not policy.agents_in:
        unknown.append("agents")
    if policy.announce is Announcing.ALWAYS:
        needed, why = True, "the campaign always announces"
    elif asking:
        needed, why = True, f"all parties must know in {', '.join(sorted(asking))}"
    elif unknown:
        needed, why = True, f"the state of the {' and the '.join(unknown)} is not known"
    else:
        needed, why = False, "no state on the call asks for it"
    return Announcement(
        needed,
        why,
        tuple(sorted(states)),
        tuple(sorted(asking)),
        tuple(unknown),
        rules.version,
        rules.recording.citation,
    )
