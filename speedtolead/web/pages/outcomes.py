"""The form on a lead's page by which a manager reports what became of it.

Owns: reading the form. What does not go with the chosen kind is left out, as a form shows all its fields.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from aiohttp import web

from speedtolead.domain.outcome import OutcomeKind
from speedtolead.domain.returned import ReturnReason
from speedtolead.store.ids import new_id
from speedtolead.store.people import SessionOwner
from speedtolead.web import auth, outcomes, reading, returns
from speedtolead.web.pages import render


@render.signed_in
async def report(request: web.Request, session: SessionOwner) -> web.Response:
    lead_id = render.lead_id(request)
    form = await render.form_fields(request)
    auth.check_form(request, form.get(auth.CSRF_FIELD))
    given = {name: form[name] for name in ("kind", "value", "reason", "note") if form.get(name, "").strip()}
    given.pop("value" if given.get("kind") == OutcomeKind.RETURN else "reason", None)
    body = reading.checked(outcomes.OutcomeBody, given)
    await outcomes.taken(request, session.account_id, lead_id, body, session.email, _key(form.get("key")))
    return render.see_other(f"/leads/{lead_id}")


def _key(text: str | None) -> str | None:
    try:
        return None if text is None else UUID(text).hex
    except ValueError:
        return None


def given() -> dict[str, Any]:
    """What the form and the list of outcomes on a lead's page need. The key makes a form that is sent twice one."""
    return {
        "outcome_kinds": list(OutcomeKind),
        "return_reasons": list(ReturnReason),
        "outcome_key": new_id().hex,
        "in_words": returns.in_words,
    }
