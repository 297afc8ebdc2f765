"""What the documents show can be used as it stands: every piece of configuration is read by the real reader."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from speedtolead.adapters.connectors import CONNECTORS
from speedtolead.service.configuration.source import SourcePart

PAGE = (Path(__file__).parents[2] / "docs" / "connect-a-vendor.md").read_text("utf-8")
PIECES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def sources(piece: str) -> list[dict[str, Any]]:
    loaded = yaml.safe_load(piece)
    if "sources" in loaded:
        found: list[dict[str, Any]] = loaded["sources"]
        return found
    return [{"name": "vendor-a", "campaign": "auto"} | loaded]


@pytest.mark.parametrize("piece", PIECES, ids=lambda piece: piece.split(":")[0].strip())
def test_every_source_on_the_page_can_be_applied(piece: str) -> None:
    for source in sources(piece):
        part = SourcePart.model_validate(source)
        part.to_domain("America/New_York")
        if part.connector is not None:
            settings = {name: value for name, value in part.connector.items() if name != "type"}
            assert CONNECTORS[part.connector["type"]].check_settings(settings) == []


def test_every_connector_and_its_settings_are_on_the_page() -> None:
    for name, connector in CONNECTORS.items():
        assert f"| `{name}` |" in PAGE
        required = [field.name for field in connector.settings if field.required]
        assert all(f"`{setting}`" in PAGE for setting in required)
