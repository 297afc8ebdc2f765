"""What the account learns from its own leads, in one place for whoever shows it.

Owns: the names of these use cases. Must not know: anything of what they do.
"""

from __future__ import annotations

from dataclasses import dataclass

from speedtolead.ports import Clock
from speedtolead.service.learning.best_times import Answering
from speedtolead.service.learning.experiments import Experiments
from speedtolead.service.learning.responses import Responses
from speedtolead.service.learning.staffing import StaffingPlans
from speedtolead.store.database import Database


@dataclass(frozen=True, slots=True)
class Learning:
    experiments: Experiments
    answering: Answering
    responses: Responses
    staffing: StaffingPlans


def learning(database: Database, clock: Clock) -> Learning:
    return Learning(
        experiments=Experiments(database, clock),
        answering=Answering(database, clock),
        responses=Responses(database, clock),
        staffing=StaffingPlans(database, clock),
    )
