"""What is known about a lead when it stands before the intake: its number, the places it may be in, and its values.

Owns: putting the facts together from the post and the offline tables. Must not know: providers, rows, or verdicts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from speedtolead.domain.checks import Facts
from speedtolead.domain.criteria import LeadValues
from speedtolead.domain.duplicate import Person
from speedtolead.domain.phone import is_fictional
from speedtolead.domain.place import IP, Candidate
from speedtolead.domain.source import Source
from speedtolead.domain.states import state_code
from speedtolead.ports import IpPlaces, MailAddresses, MailFacts, Numbering, ParsedPhone
from speedtolead.service.intake.post import LeadPost


@dataclass(frozen=True, slots=True)
class Standing:
    """One post with what the tables tell of it. ``phone`` is the number that would be dialled; None for none."""

    phone: str | None
    candidates: tuple[Candidate, ...]
    facts: Facts
    values: LeadValues
    email_domain: str
    hints: tuple[Candidate, ...] = ()
    """Places by the visitor's address on the net: shown beside the candidates, and bound to by no rule."""

    def person(self, post: LeadPost) -> Person:
        return Person(self.phone, post.email, post.external_id, post.first_name, post.last_name, post.postal_code)


@dataclass(frozen=True, slots=True)
class Tables:
    """The offline tables that a standing is made of. ``ip_places`` is None where there is no such table."""

    numbering: Numbering
    mail: MailAddresses
    ip_places: IpPlaces | None
    fictional_allowed: bool

    def standing(self, source: Source, post: LeadPost, received_at: datetime) -> Standing:
        parsed = self.phone(source, post)
        state = upper(post.state)
        candidates = () if parsed is None else self.numbering.candidates(parsed.e164, state, post.postal_code)
        mail = self.mail.facts(post.email) if post.email else None
        facts = self._facts(post, received_at, parsed, mail)
        values = LeadValues(taken_state(source, state, candidates), post.postal_code, post.attributes)
        return Standing(
            None if parsed is None else parsed.e164,
            candidates,
            facts,
            values,
            "" if mail is None else mail.domain,
            self._hints(facts),
        )

    def _hints(self, facts: Facts) -> tuple[Candidate, ...]:
        if facts.ip_state is None or facts.ip_country not in (None, "US"):
            return ()
        found = self.numbering.candidates(None, facts.ip_state, None)
        return tuple(candidate._replace(origin=IP) for candidate in found)

    def phone(self, source: Source, post: LeadPost) -> ParsedPhone | None:
        """The number that would be dialled: a test goes to the source's own test phone, if it has one."""
        if post.test and source.test_phone is not None:
            return ParsedPhone(source.test_phone, "US")
        parsed = self.numbering.parse(post.phone, post.country)
        if parsed is None or (is_fictional(parsed.e164) and not self.fictional_allowed):
            return None
        return parsed

    def _facts(
        self, post: LeadPost, received_at: datetime, parsed: ParsedPhone | None, mail: MailFacts | None
    ) -> Facts:
        where = self.ip_places.place(post.ip) if self.ip_places is not None and post.ip else None
        in_us = post.country == "US"
        return Facts(
            received_at=received_at,
            submitted_at=post.submitted_at,
            declared_test=post.test,
            country=post.country,
            phone=None if parsed is None else parsed.e164,
            phone_assigned=None if parsed is None else parsed.assigned or is_fictional(parsed.e164),
            email=post.email,
            email_syntax_ok=None if mail is None else mail.syntax_ok,
            email_disposable=None if mail is None else mail.disposable,
            first_name=post.first_name,
            last_name=post.last_name,
            address=post.address,
            city=post.city,
            texts=_texts(post.attributes),
            state=upper(post.state) if in_us else None,
            postal_code=post.postal_code if in_us else None,
            postal_states=self.numbering.states_of_postal_code(post.postal_code or "") if in_us else frozenset(),
            area_states=frozenset() if parsed is None else self.numbering.states_of_area_code(parsed.e164),
            ip=post.ip,
            ip_state=None if where is None else where.state,
            ip_country=None if where is None else where.country,
            page_url=post.consent.url,
            user_agent=post.user_agent,
            seconds_on_form=post.seconds_on_form,
            honeypot=post.honeypot,
        )


def with_answers(facts: Facts, **found: object) -> Facts:
    """The facts with what providers and counts added."""
    return replace(facts, **found)  # type: ignore[arg-type]


def upper(text: str | None) -> str | None:
    """A stated state by its letters, as the tables know it, also where its name was written out."""
    return state_code(text) if text else None


def taken_state(source: Source, stated: str | None, candidates: tuple[Candidate, ...]) -> str | None:
    """The state by which a source takes or refuses: the stated one, else one that postal or area code suggest."""
    if stated:
        return stated
    by_zip = {c.state for c in candidates if c.origin == "postal_code" and c.state}
    likely = sorted(by_zip or {c.state for c in candidates if c.state})
    wanted = source.accept.criteria.states or frozenset()
    return next((state for state in likely if state in wanted), likely[0] if likely else None)


def _texts(attributes: Mapping[str, object]) -> dict[str, str]:
    return {f"attributes.{name}": value for name, value in attributes.items() if isinstance(value, str)}
