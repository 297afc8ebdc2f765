"""What is known of a lead before it is judged: the places it may be in, and those that it only seems to be in."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from speedtolead.adapters.mail_addresses import OfflineMailAddresses
from speedtolead.adapters.numbering import OfflineNumbering
from speedtolead.domain.lead import Consent
from speedtolead.domain.place import Candidate, binding
from speedtolead.domain.source import Source
from speedtolead.ports import IpPlace
from speedtolead.service.intake.post import LeadPost
from speedtolead.service.intake.standing import Standing, Tables

NOON = datetime(2026, 6, 10, 16, tzinfo=UTC)


class OnePlace:
    """A table in which every address is in one place."""

    def __init__(self, place: IpPlace | None) -> None:
        self._place = place

    def place(self, ip: str) -> IpPlace | None:
        return self._place


def standing(place: IpPlace | None, ip: str | None = "203.0.113.7") -> Standing:
    tables = Tables(OfflineNumbering(), OfflineMailAddresses(), OnePlace(place), True)
    post = LeadPost("+12122360142", Consent(("call",)), "application/json", b"{}", state="NY", ip=ip)
    return tables.standing(Source("form"), post, NOON)


def test_where_the_visitors_address_is_is_shown_and_binds_nothing() -> None:
    found = standing(IpPlace("US", "TX"))
    assert found.hints == (Candidate("America/Chicago", "TX", "ip"), Candidate("America/Denver", "TX", "ip"))
    assert all(hint.advisory for hint in found.hints)
    assert binding(found.candidates + found.hints) == list(found.candidates)


@pytest.mark.parametrize("place", [None, IpPlace("US", None), IpPlace("CA", "ON")])
def test_an_address_that_tells_no_state_of_ours_hints_at_nothing(place: IpPlace | None) -> None:
    assert standing(place).hints == ()


def test_a_post_without_an_address_hints_at_nothing() -> None:
    assert standing(IpPlace("US", "TX"), ip=None).hints == ()
