"""Returns: a claim within the source's terms, sent within its share, and every way in which it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from posting import TOMORROW, key_of, new_database, value, with_sources
from reporting import EVERY_REASON, RETURNS, ask, events_of, report, returned, run, taken
from running import (
    AGENTS_ANSWER,
    LEAD_PHONE,
    RunningService,
    configuration,
    configure,
    person,
    running_service,
)

from speedtolead.domain.call import AnsweredBy, Leg, LegEnd, LegKind, LegState
from speedtolead.service.returns import ANSWERED_WITHIN, hear_of_number
from speedtolead.simulator.people import Does
from speedtolead.store import calls as call_rows

pytestmark = pytest.mark.asyncio(loop_scope="module")

SOURCES: dict[str, dict[str, Any]] = {
    "vendor": {"cost_per_lead": 25.5, **RETURNS},
    "strict": {"returns": {"window": "7d", "reasons": ["disconnected"]}},
    "capped": {"cost_per_lead": 10, "returns": {"window": "7d", "reasons": EVERY_REASON, "maximum_share": 0.25}},
    "bulk": {"cost_per_lead": 10, **RETURNS},
    "paged": RETURNS,
}
SENDS = [("send", 200, "sent"), ("credit", 409, None), ("reject", 409, None), ("withdraw", 200, "withdrawn")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    folder: Path = tmp_path_factory.mktemp("returns")
    text = with_sources(SOURCES, cadence=TOMORROW)
    async with new_database(server_url) as url, running_service(url, folder, text) as running:
        yield running


async def act(service: RunningService, claim_id: str, action: str, **more: Any) -> tuple[int, Any]:
    return await ask(service, "POST", f"/v1/returns/{claim_id}", {"action": action, **more})


async def send_all(service: RunningService, source: str) -> list[dict[str, str]]:
    status, rows = await ask(service, "POST", "/v1/returns/send", {"source": source})
    assert status == 200, rows
    return list(rows)


async def arrived_before(service: RunningService, lead_id: str, ago: timedelta) -> None:
    await run(
        service, "UPDATE lead SET received_at = received_at - CAST($2 AS interval) WHERE id = $1", lead_id, ago
    )


# ---- what is claimed ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "reason", "age", "why"),
    [
        ("strict", "fraud", 0, "The vendor takes no lead back for fraud; it takes disconnected."),
        ("vendor", "fraud", 8, "The return window ended at "),
        ("form", "fraud", 0, "No return terms are agreed with this source."),
    ],
)
async def test_what_the_terms_do_not_allow_is_not_claimed_and_why_is_said(
    service: RunningService, source: str, reason: str, age: int, why: str
) -> None:
    lead_id = await taken(service, None if source == "form" else source)
    await arrived_before(service, lead_id, timedelta(days=age))
    _, answer = await report(service, lead_id, kind="return", reason=reason)
    assert answer["lead"]["claim"] is None
    assert answer["lead"]["outcomes"][0]["not_claimed"].startswith(why)


async def test_nothing_is_claimed_for_a_test_lead(service: RunningService) -> None:
    lead = await returned(service, "vendor", test=True)
    assert (lead["claim"], lead["outcomes"][0]["not_claimed"]) == (None, "Nothing was paid for this lead.")


async def test_a_lead_without_a_price_is_claimed_without_an_amount(service: RunningService) -> None:
    assert (await returned(service, "strict", "disconnected"))["claim"]["amount"] is None


async def test_a_second_report_adds_to_what_is_prepared_but_not_to_what_is_sent(service: RunningService) -> None:
    lead = await returned(service, "vendor", "fraud")
    _, second = await report(service, lead["lead_id"], kind="return", reason="wrong_person")
    claim = second["lead"]["claim"]
    assert (claim["return_id"], claim["reason"]) == (lead["claim"]["return_id"], "wrong_person")
    assert [one["reason"] for one in claim["evidence"]] == ["fraud", "wrong_person"]
    assert (await act(service, claim["return_id"], "send"))[0] == 200
    _, third = await report(service, lead["lead_id"], kind="return", reason="duplicate")
    assert third["lead"]["claim"]["reason"] == "wrong_person"
    assert "its vendor knows of it" in third["lead"]["outcomes"][-1]["not_claimed"]


async def test_a_lead_whose_claim_was_withdrawn_can_be_claimed_anew(service: RunningService) -> None:
    lead = await returned(service, "vendor", "fraud")
    assert (await act(service, lead["claim"]["return_id"], "withdraw"))[0] == 200
    _, again = await report(service, lead["lead_id"], kind="return", reason="duplicate")
    assert (again["lead"]["claim"]["state"], again["lead"]["claim"]["reason"]) == ("prepared", "duplicate")
    assert again["lead"]["claim"]["return_id"] != lead["claim"]["return_id"]


# ---- what the carrier says ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "does", "code"),
    [
        ("agent_first", Does.UNREACHABLE, "404"),
        ("lead_first", Does.UNREACHABLE, "404"),
        ("lead_first", Does.INVALID, "21211"),
    ],
)
async def test_a_number_out_of_service_prepares_a_suspicion_with_its_evidence(
    server_url: str, tmp_path: Path, mode: str, does: Does, code: str
) -> None:
    text = with_sources({"vendor": SOURCES["vendor"]}, mode=mode)
    people = (AGENTS_ANSWER, person(LEAD_PHONE, does))
    async with new_database(server_url) as url, running_service(url, tmp_path, text, people) as service:
        lead_id = await taken(service, "vendor", phone=LEAD_PHONE)
        lead = await service.lead_when(lead_id, lambda lead: lead["claim"])
        claim, (attempt,) = lead["claim"], lead["attempts"]
        assert (claim["state"], claim["reason"], claim["suspected"]) == ("prepared", "disconnected", True)
        (call,) = claim["evidence"]
        (leg,) = (leg for leg in attempt["legs"] if leg["kind"] == "lead")
        assert call == {
            "kind": "call",
            "attempt_id": attempt["attempt_id"],
            "attempt": 1,
            "placed_at": leg["placed_at"],
            "ended_at": leg["ended_at"],
            "ended_as": "failed",
            "carrier_code": code,
        }
        assert await events_of(service, lead_id, "lead.returned") == []
        status, rows = await ask(service, "GET", "/v1/returns", Accept="text/csv")
        assert status == 200
        assert f"failed: carrier code {code}." in rows[0]["evidence"]


async def test_without_terms_or_with_another_end_nothing_is_suspected(server_url: str, tmp_path: Path) -> None:
    text = with_sources({"vendor": SOURCES["vendor"]})
    people = (
        AGENTS_ANSWER,
        person("+13475550101", Does.BUSY),
        person("+13475550102", Does.UNREACHABLE),
    )
    async with new_database(server_url) as url, running_service(url, tmp_path, text, people) as service:
        busy = await taken(service, "vendor", phone="+13475550101")
        no_terms = await taken(service, phone="+13475550102")
        for lead_id in (busy, no_terms):
            assert (await service.ended(lead_id))["claim"] is None


async def heard(
    service: RunningService, lead_id: str, number: int, code: str | None, end: LegEnd, who: AnsweredBy | None
) -> None:
    """The end of a call to the lead, as the lead's attempt of this number."""
    async with service.database.transaction() as tx:
        attempt_id = await tx.fetchval("SELECT id FROM attempt WHERE lead_id = $1", lead_id)
        await tx.execute("UPDATE attempt SET number = $2 WHERE id = $1", attempt_id, number)
        row = await call_rows.LOCK_CALL.one(tx, attempt_id=attempt_id)
        now = row.received_at + timedelta(seconds=number)
        ended = Leg(LegKind.LEAD, LegState.ENDED, now, "CA1", None, None, now, end, who, code)
        await hear_of_number(tx, row, ended, now)


async def test_a_suspicion_is_withdrawn_when_a_person_answers_later(service: RunningService) -> None:
    lead_id = await taken(service, "vendor")
    await heard(service, lead_id, 1, "404", LegEnd.FAILED, None)
    await heard(service, lead_id, 1, "404", LegEnd.FAILED, None)
    claim = (await service.lead(lead_id))["claim"]
    assert (claim["state"], len(claim["evidence"])) == ("prepared", 1)
    await heard(service, lead_id, 2, None, LegEnd.COMPLETED, AnsweredBy.MACHINE)
    await heard(service, lead_id, 3, "410", LegEnd.FAILED, None)
    claim = (await service.lead(lead_id))["claim"]
    assert [one["carrier_code"] for one in claim["evidence"]] == ["404", "410"]
    await heard(service, lead_id, 4, None, LegEnd.COMPLETED, AnsweredBy.HUMAN)
    claim = (await service.lead(lead_id))["claim"]
    assert (claim["state"], claim["note"]) == ("withdrawn", "the phone was answered")
    await heard(service, lead_id, 5, "404", LegEnd.FAILED, None)
    assert (await service.lead(lead_id))["claim"]["return_id"] == claim["return_id"], "no suspicion comes back"
    kinds = [kind for kind, _ in await events_of(service, lead_id, "return.prepared", "return.withdrawn")]
    assert kinds == ["return.prepared", "return.withdrawn"]


async def test_a_suspicion_is_withdrawn_when_something_better_is_reported(service: RunningService) -> None:
    lead_id = await taken(service, "vendor")
    await heard(service, lead_id, 1, "404", LegEnd.FAILED, None)
    _, answer = await report(service, lead_id, kind="appointment")
    claim = answer["lead"]["claim"]
    assert (claim["state"], claim["note"]) == ("withdrawn", "appointment reported")


async def test_what_a_person_reported_is_not_withdrawn_by_an_answer(service: RunningService) -> None:
    lead_id = await taken(service, "vendor")
    await heard(service, lead_id, 1, "404", LegEnd.FAILED, None)
    await report(service, lead_id, kind="return", reason="wrong_person")
    await heard(service, lead_id, 2, None, LegEnd.COMPLETED, AnsweredBy.HUMAN)
    claim = (await service.lead(lead_id))["claim"]
    assert (claim["state"], claim["reason"], claim["suspected"]) == ("prepared", "wrong_person", False)


# ---- what is done with a claim ------------------------------------------------------------------------------


@pytest.mark.parametrize(("action", "status", "state"), SENDS)
async def test_what_may_be_done_with_a_prepared_claim(
    service: RunningService, action: str, status: int, state: str | None
) -> None:
    claim = (await returned(service, "vendor"))["claim"]
    found, answer = await act(service, claim["return_id"], action, note="as agreed")
    assert found == status
    if state is None:
        assert answer["code"] == "claim_state"
        assert answer["detail"].startswith("This claim is prepared; it cannot be ")
        return
    assert (answer["state"], answer["note"]) == (state, "as agreed")
    ((_, data),) = await events_of(service, claim["lead_id"], f"return.{state}")
    assert (data["by"], data["amount"], data["note"]) == ("api", "25.5", "as agreed")


@pytest.mark.parametrize(("action", "state"), [("credit", "credited"), ("reject", "rejected")])
async def test_the_vendors_answer_is_kept_once(service: RunningService, action: str, state: str) -> None:
    claim = (await returned(service, "vendor"))["claim"]
    for _ in range(2):
        status, sent = await act(service, claim["return_id"], "send")
        assert (status, sent["state"]) == (200, "sent")
    for _ in range(2):
        status, answer = await act(service, claim["return_id"], action)
        assert (status, answer["state"], answer["sent_at"]) == (200, state, sent["sent_at"])
    assert (await act(service, claim["return_id"], "withdraw"))[0] == 409
    kinds = [kind for kind, _ in await events_of(service, claim["lead_id"]) if kind.startswith("return.")]
    assert kinds == ["return.prepared", "return.sent", f"return.{state}"]


async def test_a_vendor_that_rejected_may_still_give_in(service: RunningService) -> None:
    claim_id = (await returned(service, "vendor"))["claim"]["return_id"]
    states = [(await act(service, claim_id, action))[1]["state"] for action in ("send", "reject", "credit")]
    assert states == ["sent", "rejected", "credited"]
    assert (await act(service, claim_id, "reject"))[0] == 409


async def test_a_claim_of_another_account_and_one_that_is_none_are_not_found(service: RunningService) -> None:
    await configure(
        service.database_url,
        configuration(account="other", account_key="stl_acct_other_0001", source_key="stl_other_key_0001"),
    )
    claim_id = (await returned(service, "vendor"))["claim"]["return_id"]
    for asked, key in ((claim_id, "stl_acct_other_0001"), (str(UUID(int=7)), None), ("no-id", None)):
        status, _ = await ask(service, "POST", f"/v1/returns/{asked}", {"action": "send"}, key)
        assert status == 404
    _, page = await ask(service, "GET", "/v1/returns", key="stl_acct_other_0001")
    assert page == {"returns": [], "next": None}
    status, _ = await ask(service, "POST", "/v1/returns/send", {"source": "vendor"}, "stl_acct_other_0001")
    assert status == 404


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/returns", None),
        ("POST", "/v1/returns/send", {"source": "vendor"}),
        ("POST", f"/v1/returns/{UUID(int=7)}", {"action": "send"}),
    ],
)
async def test_a_sources_key_does_nothing_with_claims(
    service: RunningService, method: str, path: str, body: Any
) -> None:
    assert (await ask(service, method, path, body, key_of("vendor")))[0] == 403


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/returns?state=lost", None),
        ("GET", "/v1/returns?source=a%00b", None),
        ("GET", "/v1/returns?after=x", None),
        ("GET", "/v1/returns?limit=0", None),
        ("GET", "/v1/returns?sent_since=0001-01-01T00:00:00%2B14:00", None),
        ("POST", "/v1/returns/send", {}),
        ("POST", "/v1/returns/send", {"source": "a\x00b"}),
        ("POST", f"/v1/returns/{UUID(int=7)}", {"action": "burn"}),
        ("POST", f"/v1/returns/{UUID(int=7)}", {"action": "send", "note": "\x00"}),
    ],
)
async def test_what_does_not_fit_is_refused(service: RunningService, method: str, path: str, body: Any) -> None:
    assert (await ask(service, method, path, body))[0] == 422


# ---- sending ------------------------------------------------------------------------------------------------


async def test_all_that_is_prepared_of_a_source_is_sent_once_as_a_file(service: RunningService) -> None:
    first = await returned(service, "bulk", "fraud", external_id="=1+1")
    second = await returned(service, "bulk", "duplicate", external_id="b-2")
    other = await returned(service, "vendor")
    rows = await send_all(service, "bulk")
    assert [row["external_id"] for row in rows] == ["b-2", "'=1+1"]
    assert list(rows[0]) == [
        *("external_id", "lead_id", "received_at", "phone", "reason", "evidence", "amount", "deadline")
    ]
    assert rows[1]["lead_id"] == first["lead_id"]
    assert (rows[1]["phone"], rows[1]["amount"]) == (first["phone"], "10")
    assert (rows[1]["reason"], rows[1]["deadline"]) == ("fraud", first["claim"]["deadline"])
    assert rows[0]["evidence"].endswith(": duplicate.")
    assert await send_all(service, "bulk") == []
    for lead in (first, second):
        assert (await service.lead(lead["lead_id"]))["claim"]["state"] == "sent"
    assert (await service.lead(other["lead_id"]))["claim"]["state"] == "prepared"
    sent_at = (await service.lead(first["lead_id"]))["claim"]["sent_at"]
    _, again = await ask(
        service, "GET", f"/v1/returns?source=bulk&state=sent&sent_since={sent_at}", Accept="text/csv"
    )
    assert again == rows, "a file that was lost on the way can be had again"


async def test_no_more_is_sent_than_the_sources_share(service: RunningService) -> None:
    leads = [await returned(service, "capped") for _ in range(2)]
    claims = [lead["claim"]["return_id"] for lead in leads]
    status, problem = await act(service, claims[0], "send")
    assert (status, problem["code"]) == (409, "outside_terms")
    assert problem["detail"] == "0 of 2 leads were returned; the vendor takes back at most 25.0%."
    assert await send_all(service, "capped") == []
    for _ in range(2):
        await taken(service, "capped")
    assert [row["lead_id"] for row in await send_all(service, "capped")] == [leads[0]["lead_id"]]
    assert (await act(service, claims[1], "send"))[0] == 409
    assert (await act(service, claims[0], "reject"))[0] == 200, "what the vendor rejects does not count"
    assert (await act(service, claims[1], "send"))[0] == 200


async def test_many_who_send_at_once_stay_within_the_share(service: RunningService) -> None:
    await run(
        service,
        "DELETE FROM return_claim WHERE source_id = (SELECT id FROM source WHERE name = 'capped')",
    )
    claims = [(await returned(service, "capped"))["claim"]["return_id"] for _ in range(6)]
    accepted = await value(
        service, "SELECT count(*) FROM lead WHERE source_id = (SELECT id FROM source WHERE name = 'capped')"
    )
    statuses = await asyncio.gather(
        *(act(service, claim_id, "send") for claim_id in claims),
        *(ask(service, "POST", "/v1/returns/send", {"source": "capped"}) for _ in range(3)),
    )
    assert {status for status, _ in statuses} <= {200, 409}
    sent = await value(
        service,
        "SELECT count(*) FROM return_claim c JOIN source s ON s.id = c.source_id"
        " WHERE s.name = 'capped' AND c.state = 'sent'",
    )
    assert sent == accepted // 4


# ---- time ---------------------------------------------------------------------------------------------------


async def test_a_claim_past_its_deadline_is_not_sent_and_expires(service: RunningService) -> None:
    lead = await returned(service, "vendor")
    claim_id = lead["claim"]["return_id"]
    await run(service, "UPDATE return_claim SET deadline = now() WHERE id = $1", claim_id)
    assert (await act(service, claim_id, "send"))[0] == 409
    assert lead["lead_id"] not in {row["lead_id"] for row in await send_all(service, "vendor")}
    assert await service.node.services.returns.expire() == 1
    assert await service.node.services.returns.expire() == 0
    assert (await service.lead(lead["lead_id"]))["claim"]["state"] == "expired"
    ((_, data),) = await events_of(service, lead["lead_id"], "return.expired")
    assert data["sent"] is False


async def test_a_sent_claim_without_an_answer_expires_and_a_late_answer_counts(service: RunningService) -> None:
    lead = await returned(service, "vendor")
    claim_id = lead["claim"]["return_id"]
    await act(service, claim_id, "send")
    await run(service, "UPDATE return_claim SET deadline = now() WHERE id = $1", claim_id)
    assert await service.node.services.returns.expire() == 0, "it was sent in time"
    await run(
        service,
        "UPDATE return_claim SET sent_at = sent_at - CAST($2 AS interval) WHERE id = $1",
        claim_id,
        ANSWERED_WITHIN,
    )
    assert await service.node.services.returns.expire() == 1
    status, answer = await act(service, claim_id, "credit")
    assert (status, answer["state"]) == (200, "credited")


# ---- pages --------------------------------------------------------------------------------------------------


async def test_claims_come_in_pages_newest_first_and_by_source_and_state(service: RunningService) -> None:
    made = [(await returned(service, "paged"))["claim"]["return_id"] for _ in range(5)]
    await act(service, made[0], "withdraw")
    seen: list[str] = []
    after = ""
    while True:
        _, page = await ask(service, "GET", f"/v1/returns?source=paged&limit=2{after}")
        seen += [claim["return_id"] for claim in page["returns"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == made[::-1]
    _, page = await ask(service, "GET", "/v1/returns?source=paged&state=withdrawn")
    assert [claim["return_id"] for claim in page["returns"]] == made[:1]
    headers = {"Authorization": f"Bearer {service.account_key}", "Accept": "text/csv"}
    async with service.http.get(f"{service.url}/v1/returns?source=paged&limit=2", headers=headers) as response:
        assert f"after={made[3]}" in response.headers["Link"]
        assert len((await response.text()).splitlines()) == 3
