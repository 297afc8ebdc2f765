"""The API of talks under way: which there are, and doing something with one.

Owns: reading each command, who may give it, and shaping the answers. Must not know: the rules of a talk, or the
carrier. A command is answered when it is committed: 202 with the state asked for. An event ``call.changed`` tells
what became of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, Field, model_validator

from speedtolead.domain.talk import PARTY_ACTIONS, TALK_ACTIONS, Action, Talk, TalkParty, may
from speedtolead.service.controls.listing import Shown
from speedtolead.service.controls.taking import LISTENING, Asking, Command, UnknownTarget
from speedtolead.web import auth, carrier, reading
from speedtolead.web.answers import answer
from speedtolead.web.endpoint import Routes
from speedtolead.web.problems import Problem, field_problem
from speedtolead.web.services import SERVICES
from speedtolead.web.views import ERRORS, Instant, ProblemView

routes = Routes()
PartyName = Annotated[str, Field(max_length=36, description="`lead`, `agent`, or the id of a party.")]


class CommandBody(reading.Given):
    id: Annotated[UUID | None, Field(description="Yours: the same id again is the same command.")] = None


class PartyBody(CommandBody):
    party: PartyName | None = None


class DigitsBody(PartyBody):
    digits: Annotated[str, Field(pattern=r"^[0-9*#w]{1,32}$", description="`w` waits half a second.")]


class TargetBody(CommandBody):
    """One of the three: an agent by name, whoever of a group is free, a name of the campaign's `transfer_to`."""

    agent: Annotated[str | None, Field(max_length=100)] = None
    group: Annotated[str | None, Field(max_length=100)] = None
    number: Annotated[str | None, Field(max_length=100)] = None

    @model_validator(mode="after")
    def _one(self) -> TargetBody:
        if sum(one is not None for one in (self.agent, self.group, self.number)) != 1:
            raise ValueError("say exactly one of agent, group and number")
        return self


class TransferBody(TargetBody):
    warm: Annotated[bool, Field(description="Speak with them first, while the lead hears music.")] = False


class ListenBody(CommandBody):
    user: Annotated[
        str | None, Field(max_length=254, description="Who is rung, by email; left out: who is signed in.")
    ] = None


class ControlView(BaseModel):
    id: UUID
    action: str
    party: UUID | None
    state: str


class PartyView(BaseModel):
    id: UUID
    kind: str
    name: str | None
    state: str
    part: str | None
    muted: bool
    held: bool
    listens: str | None
    may: list[str]


class TalkView(BaseModel):
    attempt_id: UUID
    lead_id: UUID
    lead: str
    campaign: str
    since: Instant | None
    recorded: str
    parties: list[PartyView]
    may: list[str]


class TalkList(BaseModel):
    calls: list[TalkView]


@routes("GET", "/v1/calls", "Talks under way, with what may be done now.", responses={200: TalkList, **ERRORS})
async def list_calls(request: web.Request) -> web.Response:
    asking = await _asking(request, changes=False)
    found = await request.app[SERVICES].talks.under_way(asking.account_id, asking.agent_ids)
    return answer(TalkList(calls=[talk_view(one) for one in found]))


def talk_view(shown: Shown) -> TalkView:
    row, talk = shown.row, shown.talk
    return TalkView(
        attempt_id=row.attempt_id,
        lead_id=row.lead_id,
        lead=" ".join(filter(None, (row.first_name, row.last_name))),
        campaign=row.campaign,
        since=row.bridged_at,
        recorded=talk.recorded,
        parties=[_party_view(talk, party) for party in talk.parties if party.under_way],
        may=[_path(action) for action in TALK_ACTIONS if may(talk, action)],
    )


def _party_view(talk: Talk, party: TalkParty) -> PartyView:
    return PartyView(
        id=party.leg_id,
        kind=party.kind,
        name=party.name,
        state=party.state,
        part=party.part,
        muted=party.muted,
        held=party.held,
        listens=party.listens,
        may=[_path(action) for action in PARTY_ACTIONS if may(talk, action, party)],
    )


def _path(action: Action) -> str:
    return action.value.replace("_", "-")


async def _asking(request: web.Request, *, changes: bool = True) -> Asking:
    """An account's key, a manager or supervisor; or an agent, for own talks only. Raises 401 or 403."""
    session = None if auth.bearer(request) else await auth.session_of(request)
    if session is not None and session.role not in auth.MANAGING:
        if changes:
            auth.check_form(request, request.headers.get("X-CSRF-Token"))
        own = await request.app[SERVICES].talks.agents_of(session.account_id, session.user_id)
        return Asking(session.account_id, session.email, own)
    caller = await auth.caller(request, whole_account=True)
    return Asking(caller.account_id, await auth.acting(request))


def _command(action: Action, body: Any, asking: Asking) -> Command:
    told = body.model_dump(exclude={"id", "user"}, exclude_none=True)
    if action in LISTENING:
        return Command(action, body.id, listener=_listener(body.user, asking))
    return Command(action, body.id, **told)


def _listener(user: str | None, asking: Asking) -> str:
    if asking.agent_ids is not None:
        raise Problem(403, "forbidden", "Only supervisors and managers listen in.")
    if user is None and asking.name == "api":
        raise field_problem("user", "say who is rung to listen in")
    return user or asking.name


async def _give(request: web.Request, action: Action, body_type: type[CommandBody]) -> web.Response:
    asking = await _asking(request)
    attempt_id = reading.id_of(request, "attempt_id")
    given = await reading.json_of(body_type, request) if request.can_read_body else reading.checked(body_type, {})
    command = _command(action, given, asking)
    try:
        taken = await request.app[SERVICES].controls.take(asking, attempt_id, command)
    except UnknownTarget as error:
        raise field_problem(error.field, str(error), error.code) from None
    carrier.carry_out(request, taken.afterwards)
    view = ControlView(id=taken.control_id, action=_path(action), party=taken.leg_id, state=taken.state)
    return answer(view, status=202)


COMMANDS: tuple[tuple[Action, type[CommandBody], str], ...] = (
    (Action.HOLD, PartyBody, "Put the lead (or another party) on hold, with music."),
    (Action.RESUME, PartyBody, "Take it off hold."),
    (Action.MUTE, PartyBody, "Let the agent (or another party) not be heard."),
    (Action.UNMUTE, PartyBody, "Let it be heard again."),
    (Action.DIGITS, DigitsBody, "Send keypad tones to the lead (or another party)."),
    (Action.TRANSFER, TransferBody, "Hand the lead over; blind, the agent is free at once."),
    (Action.COMPLETE, CommandBody, "Complete a warm transfer: the lead is with the other party."),
    (Action.CANCEL, CommandBody, "Call a transfer off: the lead is with the agent again."),
    (Action.ADD, TargetBody, "Ring a third party into the talk."),
    (Action.LISTEN, ListenBody, "Ring a supervisor, who hears all and is heard by nobody."),
    (Action.WHISPER, ListenBody, "A supervisor is heard by the agent alone."),
    (Action.BARGE, ListenBody, "A supervisor is heard by all."),
    (Action.LEAVE, PartyBody, "Let a supervisor, or a party that was rung in, leave."),
    (Action.RECORD, CommandBody, "Record from now on; the lead is told first where that is needed."),
    (Action.STOP_RECORDING, CommandBody, "Record no more, until it is asked for again."),
    (Action.END, CommandBody, "End the talk for all."),
)


def _handler(action: Action, body: type[CommandBody]) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def give(request: web.Request) -> web.Response:
        return await _give(request, action, body)

    return give


for _action, _body, _summary in COMMANDS:
    routes(
        "POST",
        f"/v1/calls/{{attempt_id}}/{_path(_action)}",
        _summary,
        body=_body,
        responses={202: ControlView, 404: ProblemView, 409: ProblemView, 422: ProblemView, **ERRORS},
    )(_handler(_action, _body))
