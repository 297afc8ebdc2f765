"""A source's acceptance criteria: which leads it takes, told as plain conditions over a lead's plain values.

Owns: the criteria, the reading of posted values (numbers, yes and no, postal codes), each miss in words, and the
JSON-plain document in which criteria are kept. Price and fit rules ask the same conditions.
Must not know: how a lead arrives, where its place is looked up, or what is done with a lead that misses.
A value that is not given, or cannot be read, misses the condition that needs it; it never makes one pass.

The document; every part may be left out, and what is left out takes everything::

    {"states": ["FL", "GA"],
     "postal_codes": ["33101", "331*"],
     "attributes": {"age": {"between": [25, 64]},
                    "coverage": {"at_least": 100000, "required": false},
                    "credit": {"one_of": ["good", "excellent"]},
                    "homeowner": {"is_true": true}},
     "hours": {"zone": "America/New_York", "week": {"mon-fri": "08:00-21:00"}}}
"""

from speedtolead.domain.criteria.document import from_document, to_document
from speedtolead.domain.criteria.judge import judge
from speedtolead.domain.criteria.terms import (
    Condition,
    Criteria,
    CriteriaError,
    LeadValues,
    Miss,
    Problem,
    number,
    plain,
    postal_code,
    truth,
)

__all__ = [
    "Condition",
    "Criteria",
    "CriteriaError",
    "LeadValues",
    "Miss",
    "Problem",
    "from_document",
    "judge",
    "number",
    "plain",
    "postal_code",
    "to_document",
    "truth",
]
