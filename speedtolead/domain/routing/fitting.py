"""Skills, licences and languages: what a lead asks of the agent who takes it.

Owns: reading that from a lead, and who answers to it. Must not know: who is chosen among them.

A licence is law: where the lead's state may be one of several, only an agent who is licensed in each of them may
take it, and nobody where none is known. A language is a wish: one that cannot be read asks nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from speedtolead.domain.routing.desk import FreeAgent
from speedtolead.domain.routing.policy import Routing, Strategy

UNKNOWN_STATE = "?"
_CODE = re.compile(r"([a-z]{2})(?:[-_].*)?", re.ASCII)
_ISO_639_1 = (
    "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee "
    "el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io "
    "is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn "
    "mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se "
    "sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo "
    "wa wo xh yi yo za zh zu"
)
_CODES = frozenset(_ISO_639_1.split())
_LANGUAGES = {
    "english": "en", "spanish": "es", "español": "es", "espanol": "es", "french": "fr", "français": "fr",
    "chinese": "zh", "mandarin": "zh", "cantonese": "zh", "tagalog": "tl", "vietnamese": "vi", "arabic": "ar",
    "korean": "ko", "russian": "ru", "portuguese": "pt", "haitian creole": "ht", "german": "de", "hindi": "hi",
    "polish": "pl", "italian": "it", "japanese": "ja",
}  # fmt: skip
"""The languages spoken most in homes of the US, by ISO 639 code."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What is asked of an agent. ``owner``: nobody else may take it."""

    skills: frozenset[str] = frozenset()
    states: frozenset[str] = frozenset()
    language: str | None = None
    owner: UUID | None = None

    @property
    def audience(self) -> str:
        """Who may take it, as one text: leads of one audience wait for the same agents. Empty: anybody.

        Its parts, with a comma between, are those of the agents' own (``agent_takes`` of the schema).
        """
        parts = {f"skill:{skill}" for skill in self.skills} | {f"state:{state}" for state in self.states}
        if self.language is not None:
            parts.add(f"language:{self.language}")
        if self.owner is not None:
            parts.add(f"owner:{self.owner}")
        return ",".join(sorted(parts))


NOTHING = Needs()


def needs_of(
    routing: Routing,
    region: str | None,
    states: Collection[str | None],
    attributes: Mapping[str, object],
    owner: UUID | None,
) -> Needs:
    """What a lead asks: ``region`` is the state that was posted, ``states`` those where the person may be."""
    if routing.plain:
        return NOTHING
    where: Collection[str | None] = [region] if region else states
    known = frozenset(state for state in where if state) or frozenset({UNKNOWN_STATE})
    return Needs(
        skills=frozenset(routing.skills),
        states=known if routing.licensed else frozenset(),
        language=language_of(attributes.get(routing.language)) if routing.language else None,
        owner=owner if routing.strategy is Strategy.OWNER_ONLY else None,
    )


def language_of(value: object) -> str | None:
    """The ISO 639 code of ``es``, ``es-MX`` or ``Spanish``; None for what is no language that is known."""
    said = value.strip().lower() if isinstance(value, str) else ""
    code = _CODE.fullmatch(said)
    return _LANGUAGES.get(said) or (code[1] if code and code[1] in _CODES else None)


def suits(agent: FreeAgent, needs: Needs) -> bool:
    """Whether the agent may take it; the owner is looked at by the strategy."""
    speaks = needs.language is None or needs.language in agent.languages
    return speaks and needs.skills <= agent.skills and needs.states <= agent.licensed


def fitting(agents: Sequence[FreeAgent], needs: Needs) -> list[FreeAgent]:
    return [agent for agent in agents if suits(agent, needs)]
