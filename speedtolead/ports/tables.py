"""The ports of what is known at hand, from tables: phone numbers, places, mail addresses.

Nothing is asked over the network, and nothing is raised: what a table does not know is None, or empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from speedtolead.domain.caller_id import AreaCodes
from speedtolead.domain.place import Candidate


@dataclass(frozen=True, slots=True)
class ParsedPhone:
    """A usable number. ``country`` is ISO 3166-1 alpha-2, or None where the number does not tell.

    ``assigned``: False where its area code is not known to be in use; new ones come faster than tables.
    """

    e164: str
    country: str | None
    assigned: bool = True


class Numbering(Protocol):
    """Phone numbers and the places behind numbers, postal codes and states."""

    def parse(self, raw: str, country: str) -> ParsedPhone | None:
        """The number, read as dialled in ``country``; None when it is unusable."""
        ...

    def candidates(self, phone: str | None, state: str | None, postal_code: str | None) -> tuple[Candidate, ...]:
        """Every place where the person may be; empty when nothing tells."""
        ...

    def states_of_postal_code(self, postal_code: str) -> frozenset[str]:
        """The states that a US postal code lies in; empty for one that is not known."""
        ...

    def states_of_area_code(self, phone: str) -> frozenset[str]:
        """The states that a +1 number's area code serves; empty for one that is not known, or serves no place."""
        ...

    def area_codes(self) -> AreaCodes:
        """How far the area codes of +1 are apart."""
        ...

    def states(self) -> frozenset[str]:
        """Postal abbreviations of every US state and territory."""
        ...


@dataclass(frozen=True, slots=True)
class MailFacts:
    """What an address tells by itself. ``domain`` is lower-case; empty where the syntax is wrong."""

    syntax_ok: bool
    domain: str
    disposable: bool


class MailAddresses(Protocol):
    """Mail addresses, judged without a network."""

    def facts(self, address: str) -> MailFacts: ...


@dataclass(frozen=True, slots=True)
class IpPlace:
    """Where an internet address is. ``country`` is ISO 3166-1 alpha-2, ``state`` the part after its hyphen of
    ISO 3166-2; None: not known."""

    country: str | None
    state: str | None


class IpPlaces(Protocol):
    """Places of internet addresses, from a table at hand: nothing is asked over the network."""

    def place(self, ip: str) -> IpPlace | None:
        """None where the table does not know the address, or what is given is none. Raises nothing."""
        ...
