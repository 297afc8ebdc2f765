"""The mapping language: from any vendor's field names to ours.

Owns: what a source's mapping may say, its checks, and its use on a posted value.
Must not know: HTTP, the database, or what makes a lead acceptable; the API's own reader judges what comes out.
A mapping with mistakes is refused whole, each mistake with its place. A posted value never fails: what cannot be
used is left out, and the trace says why.

Modules, each using only those before it: ``path`` (naming a posted value), ``posted`` (finding it),
``conversion`` (``as``), ``rule`` (one field), ``target`` (our fields), ``mapped`` (all rules together),
``document`` (reading and writing a mapping).

In short::

    fields:
      phone: phone_number                        # a path; short for {from: phone_number}
      email: {from: [email, contact.email]}      # the first that holds something
      first_name: {from: name, part: first}      # or last: all but the first word
      state: {from: st, map: {"New York": NY, "*": NJ}}   # "*": anything else; or otherwise: keep | drop
      submitted_at: {from: at, as: date, format: "%m/%d/%Y %H:%M", zone: America/New_York}
      postal_code: {from: "answers[field.ref=zip].text", default: "10001"}   # when nothing is posted there
      consent.text: {const: "I agree to be called."}
      attributes.car: {template: "{{ car.year }} {{ car.make }}"}            # plain substitution, not Jinja
    own: keep            # fields that bear our names and have no rule: as they are; or drop, the default
    rest: attributes     # what no rule used is kept under attributes; or drop, the default

A rule works in this order: find (``from``, ``const`` or ``template``), ``part``, ``map``, ``as``. Each of these
is done to every element of a list.
"""

from speedtolead.domain.mapping.document import IDENTITY, MappingError, parse_mapping, to_document
from speedtolead.domain.mapping.mapped import Mapped, Mapping
from speedtolead.domain.mapping.rule import Traced
from speedtolead.domain.mapping.target import TARGETS

__all__ = ["IDENTITY", "TARGETS", "Mapped", "Mapping", "MappingError", "Traced", "parse_mapping", "to_document"]
