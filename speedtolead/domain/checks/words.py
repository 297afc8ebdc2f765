"""Checks of the words: does the lead look like a test, does it hold a word that the source blocks?

Owns: how text is compared, the lists of test words, and when words are enough to call a lead a test.
Must not know: which fields a form has; further text comes with the name of its field.

"Test", "Sample" and "Foo" are surnames and there are real John Does, so one such word never refuses a lead. It
takes an exact known pattern ("Test Test", "asdf asdf", "do not call") or signs in two separate fields.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from speedtolead.domain.checks.facts import Facts, Policy
from speedtolead.domain.checks.finding import Finding, Reason, accepted, not_applicable, objected, shown

_TEST_WORDS = frozenset(
    {
        "test", "tests", "testing", "tester", "teste", "testfirst", "testlast", "testname", "testlead", "testuser",
        "asd", "asdasd", "asdf", "asdfasdf", "asdfg", "asdfgh", "sdf", "sdfsdf", "dfg", "qwe", "qweqwe", "qwer",
        "qwert", "qwerty", "zxc", "zxcv", "zxcvbn", "foo", "bar", "foobar", "dummy", "fake", "sample", "demo",
        "abc", "abcd", "xyz", "aaa", "bbb", "xxx", "zzz", "firstname", "lastname", "fname", "lname",
    }
)  # fmt: skip
_KNOWN_NAMES = frozenset(
    {
        "test lead", "test user", "test person", "test customer", "test account", "lead test", "first last",
        "do not call", "donot call", "dont call", "do notcall", "dont call me", "do not call me",
        "do not contact", "dont contact",
    }
)  # fmt: skip
"""Whole names that are nobody's. "Do Not" "Call" is a person who asks not to be called."""
_PLACEHOLDER_NAMES = frozenset(
    {"john doe", "jane doe", "john q public", "joe bloggs", "joe blow", "mickey mouse", "donald duck"}
)
"""Names that stand for anybody, but that somebody may bear: a sign, not a proof."""
_PLACEHOLDER_ADDRESS = re.compile(
    r"(?:123|1234|12345) (?:main|any|fake|test|sample) ?(?:st|str|street|rd|road|ave|avenue)?"
    r"|\d+ (?:fake|test) (?:st|str|street|rd|road|ave|avenue)|(?:test|fake) address|address"
)
_PLACEHOLDER_CITIES = frozenset({"testville", "test city", "testcity", "anytown", "any town", "nowhere", "city"})
_KNOWN_TEXTS = frozenset({"do not call", "dont call", "do not call me", "dont call me"})
_TEST_TEXTS = frozenset(
    {
        "test lead", "this is a test", "this is a test lead", "test please ignore", "please ignore",
        "ignore this lead", "test only", "testing only", "test data",
    }
)  # fmt: skip
_MAX_HITS = 20
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_TRAILING_DIGITS = re.compile(r"[0-9]+$")


def normal(text: str) -> str:
    """Text as it is compared: one case, one form of each letter, no invisible characters, single spaces."""
    if text.isascii():  # all of this but the case and the spaces is no matter there
        return " ".join(text.lower().split())
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join("".join(char for char in folded if unicodedata.category(char) != "Cf").split())


def bare(text: str) -> str:
    """Normal text, letters and digits only: "Don't  call!" is "dont call"."""
    joined = normal(text).replace("'", "").replace("’", "")
    if joined.isascii():
        return " ".join(_ASCII_WORD.findall(joined))
    return " ".join("".join(char if _in_word(char) else " " for char in joined).split())


def is_test_word(text: str) -> bool:
    """True for "test", "Test2", "asdf" and the like as the whole text."""
    return _TRAILING_DIGITS.sub("", bare(text)) in _TEST_WORDS


def test_data(facts: Facts, policy: Policy) -> Finding:
    """Somebody tries out a form: an exact known pattern, or signs in two separate fields."""
    pattern, signs = _pattern(facts), _signs(facts)
    inputs: dict[str, object] = {"pattern": shown(pattern), "signs": [shown(sign) for sign in signs]}
    given = (facts.first_name, facts.last_name, facts.email, facts.address, facts.city, *facts.texts.values())
    if facts.declared_test or not any(given):
        return not_applicable("test_data", "first_name", inputs)
    if pattern is None and len(signs) < 2:
        return accepted("test_data", "first_name", inputs)
    field = signs[0] if pattern is None else pattern
    words = "This lead looks like a test. Post tests with test: true."
    return objected("test_data", policy.reactions, Reason.TEST_DATA, field, words, inputs)


def blocked_words(facts: Facts, policy: Policy) -> Finding:
    """A word of the source's list, in any text of the lead."""
    texts = _texts(facts)
    blocked = _as_compared(policy.blocked_words)
    if not blocked or not texts:
        return not_applicable("blocked_words", "first_name", {"blocked": len(blocked), "fields": len(texts)})
    normals = {name: normal(text) for name, text in texts.items()}
    hits = [(name, word) for name, text in normals.items() for word in blocked if _stands_in(word, text)]
    inputs: dict[str, object] = {
        "blocked": len(blocked),
        "fields": len(texts),
        "found": [{"field": shown(name), "word": shown(word)} for name, word in hits[:_MAX_HITS]],
    }
    if not hits:
        return accepted("blocked_words", "first_name", inputs)
    words = "This lead holds a word that this source does not take."
    return objected("blocked_words", policy.reactions, Reason.BLOCKED_WORDS, hits[0][0], words, inputs)


@lru_cache(maxsize=256)
def _as_compared(words: frozenset[str]) -> list[str]:
    return sorted({word for word in map(normal, words) if word})


def _pattern(facts: Facts) -> str | None:
    """The field of a pattern that is a test on its own."""
    whole = bare(f"{facts.first_name or ''} {facts.last_name or ''}")
    if whole in _KNOWN_NAMES or (" " in whole and all(map(is_test_word, whole.split()))):
        return "first_name"
    for name, text in facts.texts.items():
        if bare(text) in _KNOWN_TEXTS:
            return name
    return None


def _signs(facts: Facts) -> tuple[str, ...]:
    """The fields that look like a test, each once; further texts are one sign together: they repeat each other."""
    first, last = bare(facts.first_name or ""), bare(facts.last_name or "")
    address, city = bare(facts.address or ""), bare(facts.city or "")
    placeholder = f"{first} {last}".strip() in _PLACEHOLDER_NAMES
    looks = {
        "first_name": is_test_word(first) or placeholder,
        "last_name": is_test_word(last),
        "email": _is_test_email(facts.email or "", {first, last}),
        "address": is_test_word(address) or _PLACEHOLDER_ADDRESS.fullmatch(address) is not None,
        "city": is_test_word(city) or city in _PLACEHOLDER_CITIES,
    }
    further = [name for name, text in facts.texts.items() if name not in looks and bare(text) in _TEST_TEXTS]
    return (*(name for name, is_sign in looks.items() if is_sign), *further[:1])


def _is_test_email(email: str, own_names: set[str]) -> bool:
    """A test word as the mailbox, unless it is the person's name again: Hans Sample is sample@… in good faith."""
    mailbox = bare(email.rpartition("@")[0])
    return is_test_word(mailbox) and mailbox not in own_names


def _texts(facts: Facts) -> dict[str, str]:
    """Every text of the lead by field."""
    own = {
        "first_name": facts.first_name,
        "last_name": facts.last_name,
        "email": facts.email,
        "address": facts.address,
        "city": facts.city,
    }
    return {**{name: text for name, text in own.items() if text}, **facts.texts}


def _stands_in(word: str, text: str) -> bool:
    """True where the word stands alone in the text: "ass" is not in "class", nor "कर" in "करना"."""
    at = text.find(word)
    while at >= 0:
        before, after = text[at - 1 : at] if at else "", text[at + len(word) : at + len(word) + 1]
        if not (before and _in_word(before) and _in_word(word[0])) and not (
            after and _in_word(after) and _in_word(word[-1])
        ):
            return True
        at = text.find(word, at + 1)
    return False


def _in_word(char: str) -> bool:
    """Letters, digits, and the marks that are parts of letters."""
    return unicodedata.category(char)[0] in "LNM"
