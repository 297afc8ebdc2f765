"""Rules on how often: contacts in any 24 hours, and ever.

Calls and texts count alike, by any campaign of the account, from any of its numbers, to any number of the person.
"""

from __future__ import annotations

from datetime import timedelta

from speedtolead.domain.permit.case import Decision, Request, Verdict, iso
from speedtolead.domain.place import binding
from speedtolead.domain.rule_set import StateRule

_DAY = timedelta(hours=24)


def attempt_cap(request: Request) -> Verdict:
    """The lowest of the campaign's cap and those of every candidate state, over any 24 hours."""
    name = "attempt_cap"
    if not request.means:
        return Verdict(name, Decision.NOT_APPLICABLE, {"channel": request.channel}, "mails are not counted")
    own = request.campaign.dial.attempts_per_24h
    laws = {rule.state: rule for rule in _capping(request)}
    cap = min([own, *(rule.cap_24h for rule in laws.values() if rule.cap_24h is not None)])
    counted = sorted((c for c in request.facts.contacts if request.now - c.at < _DAY), key=lambda c: c.at)
    inputs: dict[str, object] = {
        "cap": cap,
        "hours": 24,
        "campaign_cap": own,
        "state_caps": {state: rule.cap_24h for state, rule in sorted(laws.items())},
        "counted": [{"at": iso(c.at), "channel": c.channel, "attempt_id": c.attempt_id} for c in counted],
    }
    citation = "; ".join(rule.citation for rule in laws.values() if rule.cap_24h == cap) or None
    if len(counted) < cap:
        return Verdict(name, Decision.ALLOWED, inputs, citation=citation)
    words = f"The person was contacted {len(counted)} times in 24 hours; the cap is {cap}."
    return Verdict(name, Decision.NOT_BEFORE, inputs, words, citation, counted[len(counted) - cap].at + _DAY)


def lifetime_cap(request: Request) -> Verdict:
    """At most so many calls and texts to one person, ever."""
    name, most, made = "lifetime_cap", request.campaign.contact.lifetime, request.facts.lifetime
    inputs: dict[str, object] = {"cap": most, "made": made}
    if most is None or not request.means:
        return Verdict(name, Decision.NOT_APPLICABLE, inputs, "the account sets no cap")
    if made < most:
        return Verdict(name, Decision.ALLOWED, inputs)
    return Verdict(
        name, Decision.REFUSED, inputs, f"The person was contacted {made} times in all; the cap is {most}."
    )


def _capping(request: Request) -> list[StateRule]:
    """The rows of candidate states that cap contacts of this kind."""
    day = request.now.date()
    found = [
        request.rules.rule(state, means, day)
        for state in sorted({c.state for c in binding(request.facts.candidates) if c.state is not None})
        for means in request.means
    ]
    return [rule for rule in found if rule is not None and rule.cap_24h is not None]
