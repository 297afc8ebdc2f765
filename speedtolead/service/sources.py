"""Sources as managers see them: how each is doing, the posts that came, and how the account is set up.

Owns: how far back is looked, and how much is shown. Must not know: who asks (web checks that), or how a page looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from speedtolead.domain.errors import NotFound
from speedtolead.ports import Clock
from speedtolead.service.intake.again import again_key
from speedtolead.store import configuration
from speedtolead.store import sources as rows
from speedtolead.store.configuration import CampaignRow, ConfiguredAgent, PausesRow
from speedtolead.store.database import Database
from speedtolead.store.ids import oldest_id
from speedtolead.store.intake import ANSWERED_BEFORE, Answered
from speedtolead.store.sources import PostLine, PostRow, SourceInFull, SourceOverview

LATELY = timedelta(hours=24)
LOOKED_BACK = timedelta(days=14)
"""As long as unreadable posts are kept."""
MOST_POSTS = 50


@dataclass(frozen=True, slots=True)
class Setup:
    """What is configured in an account beside its sources."""

    campaigns: list[CampaignRow]
    agents: list[ConfiguredAgent]
    pauses: PausesRow


class Sources:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def overview(self, account_id: UUID) -> list[SourceOverview]:
        since = self._clock.now() - LATELY
        async with self._database.connection() as tx:
            return await rows.SOURCES_OVERVIEW.all(
                tx, account_id=account_id, since=since, since_id=oldest_id(since)
            )

    async def source(self, account_id: UUID, name: str) -> SourceInFull:
        """Raises NotFound where this account has no such source."""
        async with self._database.connection() as tx:
            found = await rows.SOURCE_IN_FULL.first(tx, account_id=account_id, name=name)
        if found is None:
            raise NotFound("There is no such source.")
        return found

    async def posts(
        self, account_id: UUID, source_id: UUID, *, failures: bool = False, most: int = MOST_POSTS
    ) -> list[PostLine]:
        """The last posts of two weeks, newest first."""
        since = self._clock.now() - LOOKED_BACK
        async with self._database.connection() as tx:
            return await rows.POSTS_OF_SOURCE.all(
                tx,
                account_id=account_id,
                source_id=source_id,
                since=since,
                since_id=oldest_id(since),
                failures=failures,
                most=most,
            )

    async def post(self, account_id: UUID, source_id: UUID, post_id: str) -> PostRow:
        """Raises NotFound where this source has no such post, or has it no more."""
        stored, unread = _ids(post_id)
        async with self._database.connection() as tx:
            found = await rows.POST_OF_SOURCE.first(
                tx, account_id=account_id, source_id=source_id, stored_id=stored, unread_id=unread
            )
        if found is None:
            raise NotFound("There is no such post; what could not be read is kept for two weeks.")
        return found

    async def sent_again(self, source_id: UUID, post_id: str) -> Answered | None:
        """The answer that a post got when it was sent again; None where it was not, or still could not be read."""
        async with self._database.connection() as tx:
            return await ANSWERED_BEFORE.first(
                tx, source_id=source_id, external_id=None, idempotency_key=again_key(post_id)
            )

    async def setup(self, account_id: UUID) -> Setup:
        async with self._database.snapshot() as tx:
            return Setup(
                await configuration.CAMPAIGNS_OF_ACCOUNT.all(tx, account_id=account_id),
                await configuration.CONFIGURED_AGENTS.all(tx, account_id=account_id),
                await configuration.PAUSES_OF_ACCOUNT.one(tx, account_id=account_id),
            )


def _ids(post_id: str) -> tuple[UUID | None, int | None]:
    """A post is named by the id of the lead or touch that it left, or by its own number."""
    if post_id.isascii() and post_id.isdecimal():
        number = int(post_id) if len(post_id) <= 18 else 0
        return None, number
    try:
        return UUID(post_id), None
    except ValueError:
        raise NotFound("There is no such post.") from None
