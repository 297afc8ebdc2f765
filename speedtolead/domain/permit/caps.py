"""Rules on how often: contacts in any 24 hours, and ever.

Calls and texts count alike, by any campaign of the account, from any of its numbers, to any number of the person.
"""

from __future__ import annotations

from datetime import timedelta
from operator import attrgetter

from speedtolead.domain.permit.case import Decision, Request, Verdict, iso

_DAY = timedelta(hours=24)
_moment = attrgetter("at")


def attempt_cap(request: Request) -> Verdict:
    """The lowest of the campaign's cap and those of every candidate state, over any 24 hours."""
    name = "attempt_cap"
    if not request.means:
        return Verdict(name, Decision.NOT_APPLICABLE, {"channel": request.channel}, "mails are not counted")
    own = request.campaign.dial.attempts_per_24h
    laws = [(rule.state, rule.cap_24h, rule.citation) for rule in request.state_rules(*request.means)]
    caps = [(state, most, citation) for state, most, citation in laws if most is not None]
    cap = min([own, *(most for _, most, _ in caps)])
    counted = [c for c in request.facts.contacts if request.now - c.at < _DAY]
    counted.sort(key=_moment)
    inputs: dict[str, object] = {
        "cap": cap,
        "hours": 24,
        "campaign_cap": own,
        "state_caps": {state: most for state, most, _ in sorted(caps, reverse=True)},  # the lowest of a state
        "counted": [{"at": iso(c.at), "channel": c.channel, "attempt_id": c.attempt_id} for c in counted],
    }
    citation = "; ".join(dict.fromkeys(citation for _, most, citation in caps if most == cap)) or None
    if len(counted) < cap:
        return Verdict(name, Decision.ALLOWED, inputs, citation=citation)
    words = f"The person was contacted {len(counted)} times in 24 hours; the cap is {cap}."
    return Verdict(name, Decision.NOT_BEFORE, inputs, words, citation, counted[len(counted) - cap].at + _DAY)


def lifetime_cap(request: Request) -> Verdict:
    """At most so many calls and texts to one person, ever."""
    name, most, made = "lifetime_cap", request.campaign.contact.lifetime, request.facts.lifetime
    inputs: dict[str, object] = {"cap": most, "made": made}
    if not request.means:
        return Verdict(name, Decision.NOT_APPLICABLE, {"channel": request.channel}, "mails are not counted")
    if most is None:
        return Verdict(name, Decision.NOT_APPLICABLE, inputs, "the account sets no cap")
    if made < most:
        return Verdict(name, Decision.ALLOWED, inputs)
    return Verdict(
        name, Decision.REFUSED, inputs, f"The person was contacted {made} times in all; the cap is {most}."
    )
