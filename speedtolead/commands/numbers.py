"""Whether each of the accounts' numbers tells its calls and texts to us: ``doctor``'s lines on them.

Owns: the comparison, and what to do about it. It asks the carrier, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from speedtolead.ports.incoming import OwnNumber
from speedtolead.store.inbound import NumberOfAccount
from speedtolead.web.carrier import TEXT_PATH
from speedtolead.web.voice import PATH, STATUS_PATH

Found = tuple[bool, str]
"""Whether it is well, and the line."""


def number_findings(
    ours: Iterable[NumberOfAccount], listed: Sequence[OwnNumber], public_url: str
) -> Iterator[Found]:
    """A line for each number that is wrong, or one for all."""
    known = {number.phone: number for number in listed}
    wrong, count = 0, 0
    for number in ours:
        count += 1
        for words in _wrong(number, known.get(number.phone), public_url.rstrip("/")):
            wrong += 1
            yield False, f"number {number.phone}: {words}"
    if count and not wrong:
        yield True, f"numbers: all {count} tell their calls to this service"


def _wrong(number: NumberOfAccount, known: OwnNumber | None, url: str) -> Iterator[str]:
    if known is None:
        yield "the carrier account does not have it; buy it there, or take it out of the configuration file"
        return
    if _bare(known.voice_url) != url + PATH:
        told = f"are told to {known.voice_url}" if known.voice_url else "are told to nobody"
        yield f"its calls {told}; at the carrier, set what is asked when a call comes in to {url}{PATH} (POST)"
    elif _bare(known.voice_fallback_url) not in {"", url + PATH}:
        yield f"its fallback for calls is {known.voice_fallback_url}; set it to {url}{PATH} as well, or to none"
    elif _bare(known.status_url) != url + STATUS_PATH:
        yield (
            f"nobody is told when its callers hang up; at the carrier, set call status changes to "
            f"{url}{STATUS_PATH} (without, the end of a call is found within a minute)"
        )
    if number.sms and _bare(known.text_url) != url + TEXT_PATH:
        told = f"are told to {known.text_url}" if known.text_url else "are told to nobody"
        where = f"{url}{TEXT_PATH} (POST)"
        yield f"its texts {told}; at the carrier, set what is asked when a message comes in to {where}"


def _bare(url: str) -> str:
    """Without what only says how often it is tried."""
    return url.partition("#")[0]
