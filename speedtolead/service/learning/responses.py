"""The response curve of a period, and what experiments say of it.

Owns: which leads are in the curve and which experiments are put beside it. Must not know: how it is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from speedtolead.domain import response
from speedtolead.domain.experiment import Measure
from speedtolead.domain.response import EDGES, Band, Compared, Lot
from speedtolead.ports import Clock
from speedtolead.service.learning.experiments import judged
from speedtolead.store import experiments
from speedtolead.store import response as rows
from speedtolead.store.database import Database
from speedtolead.store.experiments import ExperimentRow
from speedtolead.store.query import Connection
from speedtolead.store.response import BandRow

SETTLES = timedelta(days=2)
"""A lead is in the curve once it is so old: who was dialled late should have had as much time to be reached."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Leads received in ``[since, until)``. ``permitted``: seconds in which nobody might call are not counted."""

    since: datetime
    until: datetime
    campaign: str | None = None
    source: str | None = None
    permitted: bool = False


@dataclass(frozen=True, slots=True)
class Randomised:
    """One experiment that drew the delay by lot, whatever the period."""

    name: str
    campaign: str
    lots: list[Lot]
    compared: list[Compared]


@dataclass(frozen=True, slots=True)
class Response:
    curve: list[Band]
    until: datetime
    """Leads received from then on are too young."""
    randomised: list[Randomised]


class Responses:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def report(self, account_id: UUID, asked: Asked) -> Response:
        now = self._clock.now()
        until = min(asked.until, now - SETTLES)
        async with self._database.snapshot() as tx:
            ran = await experiments.EXPERIMENTS_OF_ACCOUNT.all(tx, account_id=account_id, campaign=asked.campaign)
            delays = [row for row in ran if row.experiment.randomises_delay]
            given = {
                "account_id": account_id,
                "source": asked.source,
                "permitted": asked.permitted,
                "edges": list(EDGES),
                "lots": [row.name for row in delays],
            }
            curve = await rows.RESPONSE_BANDS.all(
                tx, **given, campaign=asked.campaign, since=asked.since, until=until, experiment=None
            )
            observed = response.bands([(row.band - 1, row.leads, row.contacted, row.sold) for row in curve])
            randomised = [await self._randomised(tx, row, observed, given, now) for row in delays]
        return Response(observed, until, randomised)

    async def _randomised(
        self, tx: Connection, row: ExperimentRow, curve: list[Band], given: dict[str, Any], now: datetime
    ) -> Randomised:
        experiment = row.experiment
        settled = now - experiment.settles
        counts = await experiments.EXPERIMENT_COUNTS.all(
            tx,
            account_id=given["account_id"],
            campaign_id=row.campaign_id,
            name=row.name,
            began=row.began_at,
            settled=settled,
        )
        took = await rows.RESPONSE_BANDS.all(
            tx, **given, campaign=row.campaign, since=row.began_at, until=settled, experiment=row.name
        )
        found = judged(row, counts, now)
        lots = [
            Lot(arm.name, arm.counts[Measure.CONTACT], arm.counts[Measure.SALE], _median(took, arm.name))
            for arm in found.arms
        ]
        by_contact = experiment.measure is Measure.CONTACT
        compared = [
            response.compared(
                lots[0],
                lot,
                curve,
                arm.against_first.difference if by_contact and arm.against_first else arm.once[Measure.CONTACT],
            )
            for lot, arm in zip(lots[1:], found.arms[1:], strict=True)
        ]
        return Randomised(row.name, row.campaign, lots, compared)


def _median(took: list[BandRow], lot: str) -> float | None:
    """Of the band in which most of the arm's leads were dialled."""
    mine = [row for row in took if row.lot == lot]
    return max(mine, key=lambda row: row.leads).median if mine else None
