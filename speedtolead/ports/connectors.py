"""The port of lead providers: how the leads of an ad platform, a form builder or a lead vendor come in.

Owns: the values that a connector is given and gives back, and its two errors. Must not know: any one provider, or
what becomes of a lead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from speedtolead.domain.errors import SpeedToLeadError

if TYPE_CHECKING:
    import aiohttp

    Http: TypeAlias = aiohttp.ClientSession
else:
    Http = Any


class NotGenuine(SpeedToLeadError):
    """The signature or key is wrong or missing: 403, and nothing is read."""

    code = "not_genuine"


class Unreadable(SpeedToLeadError):
    """The body cannot be read: 400. ``field`` says where, as far as that is known."""

    code = "unreadable_body"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Posted:
    """The HTTP request, in no framework's types. ``headers`` have lower-case names."""

    method: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    content_type: str
    body: bytes

    def asked(self, name: str) -> str | None:
        """The query's value of that name; None when there is none, or more than one."""
        found = [value for key, value in self.query if key == name]
        return found[0] if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class Incoming:
    """One lead in the provider's own words, ready for the source's mapping. ``raw`` is kept as evidence."""

    fields: dict[str, Any]
    external_id: str | None
    test: bool
    submitted_at: datetime | None
    raw: bytes


@dataclass(frozen=True, slots=True)
class Challenge:
    """A handshake, to be answered with 200 and this."""

    body: str
    content_type: str = "text/plain"


@dataclass(frozen=True, slots=True)
class SettingField:
    """Something an operator configures. A ``secret`` is never shown again."""

    name: str
    title: str
    required: bool = True
    secret: bool = False
    default: str = ""


class Connector(Protocol):
    """One way in which leads come in."""

    name: str
    title: str
    settings: tuple[SettingField, ...]
    default_mapping: dict[str, Any]
    """Makes the provider's usual fields ours. Never the consent's channels, unless the lead itself names them."""

    def check_settings(self, given: Mapping[str, str]) -> list[tuple[str, str]]:
        """What is wrong, as setting and words; empty when the settings can be used."""
        ...

    async def read(
        self, posted: Posted, settings: Mapping[str, str], http: Http, now: datetime
    ) -> Challenge | list[Incoming]:
        """The leads of a request; none where it is about something else.

        Raises NotGenuine or Unreadable; and, where the provider must be asked, Transient or Permanent.
        """
        ...
