"""What the configuration file may say of people: users who sign in, and agents who are rung.

Owns: the shape of those parts. Must not know: what is in the database. A bad value is refused with its place.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from speedtolead.domain.agent import Presence
from speedtolead.service.configuration.values import Email, Name, Part, Phone, sip_address


class User(Part):
    email: Email
    role: Literal["agent", "supervisor", "manager", "admin"]
    password: Annotated[str, Field(min_length=8, max_length=200)]


class Agent(Part):
    """Rung on one of ``phone``, ``client`` (the browser) or ``sip``."""

    name: Name
    phone: Phone | None = None
    client: Annotated[str, Field(pattern=r"^\w{1,121}$")] | None = None
    sip: Annotated[str, AfterValidator(sip_address)] | None = None
    presence: Presence = Presence.ALWAYS
    groups: Annotated[list[Name], Field(min_length=1)]
    email: Email | None = None
    password: Annotated[str, Field(min_length=8, max_length=200)] | None = None

    @property
    def address(self) -> str:
        return self.phone or self.sip or f"client:{self.client}"
