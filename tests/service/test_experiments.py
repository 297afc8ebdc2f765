"""Experiments in a running service: leads are split, go by their arm, and are counted by it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from posting import new_database, new_phone
from running import RunningService, configuration, person, running_service

from speedtolead.clock import SystemClock
from speedtolead.service.configuration.apply import Changes, apply
from speedtolead.service.configuration.document import ConfigurationError, read
from speedtolead.service.learning.experiments import Found
from speedtolead.simulator.people import Does
from speedtolead.web.services import Services

pytestmark = pytest.mark.asyncio(loop_scope="module")

ARMS = """
      - name: first-step
        settles: 1h
        effect: 10%
        arms:
          - {name: call, share: 50%}
          - name: text
            share: 50%
            cadence: [{after: 0s, channel: sms, text: "Hi, may we call?"}, {after: 30d, channel: call}]
      - name: both-phones
        arms: [{name: agent, share: 50%}, {name: both, share: 50%, mode: both}]
"""
PLAIN = configuration(agents=3).replace('"+12125550100"}', '"+12125550100", sms: true}')
TEXT = PLAIN + "    experiments:" + ARMS
CONSENT = {"channels": ["call", "sms"], "text": "Call and text me."}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    folder: Path = tmp_path_factory.mktemp("experiments")
    people = (
        person("+121255501[1-2]?", Does.ANSWER, ring=1.0, presses="1"),
        person("*", Does.ANSWER, ring=1.0, talk=20.0),
    )
    async with new_database(server_url) as url, running_service(url, folder, TEXT, people=people) as running:
        yield running


async def applied(service: RunningService, text: str) -> Changes:
    return await apply(service.database, SystemClock(), read(text))


async def arms_of(service: RunningService, lead_id: str) -> dict[str, str]:
    async with service.database.connection() as tx:
        found: dict[str, str] = await tx.fetchval("SELECT arms FROM lead WHERE id = $1", lead_id)
        return found


async def reported(service: RunningService) -> list[Found]:
    services: Services = service.node.services
    return await services.learning.experiments.report(await service.account_id())


async def test_each_lead_goes_by_the_arms_that_are_stored_with_it(service: RunningService) -> None:
    seen: set[tuple[str, str]] = set()
    for _ in range(40):
        if {("call", "agent"), ("call", "both")} <= seen and any(first == "text" for first, _ in seen):
            break
        status, answer = await service.post(phone=new_phone(), consent=CONSENT)
        assert status == 202
        arms = await arms_of(service, answer["lead_id"])
        if (arms["first-step"], arms["both-phones"]) in seen:
            continue
        seen.add((arms["first-step"], arms["both-phones"]))
        lead = await service.lead_when(answer["lead_id"], lambda lead: lead["attempts"][0]["ended_at"])
        first = lead["attempts"][0]
        assert lead["arms"] == arms
        assert first["channel"] == {"call": "call", "text": "sms"}[arms["first-step"]]
        if first["channel"] == "call":
            assert first["mode"] == {"agent": "agent_first", "both": "both"}[arms["both-phones"]]
            assert first["state"] == "connected"
        else:
            assert [a["channel"] for a in lead["attempts"]] == ["sms", "call"]
    else:
        pytest.fail(f"only {seen} came up in 40 leads")


async def test_leads_count_when_they_are_old_enough(service: RunningService) -> None:
    before = await reported(service)
    assert {one.experiment.name for one in before} == {"first-step", "both-phones"}
    young = next(one for one in before if one.experiment.name == "first-step")
    assert sum(arm.counted for arm in young.arms) == 0
    assert not young.enough
    async with service.database.connection() as tx:
        stored = {
            row["arm"]: row["leads"]
            for row in await tx.fetch("SELECT arms ->> 'first-step' AS arm, count(*) AS leads FROM lead GROUP BY 1")
        }
        await tx.execute("UPDATE experiment SET began_at = began_at - interval '1 day'")
        await tx.execute("UPDATE lead SET received_at = received_at - interval '2 hours'")
    old = next(one for one in await reported(service) if one.experiment.name == "first-step")
    assert {arm.name: arm.counted for arm in old.arms} == stored
    contacts = {arm.name: arm.counts[old.experiment.measure].hits for arm in old.arms}
    assert contacts["call"] >= 2
    assert contacts["text"] == 0
    assert "The data do not tell text from call yet" in old.conclusion


async def test_the_report_by_api_names_arms_rates_difference_and_what_is_needed(service: RunningService) -> None:
    found = await service.get("/v1/stats/experiments", campaign="auto")
    one = next(one for one in found["experiments"] if one["name"] == "first-step")
    assert [arm["name"] for arm in one["arms"]] == ["call", "text"]
    assert one["arms"][1]["differs"] == ["a cadence of its own, 2 steps"]
    assert one["arms"][0]["against_first"] is None
    assert one["arms"][1]["against_first"]["said"] == "not_yet"
    assert one["arms"][1]["against_first"]["still_needed"] > 0
    assert one["arms"][0]["contact_rate"]["numerator"] >= 2
    assert (await service.get("/v1/stats/experiments", campaign="none"))["experiments"] == []


async def test_a_running_experiment_is_not_changed(service: RunningService) -> None:
    for wrong in (TEXT.replace("effect: 10%", "effect: 5%"), TEXT.replace("mode: both}]", "mode: lead_first}]")):
        with pytest.raises(ConfigurationError, match=r"campaigns\[0\].experiments\[[01]\]: '.*' is running"):
            await applied(service, wrong)
    assert (await applied(service, TEXT)).lines == []


async def test_an_experiment_ends_when_the_file_no_longer_names_it(service: RunningService) -> None:
    status, answer = await service.post(phone=new_phone(), consent=CONSENT)
    assert status == 202
    changes = await applied(service, PLAIN)
    assert {"- experiment first-step", "- experiment both-phones"} <= set(changes.lines)
    assert await arms_of(service, answer["lead_id"])
    ended = await reported(service)
    assert all(one.ended_at is not None for one in ended)
    assert all(one.days_more is None for one in ended)
    with pytest.raises(ConfigurationError, match="'first-step' has run and ended; take another name"):
        await applied(service, TEXT)
