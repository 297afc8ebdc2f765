"""Why a lead was refused at the last moment, in words, with the field at fault. Checks bring words of their own."""

from __future__ import annotations

from speedtolead.domain.checks import Finding, Verdict
from speedtolead.domain.lead import Refusal

_WORDS: dict[Refusal, tuple[str, str]] = {
    Refusal.SUPPRESSED: ("phone", "This person asked not to be contacted."),
    Refusal.DUPLICATE: ("phone", "This person was accepted before, within the window of this source."),
    Refusal.OVER_CAP: ("source", "A cap of this source is reached."),
}


def refused(refusal: Refusal, inputs: dict[str, object], words: str | None = None) -> Finding:
    """The finding of a guard: what the database's own rows said no to."""
    field, usual = _WORDS[refusal]
    return Finding(refusal.value, Verdict.REFUSE, refusal.value, field, words or usual, 0, inputs)
