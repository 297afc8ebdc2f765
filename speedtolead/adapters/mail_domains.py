"""Whether a domain takes mail, asked of the DNS.

Owns: which records to ask for, and what each answer means. Must not know: addresses, or what follows.

RFC 5321, section 5.1: a domain without MX records is its own mail server, if it has an address. RFC 7505: one MX
record that names the root says that the domain takes no mail. A domain that does not exist takes none, nor does
one that has neither MX nor address. Everything else that goes wrong (silence, a failing server, a broken answer)
says nothing about the domain: Transient. No message holds the domain.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import dns.asyncresolver
import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver
from dns.rdtypes.ANY.MX import MX

from speedtolead.ports import Transient

SECONDS = 3.0
REMEMBERED = 10_000
"""Answers kept for as long as they may be: most leads come from a few mail providers."""

_ALPHABETS = (dns.name.IDNA_2008_Practical, dns.name.IDNA_2003_Practical)
"""The second allows what the first no longer does, such as signs: those domains were registered, and stay."""


class DnsMailDomains:
    """Asks the system's resolvers, or ``nameservers``; at most ``seconds`` for all questions about one domain.

    A system without a resolver fails here, at the start: dns.resolver.NoResolverConfiguration.
    """

    def __init__(self, *, seconds: float = SECONDS, nameservers: Sequence[str] = (), port: int = 53) -> None:
        self._seconds = seconds
        self._resolver = dns.asyncresolver.Resolver(configure=not nameservers)
        if nameservers:
            self._resolver.nameservers = list(nameservers)
            self._resolver.port = port
        self._resolver.cache = dns.resolver.LRUCache(REMEMBERED)

    async def takes_mail(self, domain: str) -> bool:
        """See ``ports.MailDomains``."""
        name = _name(domain)
        if name is None:
            return False
        try:
            async with asyncio.timeout(self._seconds):
                return await self._takes(name)
        except dns.resolver.NXDOMAIN:
            return False
        except TimeoutError:
            raise Transient(f"no answer from the DNS within {self._seconds:g} s") from None
        except (dns.exception.DNSException, OSError, ValueError) as reason:
            raise Transient(f"no answer from the DNS: {type(reason).__name__}") from None

    async def _takes(self, name: dns.name.Name) -> bool:
        try:
            mail = await self._asked(name, dns.rdatatype.MX)
        except dns.resolver.NoAnswer:
            return await self._has_address(name)
        return any(isinstance(record, MX) and record.exchange != dns.name.root for record in mail)

    async def _has_address(self, name: dns.name.Name) -> bool:
        for kind in (dns.rdatatype.A, dns.rdatatype.AAAA):
            try:
                await self._asked(name, kind)
            except dns.resolver.NoAnswer:
                continue
            return True
        return False

    async def _asked(self, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> dns.resolver.Answer:
        return await self._resolver.resolve(name, kind, search=False, lifetime=self._seconds)


def _name(domain: str) -> dns.name.Name | None:
    """The domain as the DNS knows it; None where there can be no such domain."""
    for alphabet in _ALPHABETS:
        try:
            name = dns.name.from_text(domain.strip(), idna_codec=alphabet)
        except (dns.exception.DNSException, UnicodeError):
            continue
        return None if name == dns.name.root else name
    return None
