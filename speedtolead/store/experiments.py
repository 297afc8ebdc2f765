"""Rows of experiments: which ran, and what became of the leads in their arms.

Owns: the statements of ``sql/queries/experiment.sql``. Must not know: what is made of the counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from speedtolead.domain.experiment import Experiment
from speedtolead.store.experiment_json import experiment_from_json
from speedtolead.store.query import Nothing, Query
from speedtolead.store.settings_json import Json


@dataclass(frozen=True, slots=True)
class ExperimentRow:
    experiment_id: UUID
    campaign_id: UUID
    campaign: str
    name: str
    settings: Json
    began_at: datetime
    ended_at: datetime | None

    @property
    def experiment(self) -> Experiment:
        return experiment_from_json(self.settings)


@dataclass(frozen=True, slots=True)
class KnownExperiment:
    experiment_id: UUID
    name: str
    settings: Json
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Named:
    name: str


@dataclass(frozen=True, slots=True)
class ArmCounts:
    """``sooner``: of ``leads``, too young to be counted yet; the rest of the row is of those that are not."""

    arm: str
    leads: int
    sooner: int
    dialled: int
    contacted: int
    appointments: int
    sales: int
    revenue: Decimal | None


EXPERIMENTS_OF_ACCOUNT = Query("experiments_of_account", ExperimentRow)
EXPERIMENTS_OF_CAMPAIGN = Query("experiments_of_campaign", KnownExperiment)
BEGIN_EXPERIMENT = Query("begin_experiment", Nothing)
END_EXPERIMENTS = Query("end_experiments", Named)
EXPERIMENT_COUNTS = Query("experiment_counts", ArmCounts)
