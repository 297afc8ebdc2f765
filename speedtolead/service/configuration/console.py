"""What the configuration file may say of a campaign's script, questions and prepared texts.

Owns: the shape of that part. A template that names a field no lead has is refused with its place.
"""

from __future__ import annotations

from typing import Annotated

from jinja2 import TemplateError
from pydantic import AfterValidator, Field, model_validator

from speedtolead.domain.console import Answer, ConsoleTerms, Passage, Question, Script
from speedtolead.service.configuration.values import Name, Part, only
from speedtolead.service.messages.wording import unknown_fields


def _template(value: str) -> str:
    try:
        unknown = unknown_fields(value)
    except TemplateError as error:
        raise ValueError(f"no template: {error}") from None
    if unknown:
        raise ValueError(f"no lead has {', '.join(unknown)}")
    return value


Said = Annotated[str, Field(min_length=1, max_length=4000), AfterValidator(_template)]
Label = Annotated[str, Field(min_length=1, max_length=100)]


class PassagePart(Part):
    label: Label
    say: Said

    def to_domain(self) -> Passage:
        return Passage(self.label, self.say)


class ScriptPart(Part):
    say: Said
    branches: Annotated[list[PassagePart], Field(max_length=30)] = Field(default_factory=list)
    objections: Annotated[list[PassagePart], Field(max_length=30)] = Field(default_factory=list)

    def to_domain(self) -> Script:
        return Script(
            self.say,
            tuple(one.to_domain() for one in self.branches),
            tuple(one.to_domain() for one in self.objections),
        )


class QuestionPart(Part):
    """``label`` left out: the name. ``choices`` belong to ``kind: choice``."""

    name: Name
    label: Label | None = None
    kind: Annotated[str, AfterValidator(only(*(kind.value for kind in Answer)))] = Answer.TEXT.value
    choices: Annotated[list[Label], Field(max_length=50)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _choices_fit(self) -> QuestionPart:
        if (self.kind == Answer.CHOICE) != bool(self.choices):
            raise ValueError("a choice has choices, and only a choice")
        return self

    def to_domain(self) -> Question:
        label = self.label or self.name.replace("_", " ").replace("-", " ")
        return Question(self.name, label, Answer(self.kind), tuple(self.choices))


def questions_once(given: list[QuestionPart]) -> list[QuestionPart]:
    names = [one.name for one in given]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{twice[0]!r} is asked twice")
    return given


Questions = Annotated[list[QuestionPart], Field(max_length=50), AfterValidator(questions_once)]


def terms_of(script: ScriptPart | None, questions: list[QuestionPart], texts: list[PassagePart]) -> ConsoleTerms:
    return ConsoleTerms(
        Script() if script is None else script.to_domain(),
        tuple(one.to_domain() for one in questions),
        tuple(one.to_domain() for one in texts),
    )
