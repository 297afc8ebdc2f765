"""The installed package carries what it reads at run time: statements, migrations, pages, the sample."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOOK = """
from importlib.resources import files
from speedtolead import sample
from speedtolead.store.migrations import shipped
from speedtolead.store.query import sql_folder, statements
assert "site" in str(sql_folder()), sql_folder()
page = files("speedtolead").joinpath("web/static/pages.css")
print(len(statements()), len(shipped()), len(sample.text()), page.is_file())
"""


def test_a_wheel_is_whole(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", str(tmp_path), str(ROOT)], check=True, timeout=100)
    (wheel,) = tmp_path.glob("*.whl")
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    # -P and the first place on the path: the wheel is imported, not the checkout.
    told = subprocess.run(
        [sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, {str(site)!r})\n{LOOK}"],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=60,
    ).stdout.split()
    assert int(told[0]) > 80
    assert int(told[1]) >= 2
    assert int(told[2]) > 500
    assert told[3] == "True"
