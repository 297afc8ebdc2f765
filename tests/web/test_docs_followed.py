"""The page about outcomes, returns and postbacks, followed command by command on the sample account."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sys
from pathlib import Path

import pytest
from running import free_port, running_service, until

from speedtolead.sample import text as sample_text

PAGE = (Path(__file__).parents[2] / "docs" / "returns-and-postbacks.md").read_text("utf-8")
URL, VENDOR = "http://127.0.0.1:8080", "9009"


def pieces(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl")
async def test_the_page_can_be_followed_to_the_credited_return(database_url: str, tmp_path: Path) -> None:
    port = str(free_port())
    (vendor,) = pieces("python")
    (postbacks,) = (piece for piece in pieces("yaml") if "postbacks:" in piece)
    configured = sample_text().replace("    cost_per_lead: 25.00\n", "    cost_per_lead: 25.00\n" + postbacks, 1)
    heard = tmp_path / "heard.txt"
    with heard.open("wb") as out:
        playing = await asyncio.create_subprocess_exec(
            sys.executable, "-c", vendor.replace(VENDOR, port), stdout=out
        )
    try:
        async with running_service(database_url, tmp_path, configured.replace(VENDOR, port)) as service:
            commands = "set -eu\n" + "\necho; echo --\n".join(pieces("sh")).replace(URL, service.url)
            following = await asyncio.create_subprocess_exec(
                "bash", "-c", commands, cwd=tmp_path, stdout=asyncio.subprocess.PIPE
            )
            said, _ = await following.communicate()
            assert following.returncode == 0

            async def told() -> bool:
                return heard.read_text().count("genuine") == 3

            await until(told, what="two sales and a return told to the vendor")
    finally:
        playing.terminate()
        await playing.wait()
    assert "FORGED" not in heard.read_text()
    assert '"event": "return.sent", "worth": 0, "reason": "wrong_person"' in heard.read_text()
    assert "click-2" in (tmp_path / "returns.csv").read_text()
    (source,) = json.loads(said.decode().rpartition("--")[2])["sources"]
    numbers = ("accepted", "net_leads", "cost", "net_cost", "cost_per_lead", "sales", "revenue", "roas")
    assert [source[name] for name in numbers] == [2, 1, "50", "25", "25", 1, "1280", "51.2"]
