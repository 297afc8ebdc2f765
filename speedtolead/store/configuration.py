"""Rows of what the configuration file describes. Must not know: the file."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from uuid import UUID

from speedtolead.store.query import Id, Nothing, Query
from speedtolead.store.settings_json import Json


@dataclass(frozen=True, slots=True)
class AccountRow:
    account_id: UUID
    timezone: str


@dataclass(frozen=True, slots=True)
class OwnNumber:
    phone: str


@dataclass(frozen=True, slots=True)
class NumberRow:
    phone: str
    sms: bool
    carrier: str


@dataclass(frozen=True, slots=True)
class UserOfAccount:
    user_id: UUID
    email: str
    role: str
    password_hash: str
    address: str | None


@dataclass(frozen=True, slots=True)
class ConfiguredAgent:
    agent_id: UUID
    name: str
    address: str
    presence: str
    groups: list[str]
    standing: Json
    skills: list[str]
    licensed: list[str]
    languages: list[str]
    hourly_cap: int | None
    daily_cap: int | None
    timezone: str
    schedule: Json | None
    email: str | None

    @property
    def facts(self) -> Json:
        """All of it that the file says, but the name and the email."""
        known = asdict(self)
        return {name: value for name, value in known.items() if name not in {"agent_id", "name", "email"}}


@dataclass(frozen=True, slots=True)
class PausesRow:
    pause_reasons: list[str]
    pause_after_missed: int


@dataclass(frozen=True, slots=True)
class CampaignRow:
    campaign_id: UUID
    name: str
    paused: bool
    settings: Json
    version: int


@dataclass(frozen=True, slots=True)
class ConfiguredSource:
    source_id: UUID
    name: str
    paused: bool
    settings: Json
    said: Json | None
    campaign: str
    key_hashes: list[bytes]


@dataclass(frozen=True, slots=True)
class KeyRow:
    key_hash: bytes


@dataclass(frozen=True, slots=True)
class Hint:
    hint: str


ACCOUNT_BY_NAME = Query("account_by_name", AccountRow)
LOCK_ACCOUNT = Query("lock_account", AccountRow)
ADD_ACCOUNT = Query("add_account", Nothing)
SET_ACCOUNT_TIMEZONE = Query("set_account_timezone", Nothing)
PAUSES_OF_ACCOUNT = Query("pauses_of_account", PausesRow)
SET_PAUSES = Query("set_pauses", Nothing)
NUMBERS_OF_ACCOUNT = Query("numbers_of_account", NumberRow)
PUT_NUMBER = Query("put_number", Nothing)
SET_NUMBER_CALLS = Query("set_number_calls", OwnNumber)
REMOVE_NUMBER = Query("remove_number", Nothing)
USERS_OF_ACCOUNT = Query("users_of_account", UserOfAccount)
PUT_USER = Query("put_user", Id)
REMOVE_USER = Query("remove_user", Nothing)
END_SESSIONS = Query("end_sessions", Nothing)
CONFIGURED_AGENTS = Query("configured_agents", ConfiguredAgent)
PUT_AGENT = Query("put_agent", Nothing)
REMOVE_AGENT = Query("remove_agent", Nothing)
CAMPAIGNS_OF_ACCOUNT = Query("campaigns_of_account", CampaignRow)
PUT_CAMPAIGN = Query("put_campaign", Id)
REMOVE_CAMPAIGN = Query("remove_campaign", Nothing)
SOURCES_OF_ACCOUNT = Query("sources_of_account", ConfiguredSource)
PUT_SOURCE = Query("put_source", Id)
COUNT_PERIOD = Query("count_period", Nothing)
REMOVE_SOURCE = Query("remove_source", Nothing)
ACCOUNT_KEYS = Query("account_keys", KeyRow)
ADD_KEY = Query("add_key", Hint)
REVOKE_KEYS = Query("revoke_keys", Nothing)
