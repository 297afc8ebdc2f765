"""Machines on the settings page: what a campaign does about them, and how often detection was wrong of late.

Owns: these words, and the period. The numbers are those of the API's report. Must not know: how they are counted.
"""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web

from speedtolead.domain.campaign import Campaign
from speedtolead.domain.machine import Unknown
from speedtolead.service.reports.period import Period
from speedtolead.store.people import SessionOwner
from speedtolead.web.services import SERVICES
from speedtolead.web.voicemail import DetectionView, detection_views

PERIOD = timedelta(days=30)
RATES = ("false_machine_rate", "false_human_rate", "people_taken_for_machines", "machines_taken_for_people")


async def lines(request: web.Request, session: SessionOwner) -> list[DetectionView]:
    """A line a campaign that had an answered call."""
    services = request.app[SERVICES]
    now = services.clock.now()
    period = Period(now - PERIOD, now, group_by="campaign")
    return detection_views(await services.reports.detection(session.account_id, period))


def done(campaign: Campaign) -> str:
    """What a campaign does about machines, in a few words."""
    policy, message = campaign.machine, campaign.voicemail
    if not policy.detect:
        return "not detected"
    said = ["a message is left" if message.leave else "hung up on"]
    if policy.unknown is Unknown.HANG_UP:
        said.append("so is an unclear answer" if not message.leave else "an unclear answer is hung up on")
    said.append(f"{policy.sample * 100:g} % of calls are labelled")
    return ", ".join(said)
