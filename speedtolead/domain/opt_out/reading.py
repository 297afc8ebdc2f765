"""One message, read: is it a request to stop?

Owns: the kinds of a message, and the order in which the rules are asked.
Must not know: the rules' words (``words``, ``sentences``, ``channels``), or what of a mail is quoted.
Whatever the text holds, the answer is a ``Reading``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from speedtolead.domain.opt_out import channels, sentences, words
from speedtolead.domain.opt_out.own_words import own_words


class Kind(StrEnum):
    OPT_OUT = "opt_out"
    """Suppress."""
    WRONG_NUMBER = "wrong_number"
    """Suppress: the person at this number or address is not who asked."""
    OPT_IN = "opt_in"
    """Texts may be sent again; nothing else is allowed by it."""
    HELP = "help"
    NONE = "none"

    @property
    def suppresses(self) -> bool:
        return self in (Kind.OPT_OUT, Kind.WRONG_NUMBER)


class Scope(StrEnum):
    ALL = "all"
    CALLS = "calls"
    """Calls only: the person says that texts are welcome."""
    TEXTS = "texts"
    """Texts only: the person says that calls are welcome. Of an opt-in: what is allowed again."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a message says about being contacted."""

    kind: Kind
    certain: bool = True
    """False: it may be meant otherwise. Suppress all the same, and ask an agent to look."""
    matched: str | None = None
    """The rule's name, as it may be shown: "keyword stop", "asks to stop contact". None only with ``Kind.NONE``."""
    scope: Scope = Scope.ALL


_NOTHING = Reading(Kind.NONE)


def read(text: str, *, mail: bool = False, ours: Sequence[str] = ()) -> Reading:
    """What the person asks for, by 47 CFR 64.1200(a)(10): any reasonable means, the listed words per se.

    :param text: plain text, as it arrived; of a mail the body without its markup.
    :param mail: quoted mail and the signature are not the person's words.
    :param ours: what was lately sent to this person; a copy of it in the message does not count.
    """
    cased = own_words(text, mail=mail, ours=ours)
    lower = cased.casefold()
    return _keyword(lower) or _sentence(cased, lower) or _NOTHING


def _keyword(lower: str) -> Reading | None:
    """The whole message is a keyword, apart from marks and courtesy."""
    spoken = [word for word in lower.split() if word not in words.MARKS]
    if len(spoken) == 1 and spoken[0] in words.OPT_IN:
        return Reading(Kind.OPT_IN, True, f"keyword {spoken[0]}", Scope.TEXTS)
    if len(spoken) > 1 and all(len(word) == 1 for word in spoken):
        spoken = ["".join(spoken)]  # S T O P
    core = [word for word in spoken if word not in words.COURTESY]
    if len(set(core)) == 1 and core[0] in words.HELP:
        return Reading(Kind.HELP, True, f"keyword {core[0]}")
    keys = [_as_keyword(word) for word in core]
    found = [key for key in keys if key is not None]
    if not found or len(found) < len(keys):
        return _slip(core[0]) if len(core) == 1 else None
    sure = [key for key in found if key in words.OPT_OUT]
    return Reading(Kind.OPT_OUT, bool(sure), f"keyword {(sure or found)[0]}")


def _as_keyword(word: str) -> str | None:
    """The keyword that a word is, also stretched ("stoppp") or with digits for letters ("st0p"); else None."""
    letters = word.translate(words.DIGITS_FOR_LETTERS)
    for key in (word, letters, "".join(letter for letter, _ in groupby(letters))):
        if key in words.OPT_OUT or key in words.DOUBTFUL:
            return key
    return None


def _slip(word: str) -> Reading | None:
    """A message of one word that is one typing slip away from a keyword and is no other word."""
    if word in words.NOT_A_SLIP:
        return None
    for key in words.SLIPS_OF:
        if _is_one_slip(word, key):
            return Reading(Kind.OPT_OUT, False, f"keyword {key}, mistyped")
    return None


def _is_one_slip(word: str, key: str) -> bool:
    """One letter too many, too few, wrong, or two neighbours swapped."""
    same = next((at for at, (one, other) in enumerate(zip(word, key, strict=False)) if one != other), None)
    if same is None:
        return abs(len(word) - len(key)) == 1
    left, right = word[same:], key[same:]
    swapped = left[:2] == right[1::-1] and left[2:] == right[2:]
    return swapped or left[1:] == right or left == right[1:] or left[1:] == right[1:]


def _sentence(cased: str, lower: str) -> Reading | None:
    """The first rule that holds, once what only sounds like a request is taken away."""
    lower = sentences.INNOCENT.sub(" ~", lower)
    for rule in sentences.RULES:
        found = rule.pattern.search(cased if rule.by_capitals else lower)
        if found is None:
            continue
        if not rule.opt_out:
            return Reading(Kind.WRONG_NUMBER, rule.certain, rule.name)
        scope = _scope(lower)
        torn = scope is Scope.ALL and channels.ASKS_FOR_CONTACT.search(lower) is not None
        return Reading(Kind.OPT_OUT, rule.certain and not torn, rule.name, scope)
    return None


def _scope(lower: str) -> Scope:
    """Narrower than all only where one channel is refused and the other is expressly welcome."""
    refused = channels.CALLS_REFUSED.search(lower), channels.TEXTS_REFUSED.search(lower)
    welcome = channels.CALLS_WELCOME.search(lower), channels.TEXTS_WELCOME.search(lower)
    if refused[0] and welcome[1] and not refused[1] and not welcome[0]:
        return Scope.CALLS
    if refused[1] and welcome[0] and not refused[0] and not welcome[1]:
        return Scope.TEXTS
    return Scope.ALL
