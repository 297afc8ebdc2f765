"""What is written: templates with a lead's fields, and the address that ends mails."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest
from domain_samples import campaign
from hypothesis import given
from hypothesis import strategies as st

from speedtolead.service.messages.wording import Unwritable, Wording, filled, unknown_fields

WORDS = Wording("https://acme.example/", b"k" * 32)


@dataclass
class Lead:
    first_name: str | None = "Ada"
    last_name: str | None = None
    city: str | None = None
    region: str | None = "NY"
    postal_code: str | None = None
    attributes: dict[str, object] = field(default_factory=lambda: {"age": 41})
    source_name: str = "form"


@pytest.mark.parametrize(
    ("template", "written"),
    [
        ("Hi {{ lead.first_name }}, Acme here.", "Hi Ada, Acme here."),
        ("Hi {{ lead.last_name }}, Acme here.", "Hi, Acme here."),
        ("Hi {{ lead.last_name | default('there') }}!", "Hi there!"),
        ("Hi {{ lead.last_name or 'there' }}!", "Hi there!"),
        ("{% if lead.city %}In {{ lead.city }}?{% endif %} Reply STOP.", "Reply STOP."),
        ("{{ lead.attributes.age }} and {{ lead.attributes.income }}.", "41 and."),
        ("{{ source.name }} {{ lead.state }}", "form NY"),
        ("One\n\nTwo  {{ lead.city }} three", "One\n\nTwo three"),
    ],
)
def test_a_field_that_is_missing_is_left_out(template: str, written: str) -> None:
    assert filled(template, Lead(), campaign()) == written


@given(st.text(max_size=80))
def test_what_a_lead_says_is_never_a_template(name: str) -> None:
    said = filled("{{ lead.first_name }}", Lead(first_name=name + "{{ 7 * 7 }}{% raw %}"), campaign())
    assert "{{ 7 * 7 }}" in said
    assert not any(ord(c) < 32 and c not in "\n\t" for c in said)


def test_a_template_that_fails_is_said_so() -> None:
    with pytest.raises(Unwritable, match="the template failed"):
        filled("{{ lead.attributes.age | truncate('x') }}", Lead(), campaign())


@pytest.mark.parametrize(
    ("template", "unknown"),
    [
        ("{{ lead.first_name }} {{ lead.attributes.any }} {{ campaign.seller }}", []),
        ("{{ lead.attributes['loan amount'] }}", []),
        ("{{ first_name }}", ["first_name"]),
        ("{{ lead.firstname }} {{ lead }}", ["lead", "lead.firstname"]),
        ("{% if lead.agent.name %}x{% endif %}", ["lead.agent.name"]),
        ("{{ lead.first_name.upper }}", ["lead.first_name.upper"]),
        ("{{ lead.attributes }}", ["lead.attributes"]),
    ],
)
def test_fields_that_no_lead_has_are_found(template: str, unknown: list[str]) -> None:
    assert unknown_fields(template) == unknown


def test_the_address_that_ends_mails_names_its_message_and_cannot_be_made_up() -> None:
    message_id = uuid4()
    address = WORDS.unsubscribe_address(message_id)
    token = address.removeprefix("https://acme.example/unsubscribe/")
    assert WORDS.links.id_of(token) == message_id
    assert Wording("https://acme.example", b"x" * 32).links.id_of(token) is None


@given(st.text(max_size=60) | st.uuids().map(lambda u: WORDS.links.token(u)[:-2] + "AA"))
def test_any_other_address_is_nobodys(token: str) -> None:
    found = WORDS.links.id_of(token)
    assert found is None or WORDS.links.token(found) == token.rstrip("=")
    assert not isinstance(found, UUID) or WORDS.links.id_of(WORDS.links.token(found)) == found
