"""Sending a post again: the bytes of a post that failed, through the mapping and the intake as they are now.

Owns: which posts may be sent again, and what keeps a person from being called twice for it. Must not know: HTTP.

A post that was refused left its answer under its external id, and would get that answer again; so it is taken
without it. The vendor, who posts it again, still gets the old answer. A post that could not be read left no answer,
so it keeps its external id: if the vendor has sent it anew meanwhile, the answer to that is given, and nobody is
called twice. Every post has a key under which it is sent again, so it leaves one lead however often that is tried,
and by whomever. A lead that was refused again is a post of its own, and may be sent again in its turn.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from speedtolead.domain.errors import SpeedToLeadError
from speedtolead.ports import Clock
from speedtolead.ports.connectors import Unreadable
from speedtolead.service.intake import fields
from speedtolead.service.intake.fields import FieldErrors
from speedtolead.service.intake.kept import KeptPosts, ours
from speedtolead.service.intake.post import Answer, LeadPost
from speedtolead.service.intake.taking import Intake
from speedtolead.service.intake.unread import MOST_BYTES
from speedtolead.store.intake import SourceRow
from speedtolead.store.sources import PostRow

FAILED = frozenset({"refused", "unreadable"})
IMPORT = "import"


class NotAgain(SpeedToLeadError):
    """This post cannot be sent again."""

    code = "conflict"


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of it: an answer, or why it still cannot be read."""

    answer: Answer | None
    unreadable: str | None = None


class SendingAgain:
    def __init__(self, intake: Intake, kept: KeptPosts, clock: Clock) -> None:
        self._intake = intake
        self._kept = kept
        self._clock = clock

    async def send(self, row: SourceRow, post: PostRow) -> Sent:
        """Take it anew, if that was not done before. Raises NotAgain, or DatabaseAway with nothing taken."""
        why_not = why_not_again(post)
        if why_not is not None:
            raise NotAgain(why_not)
        now = self._clock.now()
        try:
            lead = await self._read(row, post, again_key(post.post_id))
        except (Unreadable, FieldErrors) as error:
            return Sent(None, str(error))
        return Sent(await self._intake.take(row, lead, now))

    async def _read(self, row: SourceRow, post: PostRow, key: str) -> LeadPost:
        way = self._kept.way(row, post.via)
        lead = await self._kept.read(row, way, post.content_type, post.body)
        given = ours(self._kept.mapping(row, way), lead)
        read = fields.read(given, raw_type=post.content_type, raw_body=post.body, via=post.via or way, key=key)
        return replace(read, external_id=None) if post.verdict == "refused" else read


def again_key(post_id: str) -> str:
    """The idempotency key under which a post is sent again."""
    return f"again:{post_id}"


def why_not_again(post: PostRow) -> str | None:
    """None where the post may be sent again."""
    if post.verdict not in FAILED:
        return "Only a post that failed can be sent again."
    if post.via == IMPORT:
        return "A row of an import has the import's own mapping; import it again in a file of its own."
    if not post.body:
        return "Nothing was kept of this post, so it cannot be sent again."
    if is_cut(post):
        return f"Only the first {MOST_BYTES // 1024} KiB of this post were kept, so it cannot be sent again."
    return None


def is_cut(post: PostRow) -> bool:
    return post.verdict == "unreadable" and len(post.body) >= MOST_BYTES
