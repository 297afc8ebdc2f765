"""What a campaign gives its agents, as JSON and back. Owns: the stored form."""

from __future__ import annotations

from typing import Any

from speedtolead.domain.console import Answer, ConsoleTerms, Passage, Question, Script

Json = dict[str, Any]


def console_to_json(terms: ConsoleTerms) -> Json:
    script = terms.script
    return {
        "say": script.say,
        "branches": [[one.label, one.say] for one in script.branches],
        "objections": [[one.label, one.say] for one in script.objections],
        "qualification": [[q.name, q.label, q.kind.value, list(q.choices)] for q in terms.qualification],
        "texts": [[one.label, one.say] for one in terms.texts],
    }


def console_from_json(kept: Json | None) -> ConsoleTerms:
    """None: a campaign that was applied before there were such terms."""
    if kept is None:
        return ConsoleTerms()
    questions = (Question(name, label, Answer(kind), tuple(c)) for name, label, kind, c in kept["qualification"])
    script = Script(kept["say"], _passages(kept["branches"]), _passages(kept["objections"]))
    return ConsoleTerms(script, tuple(questions), _passages(kept["texts"]))


def _passages(kept: list[list[str]]) -> tuple[Passage, ...]:
    return tuple(Passage(label, say) for label, say in kept)
