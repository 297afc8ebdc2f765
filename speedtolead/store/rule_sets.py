"""Rows of loaded rule sets. Must not know: what their text says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from speedtolead.store.query import Query


@dataclass(frozen=True, slots=True)
class LoadedRow:
    version: str
    effective_from: date
    text: str
    loaded_at: datetime


@dataclass(frozen=True, slots=True)
class Version:
    version: str


LOADED = Query("loaded_rule_sets", LoadedRow)
LOAD = Query("load_rule_set", Version)
WITHDRAW = Query("withdraw_rule_set", Version)
