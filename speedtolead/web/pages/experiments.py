"""The page of experiments: what each arm has found, drawn beside the effect that would matter.

Owns: the drawing's places. Must not know: how arms are compared; it shows what ``/v1/stats/experiments`` says.
"""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from speedtolead.store.people import SessionOwner
from speedtolead.web.experiments import DifferenceView, ExperimentView, experiment_view
from speedtolead.web.pages import render
from speedtolead.web.services import SERVICES


@dataclass(frozen=True, slots=True)
class Drawn:
    """An interval on an axis around 0, in percent of its width; ``band``: where the effect does not matter."""

    low: float
    width: float
    at: float
    band: float
    band_width: float


def drawn(found: DifferenceView, effect: float, reach: float) -> Drawn | None:
    """On an axis that goes ``reach`` to either side."""
    if found.value is None or found.interval is None:
        return None
    low, high = found.interval

    def place(value: float) -> float:
        return round(50 + 50 * value / reach, 2)

    return Drawn(
        low=place(low),
        width=round(place(high) - place(low), 2),
        at=place(found.value),
        band=place(-effect),
        band_width=round(place(effect) - place(-effect), 2),
    )


def pictures(one: ExperimentView) -> dict[str, Drawn | None]:
    """By arm; none of the first, with which the others are compared."""
    found = {arm.name: arm.against_first.difference for arm in one.arms if arm.against_first is not None}
    ends = [abs(end) for each in found.values() for end in each.interval or ()]
    reach = 1.08 * max(*ends, one.effect) if ends else one.effect
    return {name: drawn(each, one.effect, reach) for name, each in found.items()}


@render.signed_in
async def show(request: web.Request, session: SessionOwner) -> web.Response:
    found = await request.app[SERVICES].learning.experiments.report(session.account_id)
    views = [experiment_view(one) for one in found]
    return render.page(
        request,
        "experiments.html",
        session,
        experiments=[(one, pictures(one)) for one in views],
        zone=session.timezone,
    )
