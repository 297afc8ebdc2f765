"""Whether a lead's mail domain takes mail: found out after the lead was taken, and written with its findings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from running import RunningService, configuration, running_service


async def finding(service: RunningService, lead_id: str) -> dict[str, Any]:
    """The finding on the mail's domain, once the question was answered."""

    def answered(lead: Any) -> bool:
        found = [f["inputs"] for f in lead["findings"] if f["check"] == "email_domain"]
        return any(inputs.get("takes_mail") is not None for inputs in found)

    lead = await service.lead_when(lead_id, answered, seconds=30)
    found: list[dict[str, Any]] = [f for f in lead["findings"] if f["check"] == "email_domain"]
    assert len(found) == 1
    return found[0]


async def test_a_domain_that_takes_no_mail_is_found_out_in_the_background(
    database_url: str, tmp_path: Path
) -> None:
    async with running_service(database_url, tmp_path, configuration(agents=2)) as service:
        _, bad = await service.post(email="ada@nomail.posts.dev")
        _, good = await service.post(phone="+12125550143", email="ada@posts.dev")
        found = await finding(service, bad["lead_id"])
        assert (found["verdict"], found["reason"]) == ("penalty", "invalid_email")
        assert (await finding(service, good["lead_id"]))["verdict"] == "accept"


async def test_a_lead_that_was_taken_is_not_refused_any_more(database_url: str, tmp_path: Path) -> None:
    text = configuration(source=", checks: {reactions: {email_domain: refuse}}", agents=2)
    async with running_service(database_url, tmp_path, text) as service:
        status, answer = await service.post(email="ada@nomail.posts.dev")
        assert status == 202
        assert (await finding(service, answer["lead_id"]))["verdict"] == "penalty"
        assert (await service.lead(answer["lead_id"]))["status"] != "rejected"
