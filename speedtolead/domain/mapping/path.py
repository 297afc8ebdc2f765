"""Paths: how a mapping names a place in what was posted.

Owns: the grammar, reading and writing it. Must not know: any posted value.
Text that is no path raises ``PathError``, whose words name the character.

::

    path     = name { "." name | "[" selector "]" }
    name     = letters, digits, "_", "-" and inner blanks, or anything in double quotes (\\" and \\\\ inside)
    selector = number                        one element, counted from 0
             | "*"                           all elements
             | name { "." name } "=" value   the first element that has this value there; compared as text
    value    = any characters but "]", or anything in double quotes
"""

from __future__ import annotations

from dataclasses import dataclass

DEEPEST = 20
"""Levels of a posted value that are looked at, and steps that a path may have."""
_INDEX_DIGITS = 6

Place = tuple[str | int, ...]
"""Where one posted value is: names and element numbers, from the top."""


class PathError(ValueError):
    """The text is no path; the words are for the person who wrote it."""


@dataclass(frozen=True, slots=True)
class Every:
    """``[*]``"""


@dataclass(frozen=True, slots=True)
class Where:
    """``[a.b=value]``"""

    names: tuple[str, ...]
    value: str


Step = str | int | Where | Every


@dataclass(frozen=True, slots=True)
class Path:
    """A path as it was written, and its steps."""

    text: str
    steps: tuple[Step, ...]


def parse_path(text: str) -> Path:
    """The path that ``text`` says. Raises PathError."""
    reader = _Reader(text)
    steps: list[Step] = [reader.name()]
    while not reader.at_end():
        if reader.take("."):
            steps.append(reader.name())
        elif reader.take("["):
            steps.append(reader.selector())
        else:
            raise reader.unexpected()
    if len(steps) > DEEPEST:
        raise PathError(f"a path has at most {DEEPEST} steps")
    return Path(text, tuple(steps))


def written(place: Place) -> str:
    """The path that names this place."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{_name(part)}" for part in place)[1:]


def _name(name: str) -> str:
    if name and name == name.strip(" ") and all(map(_is_bare, name)):
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _is_bare(char: str) -> bool:
    return char.isalnum() or char in "_- "


class _Reader:
    """Reads a path from left to right; no character is looked at twice."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def at_end(self) -> bool:
        return self._at >= len(self._text)

    def take(self, char: str) -> bool:
        if self._peek() != char:
            return False
        self._at += 1
        return True

    def name(self) -> str:
        self._skip_blanks()
        if self._peek() == '"':
            return self._quoted()
        start = self._at
        while not self.at_end() and _is_bare(self._peek()):
            self._at += 1
        name = self._text[start : self._at].strip(" ")
        if not name:
            raise self._expected("a name")
        return name

    def selector(self) -> Step:
        """What is between brackets, the closing one included."""
        self._skip_blanks()
        if self.take("*"):
            self._close()
            return Every()
        names = [self.name()]
        while self.take("."):
            names.append(self.name())
        if self.take("="):
            value = self._value()
            self._close()
            return Where(tuple(names), value)
        number = names[0]
        if len(names) > 1 or not (number.isascii() and number.isdecimal() and len(number) <= _INDEX_DIGITS):
            raise self._expected('a number, "*" or name=value between the brackets, ending')
        self._close()
        return int(number)

    def unexpected(self) -> PathError:
        char = self._peek()
        return PathError(
            f"unexpected {char!r} at character {self._at + 1}; a name with such characters is put in double quotes"
        )

    def _value(self) -> str:
        self._skip_blanks()
        if self._peek() == '"':
            return self._quoted()
        end = self._text.find("]", self._at)
        value = self._text[self._at : end].strip(" ") if end >= 0 else ""
        if not value:
            raise self._expected('a value and "]"')
        self._at = end
        return value

    def _quoted(self) -> str:
        """Text between double quotes, and the blanks after it."""
        start = self._at
        self._at += 1
        chars: list[str] = []
        while not self.take('"'):
            self.take("\\")
            if self.at_end():
                raise PathError(f"the quote at character {start + 1} is not closed")
            chars.append(self._peek())
            self._at += 1
        self._skip_blanks()
        return "".join(chars)

    def _close(self) -> None:
        self._skip_blanks()
        if not self.take("]"):
            raise self._expected('"]"')
        self._skip_blanks()

    def _skip_blanks(self) -> None:
        while self._peek() == " ":
            self._at += 1

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _expected(self, what: str) -> PathError:
        return PathError(f"expected {what} at character {self._at + 1}")
