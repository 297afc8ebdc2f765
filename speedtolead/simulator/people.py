"""The people behind the numbers.

Owns the scripts (who answers, when, for how long, what is pressed), the choice of the script that belongs
to a number, and the dice, which are seeded per number and per nth call to it so that a run repeats itself
however its calls interleave. Must not know HTTP, calls or TwiML. A script that makes no sense is refused
when it is written, never when it is played.
"""

from __future__ import annotations

import dataclasses
import random
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

Seconds = float | tuple[float, float]
"""A fixed number of simulated seconds, or the two ends of a range to draw from."""


class Does(StrEnum):
    ANSWER = "answer"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    DECLINE = "decline"
    VOICEMAIL = "voicemail"
    INVALID = "invalid"
    UNREACHABLE = "unreachable"
    MANUAL = "manual"


class Texts(StrEnum):
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    OPTED_OUT = "opted_out"
    LANDLINE = "landline"


@dataclass(frozen=True, slots=True)
class Person:
    """How whoever owns the numbers matching `pattern` behaves. Seconds are simulated."""

    pattern: str = "*"
    does: Does = Does.ANSWER
    ring: Seconds = (1.0, 2.0)
    talk: Seconds | None = None
    """Hangs up this long after being connected with somebody; None: never first."""
    presses: str = ""
    """Keys pressed at every Gather."""
    answers: tuple[str, ...] = ()
    """Keys pressed at the first, second, … Gather of a call that they make, instead; empty presses none."""
    digit_delay: float = 0.5
    hangs_up_after_answer: Seconds | None = None
    answered_by: str | None = None
    """What detection says, whatever the truth."""
    detected_after: Seconds | None = None
    """How long detection takes; None: as long as the carrier's own setting says."""
    speaks: Seconds = 1.0
    """How long they speak once they have answered; a machine's greeting, after which it beeps."""
    texts: Texts = Texts.DELIVERED

    def __post_init__(self) -> None:
        object.__setattr__(self, "does", Does(self.does))
        object.__setattr__(self, "texts", Texts(self.texts))
        for name in ("ring", "talk", "hangs_up_after_answer", "detected_after", "speaks"):
            object.__setattr__(self, name, _seconds(name, getattr(self, name)))
        object.__setattr__(self, "answers", tuple(self.answers))
        if set(self.presses).union(*self.answers) - set("0123456789*#w"):
            raise ValueError("presses may hold only 0-9, *, # and w (half a second)")
        if self.digit_delay < 0:
            raise ValueError("digit_delay may not be negative")

    @property
    def is_machine(self) -> bool:
        return self.does is Does.VOICEMAIL

    def detected_as(self, mode: str) -> str:
        if self.answered_by is not None:
            return self.answered_by
        if not self.is_machine:
            return "human"
        return "machine_end_beep" if mode == "DetectMessageEnd" else "machine_start"

    def as_json(self) -> dict[str, object]:
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, object]) -> Person:
        """Raises ValueError or TypeError on fields or values that do not exist."""
        return cls(**fields)  # type: ignore[arg-type]


def _seconds(name: str, value: object) -> Seconds | None:
    match value:
        case None if name not in {"ring", "speaks"}:
            return None
        case bool():
            pass
        case int() | float() if value >= 0:
            return float(value)
        case (int() | float() as low, int() | float() as high) if 0 <= low <= high:
            return (float(low), float(high))
    raise ValueError(f"{name} must be seconds, or a range [low, high] of them")


def drawn(value: Seconds, dice: random.Random) -> float:
    return dice.uniform(*value) if isinstance(value, tuple) else value


def default_people() -> tuple[Person, ...]:
    """The cast when nothing else is configured; the package's docstring says it in words."""
    human = Person(ring=(1.5, 4.0), presses="1", talk=(20.0, 45.0))

    def ending(digits: str, person: Person) -> Person:
        return dataclasses.replace(person, pattern=f"+1???55501{digits}")

    return (
        ending("[0-5]?", human),
        ending("6?", Person(does=Does.NO_ANSWER)),
        ending("7[0-4]", Person(does=Does.BUSY)),
        ending("7[5-9]", Person(does=Does.DECLINE, ring=(1.5, 4.0))),
        ending("8?", Person(does=Does.VOICEMAIL, ring=(8.0, 12.0), talk=120.0, speaks=8.0)),
        ending("9[0-4]", Person(ring=(1.5, 4.0), hangs_up_after_answer=(0.5, 2.0))),
        ending("95", Person(does=Does.INVALID)),
        ending("96", dataclasses.replace(human, texts=Texts.OPTED_OUT)),
        ending("97", Person(does=Does.UNREACHABLE, texts=Texts.UNDELIVERED)),
        ending("9[89]", dataclasses.replace(human, ring=(12.0, 18.0))),
        Person(pattern="*", presses="1"),
    )


class Directory:
    """Who is behind a number, and the dice for the next call to it."""

    def __init__(self, people: Iterable[Person], seed: int) -> None:
        self._original = tuple(people)
        self._seed = seed
        self.people: list[Person] = list(self._original)
        self._calls: Counter[str] = Counter()
        self._held: dict[str, float] = {}

    def hold(self, number: str, until: float) -> None:
        """Somebody answers this phone by hand until then, on the clock of ``time.monotonic``."""
        self._held[number] = until

    def behind(self, number: str) -> Person:
        if self._held.get(number, 0.0) > time.monotonic():
            return Person(pattern=number, does=Does.MANUAL)
        for person in self.people:
            if fnmatchcase(number, person.pattern):
                return person
        return Person(presses="1")

    def dice(self, number: str) -> random.Random:
        self._calls[number] += 1
        return random.Random(f"{self._seed}:{number}:{self._calls[number]}")

    def put_first(self, people: Iterable[Person]) -> None:
        self.people[:0] = people

    def reset(self) -> None:
        self.people = list(self._original)
        self._calls.clear()
        self._held.clear()
