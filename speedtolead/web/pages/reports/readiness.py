"""What to ask before spending more on leads, answered from the account's own numbers.

Owns: the questions, and when an answer is yes. Must not know: how anything is counted. Too little to tell is said
as that, and is no yes.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from speedtolead.service.agents.desk import DESK, AgentFigures, agent_figures
from speedtolead.service.reports.figures import Sums
from speedtolead.service.reports.funnel import MONEY, source_stats
from speedtolead.service.reports.source_stats import Part
from speedtolead.web.pages import words
from speedtolead.web.pages.reports.asked import Asked
from speedtolead.web.pages.reports.model import Cell, Panel, Table, plain
from speedtolead.web.pages.reports.speed import within
from speedtolead.web.services import Services

FEWEST = 20
ANSWERED, FOLLOWED, REPORTED, PRICED, BUSY = 0.9, 0.8, 0.9, 0.95, 0.85
FEWEST_SALES = 5
_NAMES = (
    *MONEY,
    *("speed_to_dial_permitted", "speed_to_dial_permitted_class", "number_calls", "appointments_or_quotes"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """``good`` None: too little to tell."""

    question: str
    good: bool | None
    seen: str
    otherwise: str
    place: str


async def build(services: Services, account: UUID, asked: Asked) -> list[Panel]:
    sums = await services.figures.all(account, asked.days, (*_NAMES, *DESK))
    agents = agent_figures(sums, await services.figures.agent_times(account, *asked.moments()))
    lists = await services.do_not_call.standing(account)
    answers = [
        _answered(agents, asked),
        _followed(sums, asked),
        _persistent(sums, asked),
        _reported(sums, asked),
        _priced(sums, asked),
        _capacity(agents, asked),
        _lists(sum(one.matters for one in lists), len(lists)),
    ]
    good, known = sum(one.good is True for one in answers), sum(one.good is not None for one in answers)
    rows = [
        [
            plain(one.question, one.place),
            Cell("too little to tell" if one.good is None else "yes" if one.good else "not yet", str(one.good)),
            plain(one.seen),
            plain(one.otherwise if one.good is False else ""),
        ]
        for one in answers
    ]
    aside = f"{good} of {known} that can be told are answered with yes. From the numbers of these days."
    table = Table("readiness", ("question", "ready", "seen", "otherwise"), rows)
    return [Panel("readiness", "Before you buy more", aside, tables=[table], wide=True)]


def enough(part: Part, share: float) -> bool | None:
    """Whether it is at least so large a share; None: of too few to tell."""
    return None if part.whole < FEWEST else (part.value or 0.0) >= share


def _answered(agents: list[AgentFigures], asked: Asked) -> Answer:
    part = Part(sum(one.taken for one in agents), sum(one.taken + one.missed for one in agents))
    seen = f"{_share(part)} of offers to agents were taken."
    how = "Look at who misses offers, and when; change shifts, or ring times."
    return Answer("Are calls answered?", enough(part, ANSWERED), seen, how, _tab("agents", asked))


def _followed(sums: Sums, asked: Asked) -> Answer:
    part = within(sums, "speed_to_dial_permitted")[2]
    seen = f"{_share(part)} of leads were dialled within a minute of the time in which they might be called."
    how = "The slowest hop says where the time goes; more agents at the hours of arrival help most."
    return Answer("Are leads followed up at once?", enough(part, FOLLOWED), seen, how, _tab("speed", asked))


def _persistent(sums: Sums, asked: Asked) -> Answer:
    left = sums.n("accepted") - sums.n("contacted")
    calls = sums.total("number_calls")
    each = calls / sums.n("accepted") if sums.n("accepted") else 0.0
    good = None if left < FEWEST else each >= 2 or sums.n("contacted") / sums.n("accepted") >= ANSWERED
    seen = f"{each:.1f} calls a lead; {left:,} leads were not reached."
    how = "Most who convert late are reached by the sixth call: give the cadence more steps."
    return Answer("Is who did not answer called again?", good, seen, how, _tab("contact", asked))


def _reported(sums: Sums, asked: Asked) -> Answer:
    part = Part(min(sums.n("appointments_or_quotes"), sums.n("contacted")), sums.n("contacted"))
    good = None if part.whole < FEWEST else part.part + sums.n("sales") >= 0.05 * part.whole and sums.n("sales") > 0
    seen = f"{part.part:,} appointments or quotes and {sums.n('sales'):,} sales of {part.whole:,} people reached."
    how = "Report outcomes by the lead's page, the API or CSV: without them no source's worth is known."
    return Answer("Are outcomes reported?", good, seen, how, _tab("funnel", asked))


def _priced(sums: Sums, asked: Asked) -> Answer:
    whole = source_stats({"all": sums}, {})[0]
    part = Part(whole.row.accepted - whole.row.unpriced, whole.row.accepted)
    good = enough(part, PRICED)
    good = good if good is None else good and whole.row.sales >= FEWEST_SALES
    cost = words.NONE if whole.cost_per_sale is None else f"{whole.cost_per_sale:,.2f}"
    seen = f"{_share(part)} of leads have a price; {whole.row.sales:,} sales, {cost} each."
    how = f"Give every source its price, and wait for {FEWEST_SALES} sales at least."
    return Answer("Is the cost of a sale known?", good, seen, how, _tab("sources", asked))


def _capacity(agents: list[AgentFigures], asked: Asked) -> Answer:
    busy, work = sum(one.busy_seconds for one in agents), sum(one.work_seconds for one in agents)
    good = None if work < 3600 else busy / work <= BUSY
    seen = (
        f"Agents were busy for {words.percent(busy / work if work else None)} of {work / 3600:,.1f} hours at work."
    )
    how = "Add agents before leads: at this load the next leads wait."
    return Answer("Is there capacity?", good, seen, how, _tab("agents", asked))


def _lists(old: int, lists: int) -> Answer:
    seen = f"{lists} lists are in use, {old} of them too old or soon." if lists else "No campaign relies on a list."
    return Answer(
        "Are do-not-call lists fresh?", None if not lists else not old, seen, "Import newer ones.", "/suppressions"
    )


def _tab(name: str, asked: Asked) -> str:
    return f"/reports/{name}?{asked.query.but()}".rstrip("?")


def _share(part: Part) -> str:
    return f"{words.percent(part.value)} ({part.part:,} of {part.whole:,})"
