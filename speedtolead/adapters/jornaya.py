"""Jornaya LeadiD tokens: the audit of one token (Single Query).

Owns: the form of a token, the request and its answer on the wire. Must not know: what follows from an answer.

The audit answers 200 to everything: ``audit.authentic`` decides, and ``audit.reason`` says why not. A token may be
queried a hundred times in its life, so a repeat after a failure costs one of them. Account code, audit key and the
person's data are part of the address: no message may ever hold it. No rule is published for a separator within a
value, so such a value is left out.

Documented: https://docs.jornaya.com (Jornaya Intelligence API, TCPA Guardian API), now https://help.infutor.com.
Assumed: that ``market.leadid.tcpa.disclosure`` is 1 where a known consent wording was found and 0 where not.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

import aiohttp
from pydantic import BaseModel, BeforeValidator, Field, TypeAdapter

from speedtolead.adapters.asking import SECONDS, Asking, national
from speedtolead.ports import CertificateAnswer, CertificateQuestion, Permanent

ENDPOINT = "https://api.leadid.com/SingleQuery"

_TOKEN = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", re.ASCII)
_UNKNOWN = {1: "the token is expired or unknown", 4: "the token is not one of Jornaya's"}
_WORDS = {2: "the token was queried too often", 3: "the consumer opted out"}
_ALL_MATCH, _MISMATCH = 1, frozenset({0, 2})


class Jornaya:
    """The issuer. ``access_token`` is sent where the account asks for it ("API authentication")."""

    name = "jornaya"

    def __init__(
        self,
        session: aiohttp.ClientSession,
        account_code: str,
        audit_key: str,
        *,
        seconds: float = SECONDS,
        endpoint: str = ENDPOINT,
        access_token: str | None = None,
    ) -> None:
        self._asking = Asking("Jornaya", session, seconds)
        self._endpoint = endpoint
        self._account = {"lac": account_code, "lak": audit_key}
        self._headers = {"Authorization": f"Bearer {access_token}"} if access_token else {}

    def issued(self, certificate: str) -> bool:
        """See ``ports.CertificateCheck``."""
        return _TOKEN.fullmatch(certificate) is not None

    async def check(self, question: CertificateQuestion) -> CertificateAnswer:
        """See ``ports.CertificateCheck``."""
        if not self.issued(question.certificate):
            raise Permanent("not a LeadiD token", code="unknown_certificate")
        sent = _labelled(question)
        wanted = {
            **self._account,
            "id": question.certificate,
            "lpc": question.vendor,
            "recordid": question.reference,
            "data": "|".join(f"{label};{value}" for label, value in sent.items()),
            "format": "json",
        }
        raw = await self._asking.send("GET", self._endpoint, params=wanted, headers=self._headers)
        audit = self._asking.read(_ANSWER, raw).audit
        if not audit.authentic and audit.reason in _UNKNOWN:
            raise Permanent(_UNKNOWN[audit.reason], code="unknown_certificate", provider_code=str(audit.reason))
        return _answered(audit, frozenset(sent), raw)


def _labelled(question: CertificateQuestion) -> dict[str, str]:
    data = {"phone1": national(question.phone), "email": question.email or ""}
    return {label: value for label, value in data.items() if value and not set(value) & set("|;")}


# What there is nothing of comes as null, as an empty text, or as an empty list in place of an object.
_Blank = BeforeValidator(lambda value: None if value in ("", [], {}) else value)
_Labels = Annotated[str | list[str] | None, _Blank]


class _Tcpa(BaseModel):
    disclosure: Annotated[int | None, _Blank] = None


class _LeadId(BaseModel):
    tcpa: Annotated[_Tcpa | None, _Blank] = None


class _Market(BaseModel):
    leadid: Annotated[_LeadId | None, _Blank] = None


class _Audit(BaseModel):
    authentic: bool
    reason: Annotated[int | None, _Blank] = None
    lead_age: Annotated[Annotated[float, Field(ge=0, le=1e10)] | None, _Blank] = None
    data_integrity: Annotated[int | None, _Blank] = None
    data_integrity_passed: _Labels = None
    data_integrity_failed: _Labels = None
    market: Annotated[_Market | None, _Blank] = None


class _Answer(BaseModel):
    audit: _Audit


_ANSWER = TypeAdapter(_Answer)


def _answered(audit: _Audit, sent: frozenset[str], raw: bytes) -> CertificateAnswer:
    return CertificateAnswer(
        genuine=audit.authentic,
        reason=None if audit.authentic else _WORDS.get(audit.reason or 0, f"not authentic ({audit.reason})"),
        phone_matches=_matches(audit, "phone1", sent),
        email_matches=_matches(audit, "email", sent),
        age=None if audit.lead_age is None else timedelta(seconds=audit.lead_age),
        page_url=None,
        ip=None,
        framed=None,
        bot_detected=None,
        wording_found=_wording(audit),
        retained_until=None,
        raw=raw,
    )


def _matches(audit: _Audit, label: str, sent: frozenset[str]) -> bool | None:
    """Field by field where the audit lists them; else from the verdict on all, where that leaves no doubt."""
    if label not in sent or not audit.authentic:
        return None
    if label in _listed(audit.data_integrity_failed):
        return False
    if label in _listed(audit.data_integrity_passed) or audit.data_integrity == _ALL_MATCH:
        return True
    return False if audit.data_integrity in _MISMATCH and len(sent) == 1 else None


def _listed(labels: str | list[str] | None) -> frozenset[str]:
    return frozenset(re.split(r"[\s,;|]+", labels) if isinstance(labels, str) else labels or ())


def _wording(audit: _Audit) -> bool | None:
    tcpa = audit.market.leadid.tcpa if audit.market and audit.market.leadid else None
    return {0: False, 1: True}.get(tcpa.disclosure) if tcpa and tcpa.disclosure is not None else None
