"""Phrases written so that anyone can read them, made into patterns.

Owns: the notation of ``sentences``. Must not know: any rule.
A phrase that cannot be read raises ``KeyError`` or ``re.error`` when the package is imported, never later.

A phrase is words between spaces, compared with a message in the form of ``own_words.plain``:

=============  ====================================================================================
``stop|quit``  one of these words; ``phone_calls`` is two words in a row
``[me|us]``    may be missing
``~3``         up to three words, whatever they are
``CONTACT``    one of the words of the group of that name
``llam*``      any ending, up to eight letters
``!at|by``     not before one of these words
``-you``       not after this word
``START``      the message starts here
``CLAUSE``     a clause starts here
``END``        the clause ends here, and not as a question
``ANYEND``     the clause ends here
``FULLEND``    the sentence ends here: no comma
=============  ====================================================================================

A phrase never reaches over the end of a clause, and no part of it may repeat without a bound.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_PLACES = {
    "START": r"(?<!.)",
    "CLAUSE": r"(?:(?<!.)|(?<= [.,?]))",
    "FULLEND": r"(?= \.| $)",
    "END": r"(?= [.,]| $)",
    "ANYEND": r"(?= [.,?]| $)",
}
_ANY_WORD = r" \w{1,30}(?= )"
_ENDING = r"\w{0,8}"


def patterns(text: str, groups: Mapping[str, str]) -> re.Pattern[str]:
    """One pattern for any of the phrases, one a line; a line that starts with ``#`` is a comment."""
    lines = [line.strip() for line in text.splitlines()]
    found = "|".join(_phrase(line, groups) for line in lines if line and not line.startswith("#"))
    # Every phrase begins at a space: said once, most places are passed over at once.
    return re.compile(f"(?= )(?:{found})")


def _phrase(line: str, groups: Mapping[str, str]) -> str:
    return "".join(_part(token, groups) for token in line.split())


def _part(token: str, groups: Mapping[str, str]) -> str:
    if token in _PLACES:
        return _PLACES[token]
    if token.startswith("~"):
        return f"(?:{_ANY_WORD}){{0,{int(token[1:])}}}"
    if token.startswith("["):
        return f"(?:{_words(token[1:-1], groups)})?"
    if token.startswith("!"):
        return f"(?!{_words(token[1:], groups)})"
    if token.startswith("-"):
        return f"(?<! {re.escape(token[1:])})"
    return _words(token, groups)


def _words(token: str, groups: Mapping[str, str]) -> str:
    """Any of the words, with the space before it; a space must follow, so that it is the whole word."""
    named = "|".join(groups[word] if word.isupper() else word for word in token.split("|"))
    return " (?:" + "|".join(_word(word) for word in named.split("|")) + ")(?= )"


def _word(word: str) -> str:
    return re.escape(word).replace("_", " ").replace(r"\*", _ENDING)
