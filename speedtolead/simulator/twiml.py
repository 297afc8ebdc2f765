"""TwiML as a document.

Owns parsing, the reading of attributes and the words for where a document leads. Must not know calls, nor
carry any verb out. A document that Twilio would refuse raises BadDocument with Twilio's error code.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import urljoin
from xml.etree import ElementTree

from .wire import truth

VERBS = frozenset({"Dial", "Gather", "Hangup", "Pause", "Play", "Record", "Redirect", "Reject", "Say", "Leave"})
NOUNS = frozenset({"Number", "Client", "Sip", "Conference"})
LARGEST = 64 * 1024


class BadDocument(Exception):
    """Not TwiML that can be run."""

    def __init__(self, code: int, words: str) -> None:
        self.code = code
        super().__init__(f"{code}: {words}")


@dataclass(frozen=True, slots=True)
class Element:
    """A verb or a noun."""

    node: ElementTree.Element
    base: str
    """Address of the document it came from; empty for one given inline."""

    @property
    def name(self) -> str:
        return self.node.tag

    @property
    def text(self) -> str:
        return (self.node.text or "").strip()

    @property
    def children(self) -> Iterator[Element]:
        return (Element(node, self.base) for node in self.node)

    def get(self, name: str, default: str = "") -> str:
        return self.node.get(name, default)

    def has(self, name: str) -> bool:
        return name in self.node.attrib

    def number(self, name: str, default: float) -> float:
        try:
            return float(self.node.get(name, default))
        except ValueError:
            raise BadDocument(12200, f"{self.name} {name}") from None

    def flag(self, name: str, default: bool) -> bool:
        return truth(self.node.get(name), default)

    def words(self, name: str, default: str = "") -> frozenset[str]:
        return frozenset(self.node.get(name, default).split())

    def method(self, name: str = "method") -> str:
        return self.node.get(name, "POST").upper()

    def url(self, name: str) -> str:
        """An attribute's address, made absolute."""
        return self.absolute(self.node.get(name, ""))

    def absolute(self, url: str) -> str:
        return urljoin(self.base, url) if url else ""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a document comes from: its text, or an address."""

    text: str = ""
    url: str = ""
    method: str = "POST"
    parameters: dict[str, str] = field(default_factory=dict)
    fallback_url: str = ""
    fallback_method: str = "POST"


class Stop(Enum):
    HANG_UP = "hang up"
    NOTHING_LEFT = "nothing left"


Step = Source | Stop | None
"""After a verb: go elsewhere, stop, or (None) the next verb."""


@dataclass(frozen=True, slots=True)
class Document:
    verbs: tuple[Element, ...]
    base: str


def parse(text: str, base: str = "") -> Document:
    """An empty text is an empty document, as in answer to an action that wants nothing more."""
    verbs = _verbs(text, base)
    for verb in verbs:
        if verb.name not in VERBS:
            raise BadDocument(12200, f"unknown verb {verb.name}")
    return Document(verbs, base)


def messages(text: str) -> tuple[str, ...]:
    """What a text is answered with: the words of each Message. Redirects are not followed."""
    found = []
    for verb in _verbs(text, ""):
        if verb.name != "Message":
            raise BadDocument(12200, f"unknown verb {verb.name}")
        bodies = [child.text for child in verb.children if child.name == "Body"]
        found.append("".join(bodies) or verb.text)
    return tuple(filter(None, found))


def _verbs(text: str, base: str) -> tuple[Element, ...]:
    if not text.strip():
        return ()
    if len(text) > LARGEST:
        raise BadDocument(11750, "larger than 64 kB")
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise BadDocument(12100, "document types are not read")
    try:
        root = ElementTree.fromstring(text.strip())
    except ElementTree.ParseError as error:
        raise BadDocument(12100, str(error)) from None
    if root.tag != "Response":
        raise BadDocument(12102, "the root must be Response")
    return tuple(Element(node, base) for node in root)
