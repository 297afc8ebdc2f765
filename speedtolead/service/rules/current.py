"""The rule set in force: those that came with the product and those that were loaded, and the one of a moment.

Owns: which version counts when. Must not know: how a file is written, or what a rule says.
A version that was loaded on one node is known to all within a tick. A loaded version that this node cannot read (it
was written by a newer product) is left out, loudly, and the one before it stays in force.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import structlog

from speedtolead.domain.errors import SpeedToLeadError
from speedtolead.domain.rule_set import RuleSet
from speedtolead.ports import Clock
from speedtolead.service.configuration.document import ConfigurationError
from speedtolead.service.rules import file
from speedtolead.store import rule_sets as rows
from speedtolead.store.database import Database

log = structlog.get_logger(__name__)


class VersionTaken(SpeedToLeadError):
    """There is a rule set of this version, and it says something else."""

    code = "conflict"


class RuleSets:
    """Known to one node; ``refresh`` looks for what others loaded."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._known: dict[str, RuleSet] = {}
        self._unreadable: set[str] = set()
        self._order: list[RuleSet] = []
        self._sort()

    def at(self, now: datetime) -> RuleSet:
        """The one whose day came last; before the first day of all, the first."""
        today = now.astimezone(UTC).date()
        for known in reversed(self._order):
            if known.effective_from <= today:
                return known
        return self._order[0]

    async def refresh(self) -> None:
        async with self._database.connection() as tx:
            loaded = await rows.LOADED.all(tx)
        for row in loaded:
            if row.version in self._known or row.version in self._unreadable:
                continue
            try:
                self._known[row.version] = file.read(row.text)
            except ConfigurationError as error:
                self._unreadable.add(row.version)
                log.error("rule_set.unreadable", version=row.version, problems=error.problems)
        in_force = {row.version for row in loaded}
        self._known = {version: known for version, known in self._known.items() if version in in_force}
        self._sort()

    async def load(self, text: str) -> RuleSet:
        """Keep a version for all; the same text again is no error. Raises ConfigurationError, VersionTaken."""
        loaded = file.read(text)
        digest = hashlib.sha256(text.encode()).digest()
        if loaded.version == file.shipped().version and text != file.shipped_text():
            raise VersionTaken(
                f"Version {loaded.version} came with the product; give the changed copy another one."
            )
        async with self._database.transaction() as tx:
            kept = await rows.LOAD.first(
                tx,
                version=loaded.version,
                effective_from=loaded.effective_from,
                text=text,
                sha256=digest,
                now=self._clock.now(),
            )
            if kept is None:
                raise VersionTaken(f"Version {loaded.version} was loaded before, with another text.")
        await self.refresh()
        return loaded

    async def withdraw(self, version: str) -> bool:
        """Take a loaded version out of force; permits keep its name. False: there is none."""
        async with self._database.connection() as tx:
            gone = await rows.WITHDRAW.first(tx, version=version, now=self._clock.now())
        await self.refresh()
        return gone is not None

    def known(self) -> list[RuleSet]:
        """Every version, the first in force first."""
        return list(self._order)

    def _sort(self) -> None:
        shipped = file.shipped()
        every = {shipped.version: shipped} | self._known
        self._order = sorted(every.values(), key=lambda known: (known.effective_from, known.version))
