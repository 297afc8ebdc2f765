"""What the configuration file may say of people: users who sign in, and agents who are rung.

Owns: the shape of those parts. Must not know: what is in the database. A bad value is refused with its place.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from speedtolead.domain.agent import PAUSE_AFTER, Presence
from speedtolead.domain.routing.fitting import language_of
from speedtolead.domain.shift import DaysWorked, Shift
from speedtolead.service.configuration.values import Email, Hours, Name, Part, Phone, State, Zone, sip_address


class User(Part):
    """``phone``, ``client`` or ``sip``: where one who is no agent is rung to listen in on a talk."""

    email: Email
    role: Literal["agent", "supervisor", "manager", "admin"]
    password: Annotated[str, Field(min_length=8, max_length=200)]
    phone: Phone | None = None
    client: Annotated[str, Field(pattern=r"^\w{1,121}$")] | None = None
    sip: Annotated[str, AfterValidator(sip_address)] | None = None

    @model_validator(mode="after")
    def _one_address(self) -> User:
        if sum(one is not None for one in (self.phone, self.client, self.sip)) > 1:
            raise ValueError("say at most one of phone, client and sip")
        return self

    @property
    def address(self) -> str | None:
        return self.phone or self.sip or (f"client:{self.client}" if self.client else None)


class Standing(Part):
    """An agent's place in a group: a lower tier is rung first, a greater weight gets more leads."""

    name: Name
    tier: Annotated[int, Field(ge=1, le=99)] = 1
    weight: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)] = 1.0


def _standing(value: object) -> object:
    """A group by its name alone is one of tier 1 and weight 1."""
    return {"name": value} if isinstance(value, str) else value


def _language(value: str) -> str:
    code = language_of(value)
    if code is None:
        raise ValueError(f"{value!r} is no language, like es or Spanish")
    return code


Language = Annotated[str, AfterValidator(_language)]
Reason = Annotated[str, Field(pattern=r"^\w[\w -]{0,48}$")]


class Caps(Part):
    """The most offers that an agent gets in an hour and on a day of the agent's zone."""

    hourly: Annotated[int, Field(ge=1, le=10_000)] | None = None
    daily: Annotated[int, Field(ge=1, le=100_000)] | None = None


class Pauses(Part):
    """``reasons``: those that a pause may have; none: any. ``after_missed``: 0 is never."""

    reasons: list[Reason] = Field(default_factory=list)
    after_missed: Annotated[int, Field(ge=0, le=100)] = PAUSE_AFTER


class Agent(Part):
    """Rung on one of ``phone``, ``client`` (the browser) or ``sip``."""

    name: Name
    phone: Phone | None = None
    client: Annotated[str, Field(pattern=r"^\w{1,121}$")] | None = None
    sip: Annotated[str, AfterValidator(sip_address)] | None = None
    presence: Presence = Presence.ALWAYS
    hours: Hours | None = None
    days_off: list[date] = Field(default_factory=list)
    timezone: Zone | None = None
    groups: Annotated[list[Annotated[Standing, BeforeValidator(_standing)]], Field(min_length=1)]
    skills: list[Name] = Field(default_factory=list)
    licensed: list[State] = Field(default_factory=list)
    languages: list[Language] = Field(default_factory=list)
    caps: Caps = Field(default_factory=Caps)
    email: Email | None = None
    password: Annotated[str, Field(min_length=8, max_length=200)] | None = None

    @property
    def address(self) -> str:
        return self.phone or self.sip or f"client:{self.client}"

    @property
    def group_names(self) -> list[str]:
        return [group.name for group in self.groups]

    def shift(self, zone: str) -> Shift | None:
        """The working hours, in ``zone`` where the agent has none of their own; None: no presence by schedule."""
        if self.hours is None:
            return None
        return Shift(self.timezone or zone, DaysWorked(self.hours, frozenset(self.days_off)))
