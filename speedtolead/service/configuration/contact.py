"""What an account asks of every contact beyond the law, as the configuration file says it.

Owns: the part ``contact:``. Must not know: the law; what is asked here can make it stricter, never laxer, but for
the exemptions that the law itself grants and that an account says it uses.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from speedtolead.domain.campaign import ContactPolicy
from speedtolead.domain.rule_set import FEDERAL
from speedtolead.domain.states import state_name
from speedtolead.service.configuration.values import Duration, Hours, Name, Part


def _place(value: str) -> str:
    if value != FEDERAL and state_name(value) == value:
        raise ValueError(f"{value!r} is no state, like NY, and not US for all of them")
    return value


Place = Annotated[str, AfterValidator(_place)]


class ConsentPart(Part):
    written: bool = False
    one_to_one: bool = False
    max_age: Annotated[Duration, Field(gt=timedelta(0))] | None = None
    certificate: bool = False


class ContactPart(Part):
    hours: dict[Place, Hours] = Field(default_factory=dict)
    closed: dict[date, Annotated[str, Field(min_length=1, max_length=100)]] = Field(default_factory=dict)
    lifetime_cap: Annotated[int, Field(ge=1, le=1000)] | None = None
    consent: ConsentPart = Field(default_factory=ConsentPart)
    do_not_call: list[Name] = Field(default_factory=list)
    exemptions: list[Place] = Field(default_factory=list)
    reassigned_unknown: Literal["allow", "refuse"] = "allow"
    revocation: Literal["all", "as_said"] = "all"

    def to_domain(self) -> ContactPolicy:
        return ContactPolicy(
            windows=tuple(sorted(self.hours.items(), key=lambda item: item[0])),
            closed=tuple(sorted(self.closed.items())),
            lifetime=self.lifetime_cap,
            written_consent=self.consent.written,
            one_to_one=self.consent.one_to_one,
            consent_age=self.consent.max_age,
            certificate=self.consent.certificate,
            lists=tuple(self.do_not_call),
            exemptions=frozenset(self.exemptions),
            reassigned_unknown=self.reassigned_unknown == "allow",
            revocation=self.revocation,
        )
