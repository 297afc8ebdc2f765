"""Whether a domain takes mail: by a name server on loopback, and offline."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from speedtolead.adapters.mail_domains import DnsMailDomains
from speedtolead.adapters.offline import OfflineMailDomains
from speedtolead.ports import MailDomains, PortError, Transient

SILENCE = "silence"
GARBAGE = "garbage"
VANISHING = "vanishing"
Zone = dict[str, dict[str, list[str]] | dns.rcode.Rcode | str]
"""By name: the records by type; or the code that is answered; or what happens instead of an answer."""

ADDRESS, ADDRESS_6 = {"A": ["192.0.2.1"]}, {"AAAA": ["2001:db8::1"]}
ZONE: Zone = {
    "mail.example.": {"MX": ["10 mx1.mail.example.", "20 mx2.mail.example."]},
    "null.example.": {"MX": ["0 ."], **ADDRESS},
    "mixed.example.": {"MX": ["0 .", "10 mx.mixed.example."]},
    "old.example.": ADDRESS,
    "new.example.": ADDRESS_6,
    "alias.example.": {"CNAME": ["mail.example."]},
    "nothing.example.": {"TXT": ['"no mail here"']},
    "xn--mnchen-3ya.example.": {"MX": ["10 mx.example."]},
    "xn--n3h.example.": {"MX": ["10 mx.example."]},
    "failing.example.": dns.rcode.SERVFAIL,
    "refusing.example.": dns.rcode.REFUSED,
    "silent.example.": SILENCE,
    "odd.example.": GARBAGE,
}


@dataclass
class NameServer(asyncio.DatagramProtocol):
    """Answers from a zone over UDP; every name that it does not hold is one that does not exist."""

    zone: Zone
    asked: list[tuple[str, str]] = field(default_factory=list)
    transport: asyncio.DatagramTransport = field(init=False)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        (wanted,) = query.question
        name = wanted.name.to_text().lower()
        self.asked.append((name, dns.rdatatype.to_text(wanted.rdtype)))
        found = self.zone.get(name, dns.rcode.NXDOMAIN)
        if found == SILENCE:
            return
        if found == GARBAGE:
            self.transport.sendto(data[:2] + b"\x81\x80" + b"\xff" * 20, addr)
            return
        if found == VANISHING:
            found, self.zone[name] = {}, dns.rcode.NXDOMAIN
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if isinstance(found, dict):
            self._fill(answer, name, found, dns.rdatatype.to_text(wanted.rdtype))
        else:
            assert isinstance(found, dns.rcode.Rcode)
            answer.set_rcode(found)
        self.transport.sendto(answer.to_wire(), addr)

    def _fill(self, answer: dns.message.Message, name: str, held: dict[str, list[str]], kind: str) -> None:
        while "CNAME" in held:
            (target,) = held["CNAME"]
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", "CNAME", target))
            further = self.zone[target]
            assert isinstance(further, dict)
            name, held = target, further
        if kind in held:
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *held[kind]))


@asynccontextmanager
async def name_server(zone: Zone) -> AsyncIterator[tuple[NameServer, int]]:
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(lambda: NameServer(zone), local_addr=("127.0.0.1", 0))
    try:
        yield server, transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


@asynccontextmanager
async def asking(seconds: float = 5.0) -> AsyncIterator[tuple[NameServer, DnsMailDomains]]:
    async with name_server(ZONE) as (server, port):
        yield server, DnsMailDomains(seconds=seconds, nameservers=["127.0.0.1"], port=port)


TAKES_MAIL = {
    "a mail server": ("mail.example", True),
    "capital letters": ("MAIL.Example", True),
    "a trailing dot": ("mail.example.", True),
    "spaces around it": (" mail.example ", True),
    "an alias": ("alias.example", True),
    "a null MX": ("null.example", False),
    "a null MX among others": ("mixed.example", True),
    "no MX, but an address": ("old.example", True),
    "no MX, but an address of IPv6": ("new.example", True),
    "neither MX nor address": ("nothing.example", False),
    "no such domain": ("missing.example", False),
    "other letters": ("münchen.example", True),
    "a sign that used to be allowed": ("☃.example", True),
}


@pytest.mark.parametrize("case", TAKES_MAIL)
async def test_a_domain_takes_mail_as_the_standards_say(case: str) -> None:
    domain, takes = TAKES_MAIL[case]
    async with asking() as (_, domains):
        port: MailDomains = domains
        assert await port.takes_mail(domain) is takes


@pytest.mark.parametrize(
    "domain", ["", ".", "a..example", "x" * 64 + ".example", ".".join(["a"] * 200), "\\9.example"]
)
async def test_what_can_be_no_domain_takes_none_and_is_not_asked_about(domain: str) -> None:
    async with asking() as (server, domains):
        assert not await domains.takes_mail(domain)
        assert server.asked == []


@pytest.mark.parametrize("domain", ["failing.example", "refusing.example", "odd.example"])
async def test_a_failing_name_server_says_nothing(domain: str) -> None:
    async with asking(1.0) as (_, domains):
        with pytest.raises(Transient):
            await domains.takes_mail(domain)


async def test_a_silent_name_server_is_waited_for_no_longer_than_was_said() -> None:
    async with asking(0.3) as (_, domains), asyncio.timeout(5):
        with pytest.raises(Transient):
            await domains.takes_mail("silent.example")


async def test_no_name_server_at_all_says_nothing() -> None:
    async with name_server(ZONE) as (_, port):
        pass
    with pytest.raises(Transient):
        await DnsMailDomains(seconds=0.3, nameservers=["127.0.0.1"], port=port).takes_mail("mail.example")


async def test_a_domain_that_is_gone_between_two_questions_takes_none() -> None:
    async with asking() as (server, domains):
        server.zone = {"gone.example.": VANISHING}
        assert not await domains.takes_mail("gone.example")
        assert [kind for _, kind in server.asked] == ["MX", "A"]


async def test_the_addresses_are_asked_for_only_without_mail_servers() -> None:
    async with asking() as (server, domains):
        await domains.takes_mail("mail.example")
        await domains.takes_mail("new.example")
        assert server.asked == [
            ("mail.example.", "MX"),
            ("new.example.", "MX"),
            ("new.example.", "A"),
            ("new.example.", "AAAA"),
        ]


async def test_a_domain_is_remembered_for_as_long_as_its_records_say() -> None:
    async with asking() as (server, domains):
        for _ in range(3):
            assert await domains.takes_mail("mail.example")
        assert len(server.asked) == 1


@pytest.mark.parametrize("domain", ["failing.example", "silent.example"])
async def test_no_error_tells_the_domain(domain: str) -> None:
    async with asking(0.3) as (_, domains):
        with pytest.raises(PortError) as no:
            await domains.takes_mail(domain)
        assert domain not in "".join(traceback.format_exception(no.value))


@pytest.mark.parametrize(
    ("domain", "takes"),
    [
        ("example.com", True),
        ("gmail.com", True),
        ("localhost", False),
        ("nowhere.invalid", False),
        ("nowhere.INVALID.", False),
        ("a.b.test", False),
        ("shop.example", False),
        ("test.com", True),
        ("mytest", True),
    ],
)
async def test_offline_only_the_reserved_domains_take_none(domain: str, takes: bool) -> None:
    port: MailDomains = OfflineMailDomains()
    assert await port.takes_mail(domain) is takes
