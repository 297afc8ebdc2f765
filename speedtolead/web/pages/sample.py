"""The sample account, as far as pages speak of it: the seller of the sample form, its numbers, its source.

Owns: the consent wording of the sample form. Where the sample was not applied, ``source`` finds nothing.
"""

from __future__ import annotations

from functools import cache

from speedtolead.sample import text
from speedtolead.service.configuration.document import Document, read
from speedtolead.store.intake import SourceRow
from speedtolead.web.pages.words import phone
from speedtolead.web.services import Services


@cache
def document() -> Document:
    return read(text())


def seller() -> str:
    given = document()
    used = given.sources[0].campaign
    return next(campaign.seller for campaign in given.campaigns if campaign.name == used)


@cache
def wording() -> str:
    given = document()
    tracking = {source.number for source in given.sources}
    numbers = " or ".join(phone(number.phone) for number in given.numbers if number.phone not in tracking)
    return (
        f"By checking this box I agree that {seller()} may call me, also with automated dialing technology, at the "
        f"phone number that I entered above, about my request for a quote. The call comes from {numbers}. My "
        "consent is not a condition of any purchase, and I may take it back at any time."
    )


async def source(services: Services) -> SourceRow | None:
    """The sample form's source, on this node's database."""
    key = document().sources[0].api_key
    return await services.intake.source(key) if key else None
