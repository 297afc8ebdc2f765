"""The reports on agents, compliance, numbers, and texts and mail."""

from __future__ import annotations

from uuid import UUID

from speedtolead.service.agents.desk import DESK, agent_figures
from speedtolead.service.reports.figures import Sums
from speedtolead.service.reports.source_stats import Part
from speedtolead.web.pages import words
from speedtolead.web.pages.reports.asked import Asked
from speedtolead.web.pages.reports.model import Cell, Panel, Table, count, lasted, money, plain, rate_figure, share
from speedtolead.web.report_stats import COMPLIANCE
from speedtolead.web.services import Services

SEEN = ("delivered", "read")
CHANNELS = {"sms": "Texts", "email": "Mails"}


async def build_agents(services: Services, account: UUID, asked: Asked) -> list[Panel]:
    sums = await services.figures.all(account, asked.days, DESK)
    found = agent_figures(sums, await services.figures.agent_times(account, *asked.moments()))
    work = [
        [
            plain(one.name),
            count(one.offers),
            share(one.acceptance),
            count(one.missed),
            count(one.talks),
            lasted(one.talk_seconds),
            lasted(one.wrap_seconds),
            lasted(one.work_seconds),
            Cell(words.percent(one.occupancy), one.occupancy),
        ]
        for one in found
    ]
    sold = [
        [
            plain(one.name),
            count(one.contacts),
            count(one.people, asked.leads("contacted", agent=one.name)),
            share(one.to_appointment, asked.leads("appointments_or_quotes", agent=one.name)),
            share(one.to_sale, asked.leads("sales", agent=one.name)),
            money(one.revenue),
        ]
        for one in found
    ]
    columns = (
        "agent",
        "offers",
        "offers_taken",
        "offers_missed",
        "talks",
        "talk_time",
        "wrap_time",
        "work_time",
        "occupancy",
    )
    results = ("agent", "agent_contacts", "agent_people", "agent_to_appointment", "agent_to_sale", "agent_revenue")
    return [
        Panel(
            "work",
            "Offers, talks and time",
            tables=[Table("work", columns, work, "This account has no agents yet.")],
            wide=True,
        ),
        Panel(
            "results",
            "What came of it",
            tables=[Table("results", results, sold, "This account has no agents yet.")],
            wide=True,
        ),
    ]


async def build_compliance(services: Services, account: UUID, asked: Asked) -> list[Panel]:
    figures = services.figures
    sums = await figures.all(account, asked.days, COMPLIANCE)
    campaigns = await figures.sums(account, asked.days, COMPLIANCE, "campaign")
    rules = sorted(sums.keys("permits_refused").items(), key=lambda one: -one[1])
    suppressed = await figures.suppressed(account, *asked.moments())
    lists = await services.do_not_call.standing(account)
    abandoned = [
        [
            plain(name),
            count(one.n("live_answers")),
            count(one.n("abandoned")),
            share(Part(one.n("abandoned"), one.n("live_answers"))),
        ]
        for name, one in campaigns.items()
        if one.n("live_answers")
    ]
    ages = [
        [
            plain(one.row.name),
            plain(str(one.row.version_date or words.NONE)),
            plain(words.NONE if one.age.days is None else f"{one.age.days} days"),
            plain(words.plain(one.age.state.value)),
        ]
        for one in lists
    ]
    rate = rate_figure("abandonment_rate", Part(sums.n("abandoned"), sums.n("live_answers")))
    return [
        Panel(
            "abandonment",
            "Abandoned calls",
            "The law's limit is 3 % of live answers in 30 days, by campaign (47 CFR 64.1200(a)(7)).",
            [rate],
            tables=[
                Table(
                    "abandonment",
                    ("campaign", "live_answers", "abandoned", "abandonment_rate"),
                    abandoned,
                    "No person answered a call in these days.",
                )
            ],
            more=("interval",),
        ),
        Panel(
            "rules",
            "What held contacts back",
            "Permits that refused, or put a contact off to a later time, by every rule that said so.",
            tables=[
                Table(
                    "rules",
                    ("rule", "refusals"),
                    [[plain(words.plain(rule), "/rules"), count(n)] for rule, n in rules],
                    "No contact was held back.",
                )
            ],
        ),
        Panel(
            "suppressed",
            "Who asked not to be contacted",
            tables=[
                Table(
                    "suppressed",
                    ("reason", "origin", "people"),
                    [
                        [
                            plain(words.plain(row.reason)),
                            plain(words.plain(row.origin), f"/suppressions?origin={row.origin}"),
                            count(row.people),
                        ]
                        for row in suppressed
                    ],
                    "Nobody was put on the list in these days.",
                )
            ],
        ),
        Panel(
            "lists",
            "Do-not-call lists, as they stand now",
            tables=[
                Table(
                    "lists",
                    ("list", "list_version", "list_age", "list_state"),
                    ages,
                    "No campaign relies on a list, and none was imported.",
                )
            ],
        ),
    ]


async def build_numbers(services: Services, account: UUID, asked: Asked) -> list[Panel]:
    since, until = asked.moments()
    found = await services.numbers.stats(account, since, until, asked.days.campaign)
    rows = [
        [
            Cell(words.phone(one.phone), one.phone, "removed" if one.removed else ""),
            count(one.placed),
            share(Part(one.answered, one.calls)),
            share(Part(one.machines, one.calls)),
            share(Part(one.contacted, one.calls)),
            count(one.failed),
        ]
        for one in found
    ]
    columns = ("caller_id", "placed", "answer_rate", "machine_rate", "contact_rate_of_calls", "failed_calls")
    aside = "Of the calls placed in these days. Only the filters of days and campaign count here."
    return [
        Panel(
            "numbers",
            "Answer rate by caller ID",
            aside,
            tables=[Table("numbers", columns, rows, "No call was placed in these days.")],
            wide=True,
        )
    ]


async def build_messages(services: Services, account: UUID, asked: Asked) -> list[Panel]:
    names = ("messages_sms", "messages_email", "replies")
    sums = await services.figures.all(account, asked.days, names)
    by_source = await services.figures.sums(account, asked.days, names, "source")
    sent = [_sent(title, sums, f"messages_{channel}") for channel, title in CHANNELS.items()]
    replies = [
        [plain(words.plain(kind)), count(n)]
        for kind, n in sorted(sums.keys("replies").items(), key=lambda one: -one[1])
    ]
    columns = ("channel", "messages_made", "messages_delivered", "messages_failed", "messages_open", "segments")
    sources = [
        [
            plain(name),
            *(count(_made(one, f"messages_{channel}")) for channel in CHANNELS),
            count(one.total("replies")),
        ]
        for name, one in by_source.items()
    ]
    return [
        Panel("messages", "Texts and mails that we sent", tables=[Table("messages", columns, sent)], wide=True),
        Panel(
            "replies",
            "What people texted",
            tables=[Table("replies", ("reply", "texts_received"), replies, "Nobody texted in these days.")],
        ),
        Panel(
            "sources",
            "By source",
            tables=[Table("by-source", ("source", "texts_sent", "mails_sent", "texts_received"), sources)],
        ),
    ]


def _made(sums: Sums, name: str) -> int:
    return sum(n for key, n in sums.keys(name).items() if key != "segments")


def _sent(title: str, sums: Sums, name: str) -> list[Cell]:
    states = {key: n for key, n in sums.keys(name).items() if key != "segments"}
    made = sum(states.values())
    seen = sum(states.get(state, 0) for state in SEEN)
    failed = states.get("failed", 0) + states.get("undelivered", 0)
    return [
        plain(title),
        count(made),
        share(Part(seen, made)),
        share(Part(failed, made)),
        count(made - seen - failed),
        count(sums.n(name, "segments")),
    ]
