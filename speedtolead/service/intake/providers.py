"""Asking providers about a lead: each at most once per question and its time, and never longer than it may take.

Owns: the budget, the memory of answers, and what is kept of them. Must not know: what follows from an answer.
A provider that does not answer in time, or fails, gives no answer; what that means is the source's to say. It is
logged, and never raised.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

import structlog

from speedtolead.ports import (
    CertificateAnswer,
    CertificateCheck,
    CertificateQuestion,
    Clock,
    LineType,
    ListScrub,
    NumberFacts,
    NumberLookup,
    Permanent,
    PortError,
    Reassigned,
    ReassignedNumbers,
    ScrubAnswer,
)
from speedtolead.store import providers as rows
from speedtolead.store.database import Database
from speedtolead.store.settings_json import Json

log = structlog.get_logger(__name__)

BELIEVED = {
    "lookup": timedelta(days=30),
    "reassigned": timedelta(days=7),
    "scrub": timedelta(days=1),
    "certificate": timedelta(days=2),
}
"""How long an answer is good: a line seldom changes, a list daily; an unretained certificate lapses in 3 days."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider's definite no: there is no such number, no such certificate."""

    code: str


@dataclass(frozen=True, slots=True)
class Answered(Generic[T]):
    """An answer. ``remembered``: from an earlier time."""

    value: T | Refused
    remembered: bool = False


class Providers:
    """The providers that this installation has; None where it has none of a kind."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        lookup: NumberLookup | None,
        reassigned: ReassignedNumbers | None,
        certificates: tuple[CertificateCheck, ...],
        scrub: ListScrub | None,
    ) -> None:
        self._database = database
        self._clock = clock
        self.lookup = lookup
        self.reassigned = reassigned
        self.certificates = certificates
        self.scrub = scrub

    async def number(self, account_id: UUID, phone: str, budget: timedelta) -> Answered[NumberFacts] | None:
        if self.lookup is None:
            return None
        lookup = self.lookup
        return await self._ask(
            "lookup", account_id, phone, budget, lambda: lookup.look_up(phone), _number_to_json, _number_from_json
        )

    async def owner(
        self, account_id: UUID, phone: str, since: date, budget: timedelta
    ) -> Answered[Reassigned] | None:
        if self.reassigned is None:
            return None
        port = self.reassigned
        return await self._ask(
            "reassigned",
            account_id,
            f"{phone} {since.isoformat()}",
            budget,
            lambda: port.reassigned(phone, since),
            lambda answer: {"reassigned": answer.value},
            lambda kept: Reassigned(kept["reassigned"]),
        )

    async def lists(self, account_id: UUID, phone: str, budget: timedelta) -> Answered[ScrubAnswer] | None:
        if self.scrub is None:
            return None
        scrub = self.scrub
        return await self._ask(
            "scrub", account_id, phone, budget, lambda: scrub.scrub(phone), _scrub_to_json, _scrub_from_json
        )

    async def certificate(
        self, account_id: UUID, question: CertificateQuestion, said_by: str, budget: timedelta
    ) -> Answered[CertificateAnswer] | None:
        """``said_by``: whose certificate the post calls it. What has not that issuer's form is no certificate; None
        where this installation does not ask that issuer.
        """
        issuer = next((one for one in self.certificates if one.issued(question.certificate)), None)
        if issuer is None:
            known = any(one.name == said_by for one in self.certificates)
            return Answered(Refused("unknown_certificate")) if known else None
        asked = f"{issuer.name} {question.certificate} {question.phone} {question.email or ''}"
        return await self._ask(
            "certificate",
            account_id,
            asked,
            budget,
            lambda: issuer.check(question),
            _certificate_to_json,
            _certificate_from_json,
        )

    async def _ask(
        self,
        provider: str,
        account_id: UUID,
        question: str,
        budget: timedelta,
        call: Callable[[], Awaitable[T]],
        to_json: Callable[[T], Json],
        from_json: Callable[[Json], T],
    ) -> Answered[T] | None:
        digest = hashlib.sha256(question.encode()).digest()
        now = self._clock.now()
        async with self._database.connection() as tx:
            kept = await rows.PROVIDER_ANSWER.first(
                tx, provider=provider, question=digest, account_id=account_id, since=now - BELIEVED[provider]
            )
        if kept is not None:
            refused = kept.answer.get("refused")
            return Answered(Refused(refused) if refused else from_json(kept.answer), remembered=True)
        value: T | Refused
        try:
            async with asyncio.timeout(budget.total_seconds()):
                value = await call()
        except TimeoutError:
            log.warning("provider.no_answer", provider=provider, reason="budget")
            return None
        except Permanent as error:
            if not error.code.startswith("unknown_"):
                log.warning("provider.no_answer", provider=provider, reason=error.code)
                return None
            value = Refused(error.code)
        except PortError as error:
            log.warning("provider.no_answer", provider=provider, reason=error.code)
            return None
        answer = {"refused": value.code} if isinstance(value, Refused) else to_json(value)
        async with self._database.connection() as tx:
            await rows.KEEP_PROVIDER_ANSWER.run(
                tx, provider=provider, question=digest, account_id=account_id, answer=answer, now=now
            )
        return Answered(value)


def _number_to_json(facts: NumberFacts) -> Json:
    line = None if facts.line_type is None else facts.line_type.value
    return {"line_type": line, "carrier_name": facts.carrier_name, "codes": dict(facts.codes)}


def _number_from_json(kept: Json) -> NumberFacts:
    line = kept["line_type"]
    return NumberFacts(None if line is None else LineType(line), kept["carrier_name"], kept["codes"])


def _scrub_to_json(answer: ScrubAnswer) -> Json:
    return {
        "listed_on": sorted(answer.listed_on),
        "list_date": None if answer.list_date is None else answer.list_date.isoformat(),
    }


def _scrub_from_json(kept: Json) -> ScrubAnswer:
    listed = kept["list_date"]
    return ScrubAnswer(frozenset(kept["listed_on"]), None if listed is None else date.fromisoformat(listed))


_PLAIN = (
    "genuine",
    "reason",
    "phone_matches",
    "email_matches",
    "page_url",
    "ip",
    "framed",
    "bot_detected",
    "wording_found",
)


def _certificate_to_json(answer: CertificateAnswer) -> Json:
    kept: dict[str, Any] = {name: getattr(answer, name) for name in _PLAIN}
    kept["age"] = None if answer.age is None else answer.age.total_seconds()
    kept["retained_until"] = None if answer.retained_until is None else answer.retained_until.isoformat()
    kept["raw"] = answer.raw.decode("utf-8", "replace").replace("\x00", "�")
    kept["raw_sha256"] = hashlib.sha256(answer.raw).hexdigest()
    return kept


def _certificate_from_json(kept: Json) -> CertificateAnswer:
    return CertificateAnswer(
        **{name: kept[name] for name in _PLAIN},
        age=None if kept["age"] is None else timedelta(seconds=kept["age"]),
        retained_until=None if kept["retained_until"] is None else datetime.fromisoformat(kept["retained_until"]),
        raw=kept["raw"].encode(),
    )
