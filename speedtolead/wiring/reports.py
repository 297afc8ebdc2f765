"""The composition of what the manager's numbers, alarms and digests are made by: a part of ``wiring``."""

from __future__ import annotations

from typing import TypedDict

from speedtolead.outside import mailer_of
from speedtolead.ports import Clock
from speedtolead.service.alarms.readings import Readings
from speedtolead.service.alarms.watch import Alarms
from speedtolead.service.calling.carriers import CarrierWatch
from speedtolead.service.lawful.do_not_call import DoNotCall
from speedtolead.service.messages.notices import Notices
from speedtolead.service.reports.counting import Counting
from speedtolead.service.reports.digests import Digests
from speedtolead.service.reports.figures import Figures
from speedtolead.service.rules.current import RuleSets
from speedtolead.settings import Settings
from speedtolead.store.database import Database


class ReportServices(TypedDict):
    counting: Counting
    figures: Figures
    alarms: Alarms
    notices: Notices
    digests: Digests


def report_services(
    settings: Settings, apart: Database, clock: Clock, carriers: CarrierWatch, rules: RuleSets
) -> ReportServices:
    figures = Figures(apart, clock)
    readings = Readings(apart, figures, carriers, DoNotCall(apart, clock, rules))
    return {
        "counting": Counting(apart),
        "figures": figures,
        "alarms": Alarms(apart, clock, readings, settings.own_url),
        "notices": Notices(apart, clock, mailer_of(settings)),
        "digests": Digests(apart, clock, figures, settings.own_url),
    }
