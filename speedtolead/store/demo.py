"""The made-up past of the demo's sources. Must not know: why they need one."""

from __future__ import annotations

from speedtolead.store.query import Nothing, Query

ADD_PAST_LEADS = Query("add_past_leads", Nothing)
ADD_PAST_CALLS = Query("add_past_calls", Nothing)
