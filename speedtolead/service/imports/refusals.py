"""The file of the rows that were not taken: as they were, with the line, the code and the reason.

Owns: its columns. Must not know: where the reasons come from. It is written whole each time, and gets its name when
it is whole. Corrected, it can be imported itself.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from pathlib import Path

from speedtolead.service.imports.table import REASONS, Row, Table

Reason = tuple[str, str]
"""A code, and the words for it."""


def write_refusals(path: Path, table: Table, reasons: Mapping[int, Reason]) -> None:
    """The rows of these lines; for a thread of its own. Raises OSError."""
    width = len(table.columns)
    if table.columns[-len(REASONS) :] == REASONS:
        width -= len(REASONS)  # a file of refusals itself: its reasons are those of the time before
    draft = path.with_name(path.name + ".part")
    with draft.open("w", encoding="utf-8", errors="replace", newline="") as file:
        out = csv.writer(file)
        out.writerow((*table.columns[:width], *REASONS))
        for row in table.rows():
            if row.line in reasons:
                out.writerow((*_cells(row, width), row.line, *reasons[row.line]))
    os.replace(draft, path)


def _cells(row: Row, width: int) -> list[str]:
    """As many as there are columns; what a row has beyond them stays in the file that it came from."""
    cells = [cell.replace("\x00", "") for cell in row.cells[:width]]
    return cells + [""] * (width - len(cells))
