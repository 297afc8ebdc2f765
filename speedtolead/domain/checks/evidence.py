"""What outside witnesses say of a lead: its consent certificate, do-not-call and litigator lists, a number's owner.

Must not know: the providers, or how they are asked. Their silence is judged elsewhere; here is only what was said.
Source of the certificate checks: 47 CFR 64.1200(f)(9), what a written consent must show.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlsplit

from speedtolead.domain.checks.finding import Finding, Reaction, Reason, accepted, not_applicable, objected, shown

_FIELD = "consent.trustedform_cert_url"
Reactions = Mapping[str, Reaction]


@dataclass(frozen=True, slots=True)
class CertificateTerms:
    """What a source asks of a certificate, beside being genuine and matching the phone."""

    max_age: timedelta | None = None
    pages: frozenset[str] | None = None
    """Domains on which the form may stand, each with its subdomains; None: any."""


@dataclass(frozen=True, slots=True)
class Certified:
    """What the issuer says; None: it does not say."""

    genuine: bool
    phone_matches: bool | None
    age: timedelta | None
    page_url: str | None
    framed: bool | None
    wording_found: bool | None


def list_findings(listed_on: Iterable[str], list_date: date | None, reactions: Reactions) -> list[Finding]:
    """A litigator, and who asked this company itself, is refused by default: consent does not override that, 47 CFR
    64.1200(d)(3). The national list is overridden by written consent, (c)(2)(ii).
    """
    listed = sorted(listed_on)
    inputs: dict[str, object] = {"listed_on": listed, "list_date": None if list_date is None else str(list_date)}
    on_dnc = sorted({"national_dnc", "state_dnc"} & set(listed))
    return [
        objected("litigator", reactions, Reason.LITIGATOR, "phone", "The number is a known litigator's.", inputs)
        if "litigator" in listed
        else accepted("litigator", "phone", inputs),
        objected(
            "do_not_call_list",
            reactions,
            Reason.DO_NOT_CALL_LIST,
            "phone",
            f"The number is on a do-not-call list: {', '.join(on_dnc)}.",
            inputs,
        )
        if on_dnc
        else accepted("do_not_call_list", "phone", inputs),
        objected(
            "own_do_not_call",
            reactions,
            Reason.DO_NOT_CALL_LIST,
            "phone",
            "This person asked this company not to be called.",
            inputs,
        )
        if "internal" in listed
        else accepted("own_do_not_call", "phone", inputs),
    ]


def owner_finding(reassigned: str, reactions: Reactions) -> Finding:
    """``yes``: somebody else has the number now. ``no_data``: nobody knows, which is passed over by default."""
    inputs: dict[str, object] = {"reassigned": reassigned}
    if reassigned == "yes":
        words = "The number was given to somebody else after this consent."
        return objected("reassigned", reactions, Reason.REASSIGNED, "phone", words, inputs)
    if reassigned == "no_data":
        words = "Nobody knows whether the number changed hands."
        return objected("reassigned_unknown", reactions, Reason.REASSIGNED, "phone", words, inputs)
    return accepted("reassigned", "phone", inputs)


def certificate_findings(
    said: Certified | None, page: str | None, terms: CertificateTerms, reactions: Reactions
) -> list[Finding]:
    """``said`` is None where the issuer knows no such certificate. ``page`` is what the post says of it."""
    if said is None or not said.genuine:
        words = "The issuer knows no such consent certificate."
        return [objected("certificate", reactions, Reason.NO_SUCH_CERTIFICATE, _FIELD, words, {"genuine": False})]
    return [
        accepted("certificate", _FIELD, {"genuine": True}),
        _phone(said, reactions),
        _age(said, terms, reactions),
        _page(said, page, terms, reactions),
        _wording(said, reactions),
        _framed(said, reactions),
    ]


def _phone(said: Certified, reactions: Reactions) -> Finding:
    inputs: dict[str, object] = {"phone_matches": said.phone_matches}
    if said.phone_matches is None:
        return not_applicable("certificate_phone", _FIELD, inputs)
    if said.phone_matches:
        return accepted("certificate_phone", _FIELD, inputs)
    words = "The certificate is about another phone number."
    return objected("certificate_phone", reactions, Reason.CERTIFICATE_MISMATCH, _FIELD, words, inputs)


def _age(said: Certified, terms: CertificateTerms, reactions: Reactions) -> Finding:
    if terms.max_age is None or said.age is None:
        return not_applicable("certificate_age", _FIELD)
    inputs: dict[str, object] = {
        "age_seconds": said.age.total_seconds(),
        "max_age_seconds": terms.max_age.total_seconds(),
    }
    if said.age <= terms.max_age:
        return accepted("certificate_age", _FIELD, inputs)
    words = "The certificate is older than this source accepts."
    return objected("certificate_age", reactions, Reason.CERTIFICATE_AGE, _FIELD, words, inputs)


def _page(said: Certified, page: str | None, terms: CertificateTerms, reactions: Reactions) -> Finding:
    where = host(said.page_url)
    if where is None or (terms.pages is None and host(page) is None):
        return not_applicable("certificate_page", _FIELD)
    inputs: dict[str, object] = {"certified": shown(said.page_url), "posted": shown(page)}
    if terms.pages is not None:
        good = any(where == one or where.endswith("." + one) for one in terms.pages)
        words = "The certificate is of a page that this source does not take leads from."
    else:
        good = _site(where) == _site(host(page) or "")
        words = "The certificate is of another site than the post says."
    if good:
        return accepted("certificate_page", _FIELD, inputs)
    return objected("certificate_page", reactions, Reason.CERTIFICATE_PAGE, _FIELD, words, inputs)


def _wording(said: Certified, reactions: Reactions) -> Finding:
    inputs: dict[str, object] = {"wording_found": said.wording_found}
    if said.wording_found is None:
        return not_applicable("certificate_wording", _FIELD, inputs)
    if said.wording_found:
        return accepted("certificate_wording", _FIELD, inputs)
    words = "The page that was certified does not show the consent's wording."
    return objected("certificate_wording", reactions, Reason.CERTIFICATE_WORDING, _FIELD, words, inputs)


def _framed(said: Certified, reactions: Reactions) -> Finding:
    inputs: dict[str, object] = {"framed": said.framed}
    if said.framed is None:
        return not_applicable("certificate_framed", _FIELD, inputs)
    if not said.framed:
        return accepted("certificate_framed", _FIELD, inputs)
    words = "The form was shown inside another page."
    return objected("certificate_framed", reactions, Reason.CERTIFICATE_FRAMED, _FIELD, words, inputs)


def host(url: str | None) -> str | None:
    """The host of an address, lower-case, also where its scheme was left out; None for what is none."""
    try:
        found = urlsplit(url if "//" in url else f"//{url}").hostname if url else None
    except ValueError:
        return None
    return found.rstrip(".") if found and "." in found.strip(".") else None


def _site(where: str) -> str:
    return where.removeprefix("www.")
