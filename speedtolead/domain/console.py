"""What a campaign gives the agent who talks: a script, and what to find out.

Owns: their shape. Must not know: how a template is filled, or a page.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Answer(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    CHOICE = "choice"
    YES_NO = "yes_no"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Question:
    """Something to find out. ``name`` is what it is kept under; ``choices`` are a choice's, and only a choice's."""

    name: str
    label: str
    kind: Answer = Answer.TEXT
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """What to say where something comes up: a branch, or an objection. ``say`` is a template."""

    label: str
    say: str


@dataclass(frozen=True, slots=True)
class Script:
    """Templates, filled with the lead's fields as texts are. Empty: the campaign has none."""

    say: str = ""
    branches: tuple[Passage, ...] = ()
    objections: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True)
class ConsoleTerms:
    script: Script = Script()
    qualification: tuple[Question, ...] = ()
    texts: tuple[Passage, ...] = ()
    """Texts that an agent may begin with."""
