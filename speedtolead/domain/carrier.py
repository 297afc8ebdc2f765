"""Carrier accounts: their names, and which of them places a call.

Owns: the choice. Must not know: what a carrier is asked, or how it is found to be in trouble.

The choice is made before a call is committed, and stands for all legs of that try: they meet at one carrier. A
call that may have been made (an unclear answer) is looked for at the carrier that was asked, and no other is asked
meanwhile; only a definite no may send the next try elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class CarrierName(StrEnum):
    """The carrier accounts that an installation may have."""

    FIRST = "first"
    SECOND = "second"


@dataclass(frozen=True, slots=True)
class Option:
    """A carrier account that owns a number to call from, as it stands now."""

    name: CarrierName
    weight: float
    """Its share of the calls, relative to the others'. 0: only where no other can."""
    open: bool
    """Its breaker lets calls through."""
    has_slot: bool
    """It may place a call now by its calls per second."""
    refused: bool = False
    """This attempt's last try got a definite no from it."""


def choose(options: Sequence[Option], draw: float) -> CarrierName | None:
    """The carrier for a call; None where no breaker is closed. ``draw``, from 0 to below 1, picks by weight.

    Whoever said no to this attempt comes last, then whoever has no slot now; among those that are alike in this,
    the weights decide, and one of weight 0 is only taken where no other is left. A carrier without a slot is still
    chosen where it is the only one: the call then waits for its slot.
    """
    left = [option for option in options if option.open]
    for wanted in (lambda o: not o.refused, lambda o: o.weight > 0, lambda o: o.has_slot):
        left = [option for option in left if wanted(option)] or left
    return _drawn(left, draw) if left else None


def _drawn(options: Sequence[Option], draw: float) -> CarrierName:
    mark = draw * sum(option.weight for option in options)
    for option in options:
        mark -= option.weight
        if mark < 0:
            return option.name
    return options[0].name
