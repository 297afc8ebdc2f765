"""What the documents show can be used as it stands: every piece of configuration is read by the real reader."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from speedtolead import sample
from speedtolead.adapters.connectors import CONNECTORS
from speedtolead.domain.campaign import ContactPolicy
from speedtolead.domain.carrier import CarrierName
from speedtolead.domain.console import Answer
from speedtolead.domain.machine import MachinePolicy
from speedtolead.domain.permit import RULES
from speedtolead.service.configuration.campaign import CampaignPart, DialPart
from speedtolead.service.configuration.contact import ContactPart
from speedtolead.service.configuration.document import Number, load
from speedtolead.service.configuration.machine import MachinePart, VoicemailPart
from speedtolead.service.configuration.people import Agent, Pauses
from speedtolead.service.configuration.routing import AVAILABLE
from speedtolead.service.configuration.source import SourcePart
from speedtolead.service.console.seats import GRACE
from speedtolead.service.rules import file
from speedtolead.web.pages.console import KEYS
from speedtolead.web.permits import PreviewBody, PreviewView
from speedtolead.web.source_stats_views import ReturnsView, SourceCallsView, SourceStatsView
from speedtolead.web.voicemail import DetectionView

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "connect-a-vendor.md").read_text("utf-8")
INBOUND = (DOCS / "inbound.md").read_text("utf-8")
RETURNS = (DOCS / "returns-and-postbacks.md").read_text("utf-8")
AGENTS = (DOCS / "routing.md").read_text("utf-8")
COMPLIANCE = (DOCS / "compliance.md").read_text("utf-8")
PIECES = re.findall(r"```yaml\n(.*?)```", PAGE + RETURNS + INBOUND, re.DOTALL)


def sources(piece: str) -> list[dict[str, Any]]:
    loaded = load(piece)
    if "sources" in loaded:
        found: list[dict[str, Any]] = loaded["sources"]
        return found
    if "campaigns" in loaded:
        return []
    return [{"name": "vendor-a", "campaign": "auto"} | loaded]


@pytest.mark.parametrize("piece", PIECES, ids=lambda piece: piece.split(":")[0].strip())
def test_every_source_on_the_page_can_be_applied(piece: str) -> None:
    for source in sources(piece):
        part = SourcePart.model_validate(source)
        part.to_domain("America/New_York")
        if part.connector is not None:
            settings = {name: value for name, value in part.connector.items() if name != "type"}
            assert CONNECTORS[part.connector["type"]].check_settings(settings) == []


def test_what_campaigns_say_of_calls_that_come_in_can_be_applied() -> None:
    (piece,) = (load(piece) for piece in PIECES if "campaigns" in load(piece))
    campaign = {"seller": "Acme", "dial": {"agents": "sales"}, "cadence": [{"after": "0s", "channel": "call"}]}
    assert CampaignPart.model_validate(campaign | piece["campaigns"][0]).inbound is not None


def test_machines_and_messages_on_the_page_can_be_applied() -> None:
    page = (DOCS / "machine-detection.md").read_text("utf-8")
    (piece,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    (campaign,) = load(piece)["campaigns"]
    machine, message = (
        MachinePart.model_validate(campaign["machine"]),
        VoicemailPart.model_validate(campaign["voicemail"]),
    )
    assert machine.to_domain() == MachinePolicy()
    assert message.leave
    for name in (*MachinePart.model_fields, *VoicemailPart.model_fields):
        assert f"`{name}`" in page
    for name in DetectionView.model_fields:
        assert name == "group" or f"`{name}`" in page or name in {"answered", "contacts_by_talk"}


def test_the_sample_has_the_return_terms_that_the_page_shows() -> None:
    (shown,) = (line.strip() for line in RETURNS.splitlines() if line.startswith("    returns: "))
    assert shown in sample.text()


def test_every_number_about_sources_is_defined() -> None:
    page = (DOCS / "metrics.md").read_text("utf-8")
    section = page.partition("## Sources (")[2].partition("\n## ")[0]
    names = {
        name for row in re.findall(r"^\| (.*?) \|", section, re.MULTILINE) for name in re.findall(r"`(\S+)`", row)
    }
    fields = SourceStatsView.model_fields.keys() - {"source", "day", "returns", "calls"}
    parts: dict[str, type[BaseModel]] = {"returns": ReturnsView, "calls": SourceCallsView}
    inner = {f"{part}.{name}" for part, view in parts.items() for name in view.model_fields}
    assert names == fields | inner


def test_every_connector_and_its_settings_are_on_the_page() -> None:
    for name, connector in CONNECTORS.items():
        assert f"| `{name}` |" in PAGE
        required = [field.name for field in connector.settings if field.required]
        assert all(f"`{setting}`" in PAGE for setting in required)


def test_the_rules_on_the_page_are_those_that_are_asked_in_their_order() -> None:
    section = COMPLIANCE.partition("## The rules\n")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)`", section, re.MULTILINE) == [rule.__name__ for rule in RULES]
    assert f"rule set {file.shipped().version}" in COMPLIANCE


def test_what_an_account_may_ask_is_on_the_page_whole() -> None:
    (piece,) = re.findall(r"```yaml\n(contact:.*?)```", COMPLIANCE, re.DOTALL)
    asked = load(piece)["contact"]
    ContactPart.model_validate(asked).to_domain()
    assert asked.keys() == ContactPart.model_fields.keys()


def test_a_number_of_the_second_carrier_account_is_written_as_the_page_shows() -> None:
    (piece,) = re.findall(r"```yaml\n(numbers:.*?)```", (DOCS / "operating.md").read_text("utf-8"), re.DOTALL)
    assert [Number.model_validate(one).carrier for one in load(piece)["numbers"]] == list(CarrierName)


def test_the_preview_on_the_page_can_be_asked() -> None:
    (body,) = re.findall(r"/v1/permits/preview .*?-d '(.*?)'", COMPLIANCE, re.DOTALL)
    PreviewBody.model_validate(json.loads(body))
    (names,) = re.findall(r"The answer is `{(.*?)}`", COMPLIANCE)
    assert set(names.split(", ")) == PreviewView.model_fields.keys()


def test_agents_and_routing_on_the_page_can_be_applied() -> None:
    agents, dial = (load(piece) for piece in re.findall(r"```yaml\n(.*?)```", AGENTS, re.DOTALL))
    Pauses.model_validate(agents["pauses"])
    for agent in agents["agents"]:
        assert Agent.model_validate(agent).address
    DialPart.model_validate(dial["dial"])


def test_every_strategy_on_the_page_can_be_named_and_no_other() -> None:
    section = AGENTS.partition("| strategy |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)`", section, re.MULTILINE) == AVAILABLE


def test_the_console_on_the_page_can_be_applied_and_its_keys_are_those_of_the_page() -> None:
    page = (DOCS / "agents.md").read_text("utf-8")
    (piece,) = (load(piece) for piece in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL))
    assert [Agent.model_validate(agent).address for agent in piece["agents"]] == ["client:agent_2"]
    campaign = {"seller": "Acme", "dial": {"agents": "sales"}, "cadence": [{"after": "0s", "channel": "call"}]}
    terms = CampaignPart.model_validate(campaign | piece["campaigns"][0]).to_domain("UTC", ContactPolicy()).console
    assert (terms.script.objections[0].label, [q.label for q in terms.qualification]) == (
        "Too expensive",
        ["vehicles", "Insured now"],
    )
    told = dict(re.findall(r"^\| (\d) \| (.*?) \|", page, re.MULTILINE))
    assert told == {one.key: one.label.lower() for one in KEYS}
    assert f"silent for {GRACE.total_seconds():.0f} seconds" in page
    for kind in Answer:
        assert f"`{kind}`" in page
