"""Rules on consent: given for this channel, not revoked, and what the account asks of it.

The law: 47 CFR 64.1200(a)(2) asks for prior express written consent, (f)(9) says what that is, and (a)(10) that it
may be revoked in any reasonable way. That it names one seller only (one-to-one) was vacated in January 2025
(Insurance Marketing Coalition v. FCC, 11th Cir.): it is the account's own wish.
"""

from __future__ import annotations

from functools import lru_cache

from speedtolead.domain.permit.case import Certified, Decision, Request, Verdict, iso
from speedtolead.domain.states import state_name

WRITTEN = "47 CFR 64.1200(f)(9)"


def consent_for_channel(request: Request) -> Verdict:
    """Consent covers the channel and was not revoked for it."""
    consent, channel = request.facts.consent, request.channel
    inputs: dict[str, object] = {
        "channel": channel,
        "consented": list(consent.channels),
        "revoked": list(consent.revoked),
    }
    name = "consent_for_channel"
    if channel in consent.revoked:
        words = f"The consent to be contacted by {channel} was revoked."
        return Verdict(name, Decision.REFUSED, inputs, words, "47 CFR 64.1200(a)(10)")
    if channel not in consent.channels:
        words = f"There is no consent to be contacted by {channel}."
        return Verdict(name, Decision.REFUSED, inputs, words, WRITTEN)
    return Verdict(name, Decision.ALLOWED, inputs, citation=WRITTEN)


def consent_written(request: Request) -> Verdict:
    """The wording that was agreed to is kept, where the account or the law of a candidate state asks for it."""
    asking = _asking_states(request)
    name, written = "consent_written", request.facts.consent.written
    inputs: dict[str, object] = {
        "written": written,
        "asked_by_account": request.campaign.contact.written_consent,
        "asked_by_states": asking,
    }
    if not asking and not request.campaign.contact.written_consent:
        return Verdict(name, Decision.NOT_APPLICABLE, inputs, "nobody asks for it", WRITTEN)
    if written:
        return Verdict(name, Decision.ALLOWED, inputs, citation=WRITTEN)
    by = ", ".join(state_name(state) for state in asking) or "the account"
    words = f"The wording that the person agreed to is not known, and {by} asks for written consent."
    return Verdict(name, Decision.REFUSED, inputs, words, WRITTEN)


def consent_one_to_one(request: Request) -> Verdict:
    """The consent names this campaign's seller, where the account asks for that."""
    name, given = "consent_one_to_one", request.facts.consent.seller
    inputs: dict[str, object] = {"named": given, "seller": request.campaign.seller}
    if not request.campaign.contact.one_to_one:
        return Verdict(name, Decision.NOT_APPLICABLE, inputs, "the account does not ask for it")
    if given is not None and _same_name(given, request.campaign.seller):
        return Verdict(name, Decision.ALLOWED, inputs)
    named = "names no seller" if given is None else f"names {given}"
    return Verdict(name, Decision.REFUSED, inputs, f"The consent {named}, not {request.campaign.seller}.")


def consent_age(request: Request) -> Verdict:
    """The consent is not older than the account trusts."""
    name, given_at, most = "consent_age", request.facts.consent.given_at, request.campaign.contact.consent_age
    inputs: dict[str, object] = {
        "given_at": None if given_at is None else iso(given_at),
        "max_days": None if most is None else most.total_seconds() / 86_400,
    }
    if most is None:
        return Verdict(name, Decision.NOT_APPLICABLE, inputs, "the account sets no limit")
    if given_at is None:
        return Verdict(name, Decision.REFUSED, inputs, "When the consent was given is not known.")
    if request.now - given_at <= most:
        return Verdict(name, Decision.ALLOWED, inputs)
    return Verdict(name, Decision.REFUSED, inputs, f"The consent is older than {inputs['max_days']:g} days.")


_CERTIFICATE_WORDS = {
    None: "There is no consent certificate.",
    Certified.UNCHECKED: "The consent certificate's issuer has not confirmed it.",
    Certified.NOT_AUTHENTIC: "The consent certificate is not genuine.",
    Certified.OTHER_PHONE: "The consent certificate is about another phone number.",
}


def consent_certificate(request: Request) -> Verdict:
    """The issuer confirmed the certificate and that it is about this phone, where the account asks for that."""
    name, said = "consent_certificate", request.facts.consent.certificate
    inputs: dict[str, object] = {"certificate": said}
    if not request.campaign.contact.certificate:
        return Verdict(name, Decision.NOT_APPLICABLE, inputs, "the account does not ask for it")
    if said is Certified.VERIFIED:
        return Verdict(name, Decision.ALLOWED, inputs)
    return Verdict(name, Decision.REFUSED, inputs, _CERTIFICATE_WORDS[said])


def _asking_states(request: Request) -> list[str]:
    """Candidate states whose law asks for written consent for these means."""
    return sorted({rule.state for rule in request.state_rules(*request.means) if rule.written_consent})


def _same_name(one: str, other: str) -> bool:
    """Names are the same whatever their case, spacing and the points in them: "ACME Insurance, Inc."."""
    return _plain(one) == _plain(other)


@lru_cache(maxsize=1024)
def _plain(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())
