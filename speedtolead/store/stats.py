"""Sums over raw rows. Must not know: how a number is shown; what it means stands beside each statement."""

from __future__ import annotations

from dataclasses import dataclass

from speedtolead.store.query import Query


@dataclass(frozen=True, slots=True)
class SpeedRow:
    """One speed of one group; seconds."""

    grouped: str
    speed: str
    accepted: int
    counted: int
    p50: float | None
    p90: float | None
    p99: float | None
    within_5s: int
    within_30s: int
    within_60s: int
    within_300s: int


@dataclass(frozen=True, slots=True)
class HopRow:
    """One hop's own time; milliseconds."""

    hop: str
    counted: int
    p50: float | None
    p90: float | None
    p99: float | None


@dataclass(frozen=True, slots=True)
class ModeRow:
    """Calls of one dial mode; seconds from the person's answer to the talk."""

    mode: str
    calls: int
    answered: int
    talked: int
    p50: float | None
    p90: float | None


@dataclass(frozen=True, slots=True)
class ContactRow:
    grouped: str
    received: int
    accepted: int
    dialled: int
    contacted: int
    dialled_contacted: int
    short_talk_only: int
    machine_unknown_only: int
    machine_only: int
    live_answers: int
    abandoned: int
    attempts_to_contact: float | None


@dataclass(frozen=True, slots=True)
class LiveRow:
    waiting: int
    planned: int
    dialing: int
    ringing: int
    calling: int
    talking: int
    unknown: int


SPEED = Query("speed", SpeedRow)
HOPS = Query("hops", HopRow)
TALK_BY_MODE = Query("talk_by_mode", ModeRow)
CONTACT = Query("contact", ContactRow)
LIVE_COUNTS = Query("live_counts", LiveRow)
