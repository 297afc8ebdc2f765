"""From the columns of a file to our fields.

Owns: which mapping is used, and how columns that bear our own names are known. Must not know: files, or what makes
a lead acceptable. A mapping that cannot fit the file raises ``WrongImport``, in one line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from speedtolead.domain.errors import SpeedToLeadError
from speedtolead.domain.mapping import TARGETS, Mapping, MappingError, parse_mapping
from speedtolead.domain.mapping.path import written
from speedtolead.domain.mapping.target import target_problem
from speedtolead.service.imports.table import Row, Table
from speedtolead.service.intake import fields
from speedtolead.service.intake.post import LeadPost

_BETWEEN = re.compile(r"[\s\-_.]+")
_WHOLE = frozenset({"consent", "attributes"})
"""Objects: no cell of a file is one."""
_ATTRIBUTE = re.compile(r"attributes\s*\.\s*(.+)", re.IGNORECASE)


class WrongImport(SpeedToLeadError):
    """The import cannot be begun as it was asked for; the words say in one line what is wrong."""

    code = "import"


def _folded(name: str) -> str:
    return _BETWEEN.sub("_", name.strip()).casefold()


_OWN = {_folded(target): target for target in TARGETS - _WHOLE}


def own_names(columns: Sequence[str]) -> dict[str, str]:
    """Our fields, each with the first column that bears its name: in any case, blanks and dashes as underscores."""
    found: dict[str, str] = {}
    for column in columns:
        attribute = _ATTRIBUTE.fullmatch(column)
        target = f"attributes.{attribute[1]}" if attribute else _OWN.get(_folded(column))
        if target is not None and target_problem(target) is None:
            found.setdefault(target, column)
    return found


def named_columns(pairs: Sequence[str], columns: Sequence[str]) -> dict[str, str]:
    """Our fields, each with the column that a pair like ``phone=Mobile number`` names. Raises WrongImport."""
    found: dict[str, str] = {}
    for pair in pairs:
        target, equals, wanted = (part.strip() for part in pair.partition("="))
        if not (target and equals and wanted):
            raise WrongImport(f'--column {pair}: expected our field and the column, like phone="Mobile number"')
        if words := target_problem(target):
            raise WrongImport(f"--column {target}: {words}")
        if target in found:
            raise WrongImport(f"--column {target}: is said twice")
        found[target] = _column(target, wanted, columns)
    return found


def _column(target: str, wanted: str, columns: Sequence[str]) -> str:
    alike = [column for column in columns if _folded(column) == _folded(wanted)]
    if wanted in columns:
        return wanted
    if len(alike) != 1:
        raise WrongImport(f'--column {target}: there is no column "{wanted}"; there are: {_listed(columns)}')
    return alike[0]


def mapping_of(table: Table, *, said: Mapping | None, pairs: Sequence[str], of_source: Mapping | None) -> Mapping:
    """The mapping to be used: the one said, with pairs for fields that it leaves; else the pairs, and our own names
    for the other fields; else the source's; else our own names. Raises WrongImport.
    """
    named = named_columns(pairs, table.columns)
    if said is not None:
        ruled = {rule.target for rule in said.rules}
        more = _by_names({target: column for target, column in named.items() if target not in ruled})
        mapping = Mapping((*said.rules, *more.rules), said.keep_own, said.keep_rest)
    elif named or of_source is None:
        taken = set(named.values())
        own = {target: column for target, column in own_names(table.columns).items() if column not in taken}
        mapping = _by_names(own | named)
    else:
        mapping = of_source
    _check_phone(mapping, table.columns)
    return mapping


def _by_names(names: dict[str, str]) -> Mapping:
    try:
        return parse_mapping({"fields": {target: written((column,)) for target, column in names.items()}})
    except MappingError as error:
        raise WrongImport("; ".join(str(error).splitlines())) from None


def _check_phone(mapping: Mapping, columns: Sequence[str]) -> None:
    """Without a column for the phone no row could be taken: a header is missing, or has other names."""
    mapped = mapping.apply(dict.fromkeys(columns, "1"))
    used = [traced for traced in mapped.trace if traced.target == "phone"]
    if not any(traced.raw is not None or traced.result is not None for traced in used):
        looked = f" (the mapping looks for {used[0].source})" if used else ""
        raise WrongImport(
            f'no column gives the phone{looked}; say --column phone="THEIR COLUMN"; there are: {_listed(columns)}'
        )


def post_of(table: Table, row: Row, mapping: Mapping) -> LeadPost:
    """The row as a post of the intake. Raises FieldErrors."""
    return fields.read(
        _without_blanks(mapping.apply(row.fields).fields),
        raw_type="text/csv",
        raw_body=table.as_posted(row),
        via="import",
        key=key_of(table, row.line),
    )


def key_prefix(table: Table) -> str:
    return f"import:{table.sha256.hex()[:32]}:"


def key_of(table: Table, line: int) -> str:
    """The key under which a row is posted: however often it is, it is taken once."""
    return f"{key_prefix(table)}{line}"


def _without_blanks(mapped: dict[str, Any]) -> dict[str, Any]:
    """A file cannot leave a field out, so a blank cell says nothing."""
    found: dict[str, Any] = {}
    for name, value in mapped.items():
        inner = _without_blanks(value) if isinstance(value, dict) else value
        if not (isinstance(inner, str) and not inner.strip()):
            found[name] = inner
    return found


def _listed(columns: Sequence[str]) -> str:
    shown = ", ".join(columns[:40])
    return shown if len(columns) <= 40 else f"{shown} and {len(columns) - 40} more"
