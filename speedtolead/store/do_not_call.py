"""Rows of do-not-call lists and their numbers. Must not know: files, or how old a list may be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from speedtolead.store.query import Id, Nothing, Query


@dataclass(frozen=True, slots=True)
class Lock:
    held: bool


@dataclass(frozen=True, slots=True)
class CurrentList:
    list_id: UUID
    version_date: date
    numbers: int


@dataclass(frozen=True, slots=True)
class Count:
    count: int


@dataclass(frozen=True, slots=True)
class Removed:
    last: str | None
    count: int


@dataclass(frozen=True, slots=True)
class ListRow:
    """A list by its name; without a version it was never imported."""

    account_id: UUID
    account: str
    name: str
    version_date: date | None
    numbers: int | None
    unreadable: int | None
    sha256: str | None
    imported_at: datetime | None
    relied_on: bool


HOLD_LIST = Query("hold_list", Lock)
LET_GO_OF_LIST = Query("let_go_of_list", Lock)
CURRENT_LIST = Query("current_list", CurrentList)
BEGIN_LIST = Query("begin_list", Nothing)
ADD_NUMBERS = Query("add_numbers", Count)
RETIRE_LIST = Query("retire_list", Id)
FINISH_LIST = Query("finish_list", Id)
LEFT_OVER_LISTS = Query("left_over_lists", Id)
REMOVE_NUMBERS = Query("remove_numbers", Removed)
LIST_EMPTIED = Query("list_emptied", Id)
LISTS_IN_USE = Query("lists_in_use", ListRow)
SAY_OF_LIST = Query("say_of_list", Id)
