"""What the agent hears: filled in, never broken, never dangerous."""

from __future__ import annotations

import subprocess
import sys

import pytest
from domain_samples import LeadSaid
from jinja2 import TemplateSyntaxError

from speedtolead.service.calling.whisper import MAX_SPOKEN, compiled, whisper

PLAIN = "New lead. Press 1 to take it."
HANG = 6.0
"""Seconds after which a template is held to hang."""


def said(template: str, lead: LeadSaid | None = None) -> str:
    return whisper(template, lead or LeadSaid(), "auto", "Acme Insurance")


def test_the_leads_words_are_filled_in() -> None:
    template = (
        "{{ lead.first_name }} {{ lead.last_name }}, {{ lead.city }} {{ lead.state }} {{ lead.postal_code }}, "
        "{{ source.name }}, {{ campaign.name }}, {{ campaign.seller }}, {{ lead.attributes.vehicle }}."
    )
    lead = LeadSaid(attributes={"vehicle": "Ford"})
    assert said(template, lead) == "Ann Lee, Tampa FL 33601, web-form, auto, Acme Insurance, Ford."


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("From {{ lead.city }}.", "From ."),
        ("{{ lead.first_name }} {{ lead.last_name }} is here", "is here"),
        ("{{ lead.nonesuch }}Hello", "Hello"),
        ("{{ lead.nonesuch.deeper.still }}Hello", "Hello"),
        ("{{ nonesuch }}Hello", "Hello"),
        ("{{ nonesuch['a'].b }}Hello", "Hello"),
        ("{{ lead.attributes.none.deeper }}Hello", "Hello"),
        ("{% if lead.attributes.none %}x{% endif %}Hello", "Hello"),
    ],
)
def test_what_the_lead_does_not_have_is_left_out(template: str, words: str) -> None:
    empty = LeadSaid(None, None, None, None, None)
    assert said(template, empty) == words


def test_a_leads_words_are_never_a_template() -> None:
    assert said("{{ lead.first_name }}", LeadSaid("{{ 7 * 7 }}")) == "{{ 7 * 7 }}"


def test_space_is_tidied_and_length_is_bounded() -> None:
    assert said(" a\n\n  {{ lead.first_name }}\t ") == "a Ann"
    assert len(said("{{ lead.first_name }}", LeadSaid("x" * 5000))) == MAX_SPOKEN


def test_what_is_no_template_is_found_when_it_is_compiled() -> None:
    with pytest.raises(TemplateSyntaxError):
        compiled("{{ lead.first_name")


@pytest.mark.parametrize(
    "template",
    [
        "{{ lead.first_name",
        "{{ lead.first_name | nonesuch }}",
        "{{ lead.first_name.nonesuch() }}",
        "{{ lead.attributes.update({'a': 1}) }}",
        "{{ 1 / 0 }}",
        "{{ lead.first_name + 1 }}",
        "{% if lead.attributes.age > 3 %}old{% endif %}",
        "{{ [1, 2] | sum(start='x') }}",
        "{% include 'other' %}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% for i in range(10**9) %}x{% endfor %}",
    ],
)
def test_a_template_that_fails_never_fails_the_dial(template: str) -> None:
    assert said(template, LeadSaid(attributes={"age": "5"})) == PLAIN


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__ }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ lead.__class__.__init__.__globals__ }}",
        "{{ lead['__class__'] }}",
        "{{ lead | attr('__class__') }}",
        "{{ '{0.__class__}'.format(1) }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ lipsum.__globals__.os }}",
        "{{ joiner.__init__.__globals__.os.environ }}",
        "{{ self.__init__.__globals__ }}",
        "{{ self._TemplateReference__context }}",
        "{{ namespace.__init__.__globals__ }}",
        "{{ range.__self__ }}",
    ],
)
def test_the_sandbox_gives_nothing_away(template: str) -> None:
    assert said(template) in {"", PLAIN}


def test_a_template_cannot_change_the_lead() -> None:
    lead = LeadSaid(attributes={"a": [1]})
    said("{{ lead.attributes.clear() }}", lead)
    said("{{ lead.attributes.a.append(2) }}", lead)
    assert lead.attributes == {"a": [1]}


@pytest.mark.parametrize(
    "template",
    [
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        "{{ 9 ** (9 ** 9) }}",
        "{{ (lead.city | length) ** (9 ** 9) }}",
    ],
    ids=["nested loops", "a large number when compiled", "a large number when rendered"],
)
def test_no_template_hangs(template: str) -> None:
    """In a process of its own, which can be ended."""
    program = (
        "import sys; from domain_samples import LeadSaid; from speedtolead.service.calling.whisper import whisper\n"
        "print(whisper(sys.argv[1], LeadSaid(), 'auto', 'Acme'))"
    )
    try:
        done = subprocess.run(
            [sys.executable, "-c", program, template],
            capture_output=True,
            check=False,
            timeout=HANG,
            env={"PYTHONPATH": ":".join(path for path in sys.path if path)},
        )
    except subprocess.TimeoutExpired:
        pytest.fail(f"still going after {HANG:.0f} s")
    assert done.returncode == 0, done.stderr.decode()[-500:]


@pytest.mark.parametrize("name", ["\ufffe", "\uffff", "\x01", "\x0b"])
def test_what_cannot_be_spoken_is_not_said(name: str) -> None:
    """Such a character makes the carrier refuse the whole document."""
    assert name not in said("Lead {{ lead.first_name }}", LeadSaid(f"Ann{name}"))
