"""The composition of what the manager's numbers are made by: a part of ``wiring``."""

from __future__ import annotations

from typing import TypedDict

from speedtolead.ports import Clock
from speedtolead.service.counting import Counting
from speedtolead.service.figures import Figures
from speedtolead.store.database import Database


class NumberServices(TypedDict):
    counting: Counting
    figures: Figures


def number_services(apart: Database, clock: Clock) -> NumberServices:
    return {"counting": Counting(apart), "figures": Figures(apart, clock)}
