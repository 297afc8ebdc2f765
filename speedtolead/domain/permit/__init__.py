"""The permit: may this person be contacted by this channel at this moment?

Owns: the rules, in order, each with its verdict, its inputs and its source. One pure function, ``decide``, is used
when an attempt is planned and again at the last moment before the carrier is asked.
Must not know: where the facts come from, and which version of the law is loaded; both come with the request.
"""

from speedtolead.domain.permit.case import (
    OWN_RULE,
    Certified,
    ConsentFacts,
    Contacted,
    Decision,
    Facts,
    ListFact,
    Permit,
    Request,
    Rule,
    Suppressed,
    Verdict,
    iso,
)
from speedtolead.domain.permit.decide import RULES, decide
from speedtolead.domain.permit.windows import lawful_hours, permitted_seconds

__all__ = [
    "OWN_RULE",
    "RULES",
    "Certified",
    "ConsentFacts",
    "Contacted",
    "Decision",
    "Facts",
    "ListFact",
    "Permit",
    "Request",
    "Rule",
    "Suppressed",
    "Verdict",
    "decide",
    "iso",
    "lawful_hours",
    "permitted_seconds",
]
