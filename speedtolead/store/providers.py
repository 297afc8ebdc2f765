"""Rows of what providers answered. Must not know: the providers, or how long an answer is believed."""

from __future__ import annotations

from dataclasses import dataclass

from speedtolead.store.query import Nothing, Query
from speedtolead.store.settings_json import Json


@dataclass(frozen=True, slots=True)
class ProviderAnswer:
    answer: Json


PROVIDER_ANSWER = Query("provider_answer", ProviderAnswer)
KEEP_PROVIDER_ANSWER = Query("keep_provider_answer", Nothing)
FORGET_PROVIDER_ANSWERS = Query("forget_provider_answers", Nothing)
