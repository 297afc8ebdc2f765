"""``test: true``: everything happens that happens to a lead, except that nobody is called, and nothing is counted.

With a ``test_phone`` the source's own phone is rung, and never the one that was posted.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from posting import at, finding, new_database, new_phone, value, with_sources
from running import AGENTS_ANSWER, RunningService, person, running_service, until

from speedtolead.domain.checks import CHECKS
from speedtolead.simulator.people import Does

pytestmark = pytest.mark.asyncio(loop_scope="module")

OWN_PHONE = "+17185550188"
PICKS_UP = person("*", Does.ANSWER, ring=1.0, talk=5.0)
STRICT: dict[str, Any] = {
    "accept": {"states": ["NY"], "max_age": "10m", "consent": {"certificate": "required"}},
    "checks": {"blocked_words": ["spam"], "reactions": {"role_email": "penalty 8"}},
    "ask": {"lists": "5s"},
}
SOUND: dict[str, Any] = {"consent": {"channels": ["call"], "leadid_token": "A" * 36}}

SOURCES: dict[str, dict[str, Any]] = {
    "plain": {},
    "strict": STRICT,
    "own phone": {"test_phone": OWN_PHONE},
    "counting": {
        "caps": {"daily": 1},
        "duplicates": {"window": "30d", "keys": ["phone", "email"], "on_repeat": "refuse"},
    },
    "touching": {"duplicates": {"window": "30d", "on_repeat": "touch"}},
    "limited": {"checks": {"velocity": {"ip": "2/1h", "phone": "2/1h"}}},
    "limited own phone": {"checks": {"velocity": {"phone": "2/1h"}}, "test_phone": OWN_PHONE},
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    text, folder = with_sources(SOURCES, agents=2), tmp_path_factory.mktemp("tests")
    async with (
        new_database(server_url) as url,
        running_service(url, folder, text, (AGENTS_ANSWER, PICKS_UP)) as running,
    ):
        yield running


async def accepted(service: RunningService, source: str, **fields: Any) -> dict[str, Any]:
    status, answer = await at(service, source).post(**fields)
    assert (status, answer.get("status")) == (202, "accepted"), answer
    lead: dict[str, Any] = await service.lead(answer["lead_id"])
    return lead


# ---- everything happens ---------------------------------------------------------------------------------------


async def test_a_test_is_judged_and_scored_as_any_lead(service: RunningService) -> None:
    fields = SOUND | {"email": "admin@ada.org", "postal_code": "10001"}
    test = await accepted(service, "strict", phone=new_phone(), test=True, **fields)
    real = await accepted(service, "strict", phone=new_phone(), **fields)
    assert (test["test"], real["test"]) == (True, False)
    checks = {check.__name__ for check in CHECKS} | {
        "litigator",
        "do_not_call_list",
        "no_consent",
        "no_certificate",
    }
    assert {one["check"] for one in test["findings"]} >= checks
    assert finding(test, "role_email")["points"] == 8
    assert test["score"] == real["score"]
    assert test["consent"] == real["consent"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"phone": "12"}, "invalid_phone"),
        ({"consent": {"channels": ["sms"], "leadid_token": "A" * 36}}, "no_consent"),
        ({"consent": {"channels": ["call"]}}, "no_certificate"),
        ({"submitted_at": "2020-01-01T00:00:00Z"}, "too_old"),
        ({"state": "NJ"}, "outside_criteria"),
        ({"attributes": {"comments": "spam"}}, "blocked_words"),
        ({"honeypot": "filled in"}, "bot"),
        ({"phone": "+19295550157"}, "litigator"),
    ],
)
async def test_a_test_is_refused_as_any_lead(service: RunningService, fields: dict[str, Any], code: str) -> None:
    status, answer = await at(service, "strict").post(**{"phone": new_phone(), "test": True} | SOUND | fields)
    assert (status, answer["code"]) == (422, code)
    lead = await service.lead(answer["lead_id"])
    assert (lead["test"], lead["refusal"]) == (True, code)


async def test_data_that_is_made_up_is_what_a_test_should_hold(service: RunningService) -> None:
    made_up = {"phone": "2125555555", "first_name": "Test", "last_name": "Lead", "email": "test@test.com"}
    status, answer = await at(service, "plain").post(**made_up)
    assert (status, answer["code"]) == (422, "test_data")
    await accepted(service, "plain", test=True, **made_up)


async def test_a_test_is_answered_alike_when_it_comes_again(service: RunningService) -> None:
    fields = {"phone": new_phone(), "test": True, "external_id": "test-1"}
    assert await at(service, "plain").post(**fields) == await at(service, "plain").post(**fields)


# ---- nobody is called -----------------------------------------------------------------------------------------


async def test_nobody_is_called(service: RunningService) -> None:
    """A real lead that came later has been called, so the test would have been, too."""
    phone = new_phone()
    test = await accepted(service, "plain", phone=phone, test=True)
    assert (test["next_attempt_at"], test["attempts"]) == (None, [])
    real = await accepted(service, "plain", phone=new_phone())
    await service.ended(real["lead_id"])
    assert (await service.lead(test["lead_id"]))["attempts"] == []
    assert service.rung(phone) == 0


async def test_with_a_test_phone_only_that_one_is_rung(service: RunningService) -> None:
    posted, before = new_phone(), service.rung(OWN_PHONE)
    test = await accepted(service, "own phone", phone=posted, test=True)
    assert test["phone"] == OWN_PHONE
    lead = await service.ended(test["lead_id"])
    assert lead["status"] == "contacted"
    assert (service.rung(OWN_PHONE), service.rung(posted)) == (before + 1, 0)
    await service.agents_free()


@pytest.mark.parametrize("number", ["12", "not a number", "<test lead: dummy data for phone_number>"])
async def test_with_a_test_phone_any_number_may_be_posted(service: RunningService, number: str) -> None:
    """Meta's testing tool posts no number at all."""
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    test = await accepted(service, "own phone", phone=number, test=True, schedule_at=later)
    assert (test["phone"], [one["state"] for one in test["attempts"]]) == (OWN_PHONE, ["scheduled"])


async def test_a_real_lead_of_a_source_with_a_test_phone_is_called_itself(service: RunningService) -> None:
    phone, before = new_phone(), service.rung(OWN_PHONE)
    real = await accepted(service, "own phone", phone=phone)
    await service.ended(real["lead_id"])
    assert (service.rung(OWN_PHONE), service.rung(phone)) == (before, 1)


# ---- nothing is counted ---------------------------------------------------------------------------------------


async def test_a_test_is_no_duplicate_and_makes_none(service: RunningService) -> None:
    fields = {"phone": new_phone(), "email": "ada@once.org"}
    for test in (True, True):
        await accepted(service, "counting", test=test, **fields)
    await accepted(service, "counting", **fields)
    await accepted(service, "counting", test=True, **fields)  # although the cap is reached by now, too
    status, answer = await at(service, "counting").post(**fields)
    assert (status, answer["code"]) == (422, "duplicate")
    status, answer = await at(service, "counting").post(phone=new_phone())
    assert (status, answer["code"]) == (422, "over_cap")


async def test_a_test_touches_no_running_lead(service: RunningService) -> None:
    phone = new_phone()
    real = await accepted(service, "touching", phone=phone)
    test = await accepted(service, "touching", phone=phone, test=True)
    assert test["lead_id"] != real["lead_id"]
    assert (await service.lead(real["lead_id"]))["touches"] == 0


async def test_tests_use_up_no_limit(service: RunningService) -> None:
    phone, ip = new_phone(), "192.0.2.77"
    for test in (True, True, True, False, True, False):
        await accepted(service, "limited", phone=phone, ip=ip, test=test)
    status, answer = await at(service, "limited").post(phone=new_phone(), ip=ip)
    assert (status, answer["code"]) == (422, "velocity")


async def test_the_test_phone_may_be_rung_as_often_as_somebody_tries(service: RunningService) -> None:
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    for _ in range(4):
        await accepted(service, "limited own phone", phone=new_phone(), test=True, schedule_at=later)


async def test_tests_are_in_no_history(service: RunningService) -> None:
    """By which the next leads of a source would be scored."""
    source_id = await value(service, "SELECT id FROM source WHERE name = 'plain'")
    account_id = await value(service, "SELECT account_id FROM source WHERE name = 'plain'")
    histories = service.node.services.intake._histories
    histories._known.clear()
    sql = "SELECT count(*) FROM lead WHERE source_id = $1 AND answer_status = 202 AND test = $2"
    counts = [await value(service, sql, source_id, test) for test in (False, True)]
    assert all(counts)

    async def known() -> Any:
        return histories.of(account_id, source_id)

    own, _ = await until(known)
    assert own.accepted == counts[0]
