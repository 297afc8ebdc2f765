"""Asking others about a lead: only where its source wants it, all at once, in their time, and each thing once.

The providers are the simulator's, which keeps a log of what it was asked; here they are scripted to hang, to fail
or to talk nonsense.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from posting import (
    TOMORROW,
    at,
    finding,
    new_database,
    new_phone,
    on,
    script,
    unscripted,
    value,
    with_sources,
)
from running import RunningService, running_node, running_service, settings_for

from speedtolead.domain.checks import PROVIDERS
from speedtolead.outside import LONGEST_SECONDS
from speedtolead.simulator.gate import Arrival

pytestmark = pytest.mark.asyncio(loop_scope="module")

BUDGET = 2
FOR_EVER = 3600


@dataclass(frozen=True)
class Provider:
    """Who is asked: the source's word for it, the simulator's, the policy's, and where a finding points."""

    asked: str
    script: str
    policy: str
    path: str
    place: str


LOOKUP = Provider("lookup", "lookup", "lookup", "/v2/PhoneNumbers/", "phone")
OWNER = Provider("owner", "lookup", "reassigned", "/v2/PhoneNumbers/", "phone")
LISTS = Provider("lists", "scrub", "scrub", "/scrub/", "phone")
CERTIFICATE = Provider("certificate", "trustedform", "certificate", "/trustedform/", "consent.trustedform_cert_url")
ASKED = (LOOKUP, OWNER, LISTS, CERTIFICATE)
by_name = pytest.mark.parametrize("provider", ASKED, ids=lambda provider: provider.asked)

ALL = dict.fromkeys(("lookup", "owner", "lists", "certificate"), f"{BUDGET}s")
REFUSED_ANYWAY: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a number that is none": ({}, {"phone": "12"}),
    "no consent": ({}, {"consent": {"channels": ["sms"]}}),
    "another state": ({"accept": {"states": ["NJ"]}}, {}),
    "a paused source": ({"paused": True}, {}),
    "too old": ({"accept": {"max_age": "1h"}}, {"submitted_at": "2020-01-01T00:00:00Z"}),
    "a blocked word": ({"checks": {"blocked_words": ["spam"]}}, {"city": "Spam"}),
    "a machine": ({}, {"honeypot": "filled in"}),
    "no price": ({"price": {"from_post": True}}, {}),
}
"""A source's terms, and a post that they refuse: by what is known without asking anybody."""
BY_OUR_ROWS: dict[str, dict[str, Any]] = {
    "duplicate": {"duplicate_window": "30d"},
    "over_cap": {"caps": {"daily": 1}},
    "suppressed": {},
}
"""A source's terms, by which its own earlier leads, or a suppression, refuse the next one."""


def sources() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {
        "asks nobody": {},
        "asks all": {"ask": ALL},
        "takes mobiles": {"ask": {"lookup": "5s"}, "accept": {"line_types": ["mobile"]}},
        "asks a list": {"ask": {"lists": "5s"}, "checks": {"reactions": {"do_not_call_list": "penalty 9"}}},
    }
    for provider in ASKED:
        ask: dict[str, Any] = {"ask": {provider.asked: "5s"}}
        if provider is CERTIFICATE:
            ask["accept"] = {"consent": {"certificate": {"max_age": "30d"}}}
        found[f"asks {provider.asked}"] = ask
        for reaction in ("penalty 11", "refuse"):
            checks = {"checks": {"no_answer": {provider.policy: reaction}}}
            found[f"{provider.asked} {reaction}"] = ask | checks
    found |= {name: terms | {"ask": ALL} for name, terms in BY_OUR_ROWS.items()}
    return found | {name: terms | {"ask": ALL} for name, (terms, _) in REFUSED_ANYWAY.items()}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    text, folder = with_sources(sources(), cadence=TOMORROW), tmp_path_factory.mktemp("providers")
    async with new_database(server_url) as url, running_service(url, folder, text) as running:
        yield running


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def _as_usual(service: RunningService) -> AsyncIterator[None]:
    yield
    await unscripted(service)


_certificates = itertools.count(1)


@dataclass(frozen=True)
class Post:
    """A post whose requests to providers can be told from others': by its number and its certificate."""

    phone: str
    certificate: str

    def fields(self, **more: Any) -> dict[str, Any]:
        url = f"https://cert.trustedform.com/{self.certificate}"
        return {"phone": self.phone, "consent": {"channels": ["call"], "trustedform_cert_url": url}} | more

    def requests(self, service: RunningService, path: str = "/") -> list[Arrival]:
        """What the providers were asked about it, in order."""
        mine = (self.phone, self.certificate)
        return [one for one in service.simulator.gate.arrivals if one.to in mine and one.path.startswith(path)]

    async def scripted(self, service: RunningService, provider: str = "*", **answer: Any) -> None:
        for subject in (self.phone, self.certificate):
            await script(service, **({"provider": provider, "subject": subject, "times": -1} | answer))


def new_post(phone: str | None = None) -> Post:
    return Post(phone or new_phone(), f"c{next(_certificates)}")


async def accepted(service: RunningService, source: str, post: Post, **more: Any) -> dict[str, Any]:
    status, answer = await at(service, source).post(**post.fields(**more))
    assert status == 202, answer
    lead: dict[str, Any] = await service.lead(answer["lead_id"])
    return lead


# ---- who is asked ---------------------------------------------------------------------------------------------


async def test_nobody_is_asked_where_the_source_does_not_ask(service: RunningService) -> None:
    post = new_post()
    lead = await accepted(service, "asks nobody", post)
    assert post.requests(service) == []
    assert finding(lead, "no_answer_lookup")["verdict"] == "not_applicable"


@by_name
async def test_only_those_are_asked_whom_the_source_names(service: RunningService, provider: Provider) -> None:
    post = new_post()
    await accepted(service, f"asks {provider.asked}", post)
    assert [one.path.startswith(provider.path) for one in post.requests(service)] == [True]


async def test_a_leadid_token_is_asked_of_its_own_issuer(service: RunningService) -> None:
    token = str(uuid4())
    status, _ = await at(service, "asks certificate").post(
        phone=new_phone(), consent={"channels": ["call"], "leadid_token": token}
    )
    assert status == 202
    asked = [one.path for one in service.simulator.gate.arrivals if one.to == token]
    assert asked == ["/jornaya/SingleQuery"]


@pytest.mark.parametrize(
    "said",
    [
        {"trustedform_cert_url": "none"},
        {"trustedform_cert_url": "http://cert.trustedform.com/abc"},
        {"trustedform_cert_url": "https://cert.trustedform.com.evil.test/abc"},
        {"leadid_token": "A" * 36},
    ],
)
async def test_what_has_no_issuers_form_is_no_certificate(service: RunningService, said: dict[str, str]) -> None:
    """Else whoever has none would write anything there, and nobody could be asked about it."""
    status, answer = await at(service, "asks certificate").post(
        phone=new_phone(), consent={"channels": ["call"]} | said
    )
    assert (status, answer["code"]) == (422, "no_such_certificate")


async def test_a_post_without_a_certificate_asks_no_issuer(service: RunningService) -> None:
    status, answer = await at(service, "certificate refuse").post(phone=new_phone())
    assert status == 202
    lead = await service.lead(answer["lead_id"])
    assert finding(lead, "no_answer_certificate")["verdict"] == "not_applicable"


@pytest.mark.parametrize("why", REFUSED_ANYWAY)
async def test_nobody_is_asked_about_a_post_that_is_refused_anyway(service: RunningService, why: str) -> None:
    post = new_post()
    status, _ = await at(service, why).post(**post.fields(**REFUSED_ANYWAY[why][1]))
    assert status == 422
    assert post.requests(service) == []


@pytest.mark.parametrize("why", BY_OUR_ROWS)
async def test_nobody_is_asked_about_a_post_that_a_row_of_ours_refuses(service: RunningService, why: str) -> None:
    """Each question may be charged for, and a certificate is another one with each post."""
    first = new_post()
    await accepted(service, why, first)
    again = new_post(first.phone if why != "over_cap" else None)
    if why == "suppressed":
        headers = {"Authorization": f"Bearer {service.account_key}"}
        body = {"phone": first.phone}
        async with service.http.post(f"{service.url}/v1/suppressions", json=body, headers=headers) as response:
            assert response.status == 201
    status, answer = await at(service, why).post(**again.fields())
    assert (status, answer["code"]) == (422, why)
    assert [one.path for one in again.requests(service) if one.to == again.certificate] == []
    assert len(again.requests(service)) == (0 if why == "over_cap" else 3)  # those of the first post


async def test_all_are_asked_about_a_post_that_only_they_could_refuse(service: RunningService) -> None:
    """The counterpart of the test above: with the same source, but for what it refused there."""
    post = new_post()
    await accepted(service, "a blocked word", post)
    assert len(post.requests(service)) == 4


# ---- how long -------------------------------------------------------------------------------------------------


async def test_all_are_asked_at_once_and_none_is_waited_for_beyond_its_time(service: RunningService) -> None:
    post = new_post()
    await post.scripted(service, seconds=FOR_EVER)
    async with asyncio.timeout(LONGEST_SECONDS - 0.5):  # by then their own clients would have given them up
        lead = await accepted(service, "asks all", post)
    asked = [one.monotonic for one in post.requests(service)]
    assert len(asked) == 4
    assert max(asked) - min(asked) < BUDGET  # one after the other, each would have been given up first
    unanswered = {name for name in PROVIDERS if finding(lead, f"no_answer_{name}")["verdict"] == "no_answer"}
    assert unanswered == {provider.policy for provider in ASKED}


async def test_one_that_hangs_does_not_cost_the_others_answers(service: RunningService) -> None:
    post = new_post("+17185550158")
    await post.scripted(service, "lookup", seconds=FOR_EVER)
    lead = await accepted(service, "asks all", post)
    assert finding(lead, "no_answer_lookup")["verdict"] == "no_answer"
    assert finding(lead, "do_not_call_list")["inputs"]["listed_on"] == ["national_dnc"]
    assert finding(lead, "certificate")["inputs"] == {"genuine": True}


async def test_a_slow_answer_within_its_time_is_taken(service: RunningService) -> None:
    post = new_post()
    body = [{"Phone": post.phone.removeprefix("+1"), "ResultCode": "D", "Reason": "Litigator"}]
    await post.scripted(service, "scrub", seconds=BUDGET / 4, body=body)
    status, answer = await at(service, "asks all").post(**post.fields())
    assert (status, answer["code"]) == (422, "litigator")


# ---- what silence means ---------------------------------------------------------------------------------------

FAILURES: dict[str, dict[str, Any]] = {
    "its server fails": {"status": 500, "body": {}},
    "it wants fewer requests": {"status": 429, "headers": {"Retry-After": "30"}, "body": {}},
    "it does not know us": {"status": 401, "body": {}},
    "it refuses the question": {"status": 403, "body": {}},
    "it talks nonsense": {"status": 200, "text": "<html>"},
    "it answers something else": {"status": 200, "body": {"valid": "perhaps"}},
}


@pytest.mark.parametrize("failure", FAILURES)
@by_name
async def test_a_provider_that_fails_gives_no_answer(
    service: RunningService, provider: Provider, failure: str
) -> None:
    post = new_post()
    await post.scripted(service, provider.script, **FAILURES[failure])
    lead = await accepted(service, f"asks {provider.asked}", post)
    found = finding(lead, f"no_answer_{provider.policy}")
    assert (found["verdict"], found["reason"], found["field"]) == ("no_answer", "no_answer", provider.place)
    assert found["points"] == 0
    assert len(post.requests(service)) == 1  # a question may be charged for: it is not put again


@by_name
async def test_no_answer_costs_points_where_the_source_says_so(service: RunningService, provider: Provider) -> None:
    silent, usual = new_post(), new_post()
    source = f"{provider.asked} penalty 11"
    await silent.scripted(service, provider.script, status=500)
    lead, answered = await accepted(service, source, silent), await accepted(service, source, usual)
    found = finding(lead, f"no_answer_{provider.policy}")
    assert (found["verdict"], found["points"]) == ("penalty", 11)
    assert lead["score"] == answered["score"] - 11


@by_name
async def test_no_answer_refuses_where_the_source_says_so(service: RunningService, provider: Provider) -> None:
    post = new_post()
    await post.scripted(service, provider.script, status=500)
    status, answer = await at(service, f"{provider.asked} refuse").post(**post.fields())
    assert (status, answer["code"]) == (422, "no_answer")
    assert answer["errors"][0]["field"] == provider.place


async def test_a_line_that_nobody_knows_is_no_line_that_is_refused(service: RunningService) -> None:
    """The lookup answered, but not what line it is: by an error of that package alone, or as unknown."""
    for phone in ("+17185550153", "+17185550154"):
        lead = await accepted(service, "takes mobiles", new_post(phone))
        assert finding(lead, "line_type")["verdict"] == "not_applicable"
        assert finding(lead, "no_answer_lookup")["verdict"] == "not_applicable"


# ---- once -----------------------------------------------------------------------------------------------------


@by_name
async def test_an_answer_is_remembered(service: RunningService, provider: Provider) -> None:
    post = new_post()
    leads = [await accepted(service, f"asks {provider.asked}", post) for _ in range(2)]
    assert len(post.requests(service)) == 1
    assert leads[0]["findings"] == leads[1]["findings"]


@pytest.mark.parametrize(
    ("source", "phone", "check", "said"),
    [
        ("takes mobiles", "+19175550152", "line_type", ("refuse", "line_type")),
        ("takes mobiles", "+19175550195", "phone_exists", ("refuse", "invalid_phone")),
        ("asks owner", "+19175550155", "reassigned", ("refuse", "reassigned")),
        ("asks a list", "+19175550159", "do_not_call_list", ("penalty", "do_not_call_list")),
        ("asks a list", "+19175550157", "litigator", ("refuse", "litigator")),
    ],
)
async def test_a_remembered_answer_is_judged_as_the_first_time(
    service: RunningService, source: str, phone: str, check: str, said: tuple[str, str]
) -> None:
    post = new_post(phone)
    found = []
    for _ in range(2):
        _, answer = await at(service, source).post(**post.fields())
        found.append(finding(await service.lead(answer["lead_id"]), check))
    assert found[0] == found[1]
    assert (found[0]["verdict"], found[0]["reason"]) == said
    assert len(post.requests(service)) == 1


@pytest.mark.parametrize("start", ["dead", "forged", "bot", "old", "silent", "framed"])
async def test_a_remembered_certificate_is_judged_as_the_first_time(service: RunningService, start: str) -> None:
    post = Post(new_phone(), f"{start}-again")
    found = []
    for _ in range(2):
        _, answer = await at(service, "asks certificate").post(**post.fields())
        found.append((await service.lead(answer["lead_id"]))["findings"])
    assert found[0] == found[1]
    assert {one["verdict"] for one in found[0]} & {"penalty", "refuse"}
    assert len(post.requests(service)) == 1


async def test_an_answer_is_remembered_by_every_node(service: RunningService) -> None:
    post, settings = new_post(), service.settings
    other = settings_for(service.database_url, settings.data_dir, service.simulator.port)
    async with running_node(other):
        await accepted(service, "asks all", post)
        await accepted(on(service, other.own_url), "asks all", post)
    assert len(post.requests(service)) == 4


async def test_no_answer_is_not_remembered(service: RunningService) -> None:
    post = new_post()
    await post.scripted(service, "scrub", status=500)
    silent = await accepted(service, "asks lists", post)
    await unscripted(service)
    answered = await accepted(service, "asks lists", post)
    verdicts = [finding(lead, "no_answer_scrub")["verdict"] for lead in (silent, answered)]
    assert verdicts == ["no_answer", "not_applicable"]
    assert len(post.requests(service)) == 2


async def test_another_number_is_another_question_about_the_same_certificate(service: RunningService) -> None:
    """An answer says whether the certificate is this person's: it must not be taken for somebody else's."""
    mine = new_post()
    theirs = Post(new_phone(), mine.certificate)
    await accepted(service, "asks certificate", mine)
    await accepted(service, "asks certificate", theirs)
    assert len(mine.requests(service, "/trustedform/")) == 2


async def test_an_old_answer_is_not_believed(service: RunningService) -> None:
    post = new_post()
    await accepted(service, "asks lists", post)
    await value(service, "UPDATE provider_answer SET asked_at = asked_at - interval '25 hours' RETURNING 1")
    await accepted(service, "asks lists", post)
    assert len(post.requests(service)) == 2
