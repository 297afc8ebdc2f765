"""The file's experiments: begun and ended, and never changed while they run.

Owns: that part of an apply. Must not know: what an arm does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from speedtolead.domain.experiment import Experiment
from speedtolead.service.configuration.document import ConfigurationError
from speedtolead.store import experiments as rows
from speedtolead.store.experiment_json import experiment_to_json
from speedtolead.store.ids import new_id
from speedtolead.store.query import Connection


async def put_experiments(
    tx: Connection,
    account_id: UUID,
    campaign_id: UUID,
    place: str,
    wanted: Sequence[Experiment],
    now: datetime,
    say: Callable[[str], None],
) -> None:
    """Begin and end a campaign's experiments. Raises ConfigurationError where one that ran would be changed."""
    known = {
        row.name: row
        for row in await rows.EXPERIMENTS_OF_CAMPAIGN.all(tx, account_id=account_id, campaign_id=campaign_id)
    }
    problems = []
    for n, one in enumerate(wanted):
        before = known.get(one.name)
        if before is None:
            await rows.BEGIN_EXPERIMENT.run(
                tx,
                experiment_id=new_id(),
                account_id=account_id,
                campaign_id=campaign_id,
                name=one.name,
                settings=experiment_to_json(one),
                now=now,
            )
            say(f"+ experiment {one.name}")
        elif before.ended_at is not None:
            problems.append(f"{place}.experiments[{n}].name: {one.name!r} has run and ended; take another name")
        elif before.settings != experiment_to_json(one):
            problems.append(
                f"{place}.experiments[{n}]: {one.name!r} is running, and what it finds would not be true of a "
                "changed one; take it out to end it, and begin another by another name"
            )
    if problems:
        raise ConfigurationError(problems)
    names = [one.name for one in wanted]
    for ended in await rows.END_EXPERIMENTS.all(
        tx, account_id=account_id, campaign_id=campaign_id, names=names, now=now
    ):
        say(f"- experiment {ended.name}")
