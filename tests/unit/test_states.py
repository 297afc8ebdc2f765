"""States as people, forms and platforms write them."""

from __future__ import annotations

import pytest

from speedtolead.adapters.numbering import OfflineNumbering
from speedtolead.domain.checks.place import STATES
from speedtolead.domain.states import _CODES, state_code

SAID = {
    "CO": "CO",
    "co": "CO",
    " Co ": "CO",
    "Colorado": "CO",
    "new  york": "NY",
    "N.Y.": "NY",
    "US-CO": "CO",
    "Washington": "WA",
    "Washington, D.C.": "DC",
    "D.C.": "DC",
    "West Virginia": "WV",
    "Virginia": "VA",
    "U.S. Virgin Islands": "VI",
    "Ontario": "ONTARIO",
    "New Yorck": "NEW YORCK",
    "": "",
}


@pytest.mark.parametrize("said", SAID)
def test_a_state_is_known_by_its_name_and_its_letters(said: str) -> None:
    assert state_code(said) == SAID[said]


def test_every_state_of_the_tables_has_a_name() -> None:
    assert set(_CODES.values()) == OfflineNumbering().states() == STATES - {"AA", "AE", "AP"}
