"""TrustedForm certificates: ActiveProspect's certificate API, version 4.0.

Owns: the form of a certificate's address, the request and its answer on the wire. Must not know: what follows from
an answer.

A certificate's address is its endpoint too, and it comes from whoever posts a lead. So it is never requested as it
came: it must have the issuer's exact form, and only the id in its path is used. The account's key therefore goes to
``endpoint`` alone. All operations go in one request, which may be repeated: a certificate that is retained twice is
kept once. An operation that the account has not contracted refuses the whole request (403), hence the switches.

Documented: https://developers.activeprospect.com/docs/trustedform/api/v4.0. An unknown or expired certificate is
Permanent "unknown_certificate"; a sandboxed one, or one that was claimed too often, "certificate_refused".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

import aiohttp
from pydantic import BaseModel, Field, TypeAdapter

from speedtolead.adapters.asking import SECONDS, Asking, national
from speedtolead.ports import CertificateAnswer, CertificateQuestion, Permanent, Transient

ISSUER = "https://cert.trustedform.com"
PROPERTIES = (
    "age_seconds",
    "page_url",
    "domain",
    "ip",
    "is_framed",
    "is_masked",
    "form_input_method",
    "bot_detected",
)

# The whole text must fit: nothing is trimmed, decoded or normalised first. ASCII: no other letter folds to these.
_CERTIFICATE = re.compile(r"(?i:https://cert\.trustedform\.com)/([A-Za-z0-9_-][A-Za-z0-9._-]{0,254})", re.ASCII)
_REFUSED = {
    400: "unknown_certificate",  # "Malformed certificate id": the request's own form is ours, and constant
    404: "unknown_certificate",
    405: "certificate_refused",  # sandboxed
    410: "unknown_certificate",
    422: "certificate_refused",  # claimed too many times
}


class TrustedForm:
    """The issuer. Without ``properties`` and wordings no Insights are asked for, without ``verify`` no Verify."""

    name = "trustedform"

    def __init__(
        self,
        session: aiohttp.ClientSession,
        key: str,
        *,
        seconds: float = SECONDS,
        endpoint: str = ISSUER,
        properties: Sequence[str] = PROPERTIES,
        required_wording: Sequence[str] = (),
        forbidden_wording: Sequence[str] = (),
        verify: bool = True,
    ) -> None:
        self._asking = Asking("TrustedForm", session, seconds, _REFUSED)
        self._endpoint = endpoint.rstrip("/")
        self._headers = {
            "Authorization": aiohttp.encode_basic_auth("API", key),
            "api-version": "4.0",
            "Accept": "application/json",
        }
        self._scans = {"required": list(required_wording), "forbidden": list(forbidden_wording)}
        self._operations: dict[str, object] = {"verify": {}} if verify else {}
        if properties or any(self._scans.values()):
            insights: dict[str, object] = {"properties": list(properties)}
            if any(self._scans.values()):
                insights["scans"] = self._scans
            self._operations["insights"] = insights

    def issued(self, certificate: str) -> bool:
        """See ``ports.CertificateCheck``."""
        return _CERTIFICATE.fullmatch(certificate) is not None

    async def check(self, question: CertificateQuestion) -> CertificateAnswer:
        """See ``ports.CertificateCheck``."""
        found = _CERTIFICATE.fullmatch(question.certificate)
        if found is None:
            raise Permanent("not a TrustedForm certificate", code="unknown_certificate")
        lead = {"phone": national(question.phone)} | ({"email": question.email} if question.email else {})
        wanted = {
            "match_lead": lead,
            "retain": {"reference": question.reference, "vendor": question.vendor},
            **self._operations,
        }
        raw = await self._asking.send("POST", f"{self._endpoint}/{found[1]}", json=wanted, headers=self._headers)
        answer = self._asking.read(_ANSWER, raw)
        if answer.outcome == "error":
            raise Transient("TrustedForm: an operation went wrong there", provider_code="error")
        return _answered(answer, raw)


class _Match(BaseModel):
    phone_match: bool | None = None
    email_match: bool | None = None


class _MatchLead(BaseModel):
    result: _Match = _Match()


class _Retained(BaseModel):
    expires_at: datetime | None = None


class _Retain(BaseModel):
    results: _Retained = _Retained()


class _Properties(BaseModel):
    age_seconds: Annotated[float, Field(ge=0, le=1e10)] | None = None
    page_url: str | None = None
    ip: str | None = None
    is_framed: bool | None = None
    bot_detected: bool | None = None


class _Result(BaseModel):
    success: bool | None = None
    language_approved: bool | None = None


class _Checked(BaseModel):
    result: _Result = _Result()


class _Insights(BaseModel):
    properties: _Properties = _Properties()
    scans: _Checked = _Checked()


class _Answer(BaseModel):
    outcome: Literal["success", "failure", "error"]
    reason: str | None = None
    match_lead: _MatchLead = _MatchLead()
    retain: _Retain = _Retain()
    insights: _Insights = _Insights()
    verify: _Checked = _Checked()


_ANSWER = TypeAdapter(_Answer)


def _answered(answer: _Answer, raw: bytes) -> CertificateAnswer:
    found, seen = answer.match_lead.result, answer.insights.properties
    until = answer.retain.results.expires_at
    return CertificateAnswer(
        genuine=True,
        reason=answer.reason if answer.outcome == "failure" else None,
        phone_matches=found.phone_match,
        email_matches=found.email_match,
        age=None if seen.age_seconds is None else timedelta(seconds=seen.age_seconds),
        page_url=seen.page_url,
        ip=seen.ip,
        framed=seen.is_framed,
        bot_detected=seen.bot_detected,
        wording_found=_wording(answer.insights.scans.result.success, answer.verify.result.language_approved),
        retained_until=until.replace(tzinfo=UTC) if until is not None and until.tzinfo is None else until,
        raw=raw,
    )


def _wording(scanned: bool | None, approved: bool | None) -> bool | None:
    """The page's own scan and Verify's list of approved wordings must both agree, as far as each was asked."""
    said = {scanned, approved} - {None}
    return all(said) if said else None
