"""The console's keys, its stream, and the times that it offers for a callback."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from speedtolead.domain.disposition import MAY, NEEDS, Kind, undo_for
from speedtolead.service.console.cards import half_hours
from speedtolead.store.events import Event
from speedtolead.web.pages.console import KEYS, Own


def test_every_kind_has_a_key_and_says_what_it_asks() -> None:
    keys = [one.key for one in KEYS]
    assert len(set(keys)) == len(keys)
    assert {one.kind for one in KEYS} == set(Kind) - {Kind.MACHINE}, "a machine has its key among the controls"
    assert {one.kind for one in KEYS if one.asks} == {*NEEDS, Kind.QUOTE} == set(MAY)
    assert {kind for kind in Kind if not undo_for(kind)} == {Kind.DO_NOT_CALL, Kind.MACHINE}


def test_an_agents_stream_tells_of_the_agents_own_calls_only() -> None:
    me, mine, other = uuid4(), uuid4(), uuid4()

    def event(agent: UUID | None, attempt: UUID | None) -> Event:
        return Event(1, "1", uuid4(), uuid4(), attempt, agent, "x", datetime.now(UTC), {})

    own = Own(me, None)
    assert not own(event(None, mine))
    assert own(event(me, mine))
    assert own(event(None, mine)), "the lead's phone rings"
    assert not own(event(None, other))
    assert not own(event(other, other))
    assert own(event(me, None))
    assert own(event(None, mine)), "a pause in a call does not lose it"


def test_callbacks_are_offered_by_the_half_hour_in_the_persons_day_also_when_clocks_change() -> None:
    zone = ZoneInfo("America/New_York")
    found = half_hours(datetime(2026, 10, 31, 23, 50, tzinfo=UTC), zone)
    local = [at.astimezone(zone) for at in found]
    assert local[0].strftime("%d %H:%M") == "31 20:00"
    assert {at.minute for at in local} == {0, 30}
    assert all(8 <= at.hour <= 20 for at in local)
    assert len({at.strftime("%d %H:%M") for at in local}) == len(local)
    assert [at.strftime("%H:%M") for at in local if at.day == 1][:2] == ["08:00", "08:30"]
