"""What a permit looks at, from the one JSON value in which the database gathers it (``contact_facts``).

Owns: that shape. Must not know: what a rule makes of it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from speedtolead.domain.lead import Consent
from speedtolead.domain.permit import Certified, ConsentFacts, Contacted, Facts, ListFact, Suppressed
from speedtolead.domain.place import Candidate
from speedtolead.store.settings_json import Json

NO_CONSENT = ConsentFacts()


def facts_of(
    kept: Json,
    phone: str,
    candidates: tuple[Candidate, ...],
    inquiry_at: datetime,
    fictional_exempt: bool,
) -> Facts:
    return Facts(
        phone=phone,
        consent=_consent(kept["consent"]),
        candidates=candidates,
        suppressed=tuple(
            Suppressed(s["reason"], s["scope"], tuple(s["channels"])) for s in kept["suppressed"] or ()
        ),
        contacts=tuple(Contacted(_moment(c["at"]), c["channel"], c["id"]) for c in kept["recent"] or ()),
        lifetime=kept["lifetime"],
        lists=tuple(
            ListFact(one["name"], _start_of(one["version_date"]), one["listed"]) for one in kept["lists"] or ()
        ),
        inquiry_at=inquiry_at,
        transaction_at=None if kept["transaction_at"] is None else _moment(kept["transaction_at"]),
        reassigned=None if kept["consent"] is None else kept["consent"]["reassigned"],
        fictional_exempt=fictional_exempt,
    )


def version_of(kept: Json) -> int:
    """How often the person was contacted or suppressed when these facts were read."""
    return int(kept["version"])


def lead_first_held(kept: Json) -> bool:
    """Whether the campaign may not ring leads before an agent is on the line."""
    return bool(kept["lead_first_held"])


def _consent(kept: Any) -> ConsentFacts:
    if kept is None:
        return NO_CONSENT
    return ConsentFacts(
        channels=tuple(kept["channels"]),
        revoked=tuple(kept["revoked"]),
        seller=kept["seller"],
        written=kept["written"],
        given_at=_moment(kept["given_at"]),
        certificate=None if kept["certificate"] is None else Certified(kept["certificate"]),
    )


def consent_of_new(
    consent: Consent, certificate: Certified | None, reassigned: bool | None, received_at: datetime
) -> Json:
    """The consent of a lead that is being stored, as ``contact_facts`` will give it."""
    given = ConsentFacts.given(consent, received_at, certificate)
    assert given.given_at is not None
    return {
        "channels": list(given.channels),
        "revoked": list(given.revoked),
        "seller": given.seller,
        "written": given.written,
        "given_at": given.given_at.isoformat(),
        "certificate": given.certificate,
        "reassigned": reassigned,
    }


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _start_of(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), UTC)
