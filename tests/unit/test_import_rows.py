"""Files of leads: every encoding, delimiter and broken row, the way to our fields, and the times of calls."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speedtolead.domain.mapping import Mapping, parse_mapping
from speedtolead.service.imports import table as reading
from speedtolead.service.imports.columns import WrongImport, mapping_of, own_names, post_of
from speedtolead.service.imports.pace import FASTEST, SLOWEST, Pace
from speedtolead.service.imports.refusals import write_refusals
from speedtolead.service.imports.table import FileError, Row, Table, read_table
from speedtolead.service.intake.fields import FieldErrors

NINE = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)


def table_of(folder: Path, data: str | bytes, name: str = "leads.csv") -> Table:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_table(path)


def rows_of(folder: Path, data: str | bytes) -> list[Row]:
    table = table_of(folder, data)
    rows = list(table.rows())
    assert len(rows) == table.total
    return rows


def codes(rows: list[Row]) -> list[str]:
    return [row.problem.code if row.problem else "" for row in rows]


# ---- encodings and delimiters ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        "phone,name\n2125550142,José\n".encode(),
        "phone,name\n2125550142,José\n".encode("utf-8-sig"),
        "phone,name\r\n2125550142,José\r\n".encode("cp1252"),
        "phone,name\r2125550142,José".encode("cp1252"),
        "\n\nphone,name\n2125550142,José".encode(),
    ],
)
def test_utf_8_with_or_without_a_mark_and_windows_1252_are_read(tmp_path: Path, data: bytes) -> None:
    (row,) = rows_of(tmp_path, data)
    assert row.fields == {"phone": "2125550142", "name": "José"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    lines = [("phone", "name", "note"), ("2125550142", "Ada", "a, b; c"), ("2125550143", "Bob", "x | y, z")]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(lines)
    assert [tuple(row.fields.values()) for row in rows_of(tmp_path, text.getvalue())] == lines[1:]


def test_the_delimiter_of_the_rows_counts_and_not_what_is_most_often_in_the_header(tmp_path: Path) -> None:
    table = table_of(tmp_path, "first, middle, last;phone\nAda;2125550142\nBob;2125550143\n")
    assert table.delimiter == ";"
    assert table.columns == ("first, middle, last", "phone")


def test_a_file_of_one_column_is_read(tmp_path: Path) -> None:
    assert [row.fields for row in rows_of(tmp_path, "phone\n2125550142\n")] == [{"phone": "2125550142"}]


def test_quotes_hold_delimiters_quotes_and_new_lines_and_may_follow_a_blank(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, 'phone,note\n2125550142, "one, ""two""\nthree"\n2125550143,x\n')
    assert rows[0].fields["note"] == 'one, "two"\nthree'
    assert [row.line for row in rows] == [2, 4]


def test_names_of_columns_are_trimmed_and_numbered_where_they_come_twice_or_are_missing(tmp_path: Path) -> None:
    table = table_of(tmp_path, " phone ,note,,note\n1,2,3,4\n")
    assert table.columns == ("phone", "note", "column 3", "note (2)")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no header row"),
        (b"\n \n,,\n", "no header row"),
        ("phone,name\n".encode("utf-16"), "UTF-16"),
        (b"pho\x00ne,name\n1,2\n", "no plain text"),
        (b",".join(b"c%d" % n for n in range(1001)), "1,001 columns"),
    ],
)
def test_a_file_without_rows_to_read_is_named_in_one_line(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(FileError, match=words) as refused:
        table_of(tmp_path, data)
    assert str(tmp_path / "leads.csv") in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_or_too_large_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileError, match="No such file"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(FileError, match="directory"):
        read_table(tmp_path)
    monkeypatch.setattr(reading, "MOST_BYTES", 10)
    with pytest.raises(FileError, match="larger than"):
        table_of(tmp_path, "phone\n2125550142\n")


# ---- rows ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "code", "words"),
    [
        (b"", "empty_row", "nothing"),
        (b"  ", "empty_row", "nothing"),
        (b", ,", "empty_row", "nothing"),
        (b"1", "ragged_row", "1 field where the header has 3"),
        (b"1,2,3,4", "ragged_row", "4 fields where the header has 3"),
        (b"1,a\x00b,3", "nul_character", "b: a NUL"),
        (b"1," + b"x" * (64 * 1024 + 1) + b",3", "field_too_long", "b: longer than 64 KiB"),
        (b"1," + b"x" * 200_000 + b",3", "field_too_long", "longer than 64 KiB"),
        (b'1,"' + b"x\n" * 40_000 + b'",3', "field_too_long", "b: longer than 64 KiB"),
        (b'1,"' + b"x\n" * 70_000 + b'",3', "open_quote", "a quote is open until line"),
    ],
)
def test_a_row_that_cannot_be_read_says_why_and_costs_no_other(
    tmp_path: Path, row: bytes, code: str, words: str
) -> None:
    rows = rows_of(tmp_path, b"a,b,c\n1,2,3\n" + row + b"\n4,5,6\n")
    assert rows[0].fields == {"a": "1", "b": "2", "c": "3"}
    assert rows[-1].fields == {"a": "4", "b": "5", "c": "6"}
    broken = rows[1]
    assert broken.problem is not None
    assert (broken.line, broken.problem.code, broken.fields) == (3, code, {})
    assert words in broken.problem.words


def test_a_field_of_64_kib_is_read(tmp_path: Path) -> None:
    assert codes(rows_of(tmp_path, "a,b\n1," + "x" * 64 * 1024 + "\n")) == [""]


def test_a_row_of_many_long_fields_is_too_long(tmp_path: Path) -> None:
    long = ",".join(["x" * 60_000] * 5)
    assert codes(rows_of(tmp_path, f"a,b,c,d,e\n{long}\n1,2,3,4,5\n")) == ["row_too_long", ""]


@pytest.mark.parametrize(
    "broken",
    ['2,"b', '"2,b', '2,"b"', '2,b "c', '"2",b"', '"2,"b"'],
)
def test_a_quote_too_many_costs_its_own_row_at_most(tmp_path: Path, broken: str) -> None:
    for after in ("", "\n", '\n7,"x\ny"\n'):
        rows = rows_of(tmp_path, f'a,b\n1,"two\nlines"\n{broken}\n3,c\n"4","d ""e"""\n5,f{after}')
        found = [(row.line, row.fields.get("a")) for row in rows]
        assert (found[0], found[1][0]) == ((2, "1"), 4)
        assert found[2:5] == [(5, "3"), (6, "4"), (7, "5")]
        problem = rows[1].problem
        assert problem is None or problem.code in {"open_quote", "ragged_row"}


def test_a_quote_that_swallows_rows_says_until_where(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, 'a,b\n1,2\n3,"4\n5,6\n7,8\n')
    assert codes(rows) == ["", "open_quote", "", ""]
    assert rows[1].cells == ("3", "4")
    assert rows[1].problem is not None
    assert rows[1].problem.words.startswith("a quote is open until line 5")


def test_bytes_that_are_no_text_break_only_their_row(tmp_path: Path) -> None:
    marked = rows_of(tmp_path, b"\xef\xbb\xbfphone,name\n1,Jos\xc3\xa9\n2,Jos\xe9\n3,x\n")
    assert codes(marked) == ["", "not_text", ""]
    assert marked[0].fields["name"] == "José"
    windows = rows_of(tmp_path, b"phone,name\n1,Jos\xe9\n2,\x81\n")
    assert codes(windows) == ["", "not_text"]


@given(st.binary(max_size=600))
def test_no_bytes_make_reading_fail(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(data)
    try:
        table = read_table(path)
    except FileError:
        return
    rows = list(table.rows())
    assert len(rows) == table.total
    assert len({row.line for row in rows}) == len(rows)
    for row in rows:
        assert (row.problem is None) == bool(row.fields)
    write_refusals(path.with_suffix(".out"), table, {row.line: ("x", "y") for row in rows})


# ---- to our fields ---------------------------------------------------------------------------------------------


def mapped(table: Table, **more: object) -> Mapping:
    given: dict[str, object] = {"said": None, "pairs": (), "of_source": None} | more
    return mapping_of(table, **given)  # type: ignore[arg-type]


def test_our_own_names_are_known_in_any_case_with_blanks_and_dashes() -> None:
    columns = ["PHONE", "First Name", "last-name", "Postal  Code", "Consent Channels", "consent.text",
               "Attributes.Vehicle Year", "consent", "Phone", "Colour"]  # fmt: skip
    assert own_names(columns) == {
        "phone": "PHONE",
        "first_name": "First Name",
        "last_name": "last-name",
        "postal_code": "Postal  Code",
        "consent.channels": "Consent Channels",
        "consent.text": "consent.text",
        "attributes.Vehicle Year": "Attributes.Vehicle Year",
    }


def test_a_row_becomes_a_post_with_its_key_and_itself_as_the_raw_body(tmp_path: Path) -> None:
    table = table_of(
        tmp_path,
        'Phone;Email;Consent channels;Test;Cost;attributes.car\n2125550142;A@B.example;"Call, sms";;;"a;b"\n',
    )
    post = post_of(table, next(table.rows()), mapped(table))
    assert (post.phone, post.email, post.consent.channels) == ("2125550142", "a@b.example", ("call", "sms"))
    assert (post.test, post.cost, post.attributes, post.via) == (False, None, {"car": "a;b"}, "import")
    assert post.raw_type == "text/csv"
    header, row = csv.reader(post.raw_body.decode().splitlines())
    assert dict(zip(header, row, strict=True)) == next(table.rows()).fields
    assert post.idempotency_key == f"import:{table.sha256.hex()[:32]}:2"


def test_pairs_name_columns_and_our_own_names_do_for_the_others(tmp_path: Path) -> None:
    table = table_of(tmp_path, 'Handy,first name,"Auto, Marke",email\n2125550142,Ada,VW,a@b.example\n')
    mapping = mapped(table, pairs=["phone=handy", "attributes.vehicle=Auto, Marke", "last_name=email"])
    post = post_of(table, next(table.rows()), mapping)
    assert (post.phone, post.first_name, post.attributes) == ("2125550142", "Ada", {"vehicle": "VW"})
    assert (post.last_name, post.email) == ("a@b.example", None)


def test_a_mapping_that_is_said_goes_before_pairs_and_these_before_the_sources(tmp_path: Path) -> None:
    table = table_of(tmp_path, "a,b,c\n2125550141,2125550142,2125550143\n")
    said = parse_mapping({"fields": {"phone": "a"}})
    of_source = parse_mapping({"fields": {"phone": "c", "city": "b"}})
    row = next(table.rows())

    def phone(mapping: Mapping) -> tuple[str, str | None]:
        post = post_of(table, row, mapping)
        return post.phone, post.city

    every = {"said": said, "pairs": ["phone=b", "city=c"], "of_source": of_source}
    assert phone(mapped(table, **every)) == ("2125550141", "2125550143")
    assert phone(mapped(table, pairs=["phone=b"], of_source=of_source)) == ("2125550142", None)
    assert phone(mapped(table, of_source=of_source)) == ("2125550143", "2125550142")


def test_a_mapping_that_keeps_our_own_names_is_given_no_blank_cells(tmp_path: Path) -> None:
    table = table_of(tmp_path, "phone,test,seconds_on_form,country,other\n2125550142,,,,\n")
    of_source = parse_mapping({"fields": {"city": {"const": "Rome"}}, "own": "keep", "rest": "attributes"})
    post = post_of(table, next(table.rows()), mapped(table, of_source=of_source))
    assert (post.test, post.seconds_on_form, post.country, post.attributes) == (False, None, "US", {})


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"pairs": ["phone"]}, "--column phone: expected our field and the column"),
        ({"pairs": ["=x"]}, "expected our field and the column"),
        ({"pairs": ["phone=Fax"]}, 'there is no column "Fax"; there are: Mobile, Name, name'),
        ({"pairs": ["first_name=NAME"]}, 'there is no column "NAME"'),
        ({"pairs": ["fone=Mobile"]}, "--column fone: a lead has no such field"),
        ({"pairs": ["attributes.a.b=Mobile"]}, "--column attributes.a.b: the name of an attribute"),
        ({"pairs": ["phone=Mobile", "phone=Name"]}, "said twice"),
        ({}, "no column gives the phone; say --column"),
        ({"said": parse_mapping({"fields": {"phone": "tel"}})}, "the mapping looks for tel"),
        ({"of_source": parse_mapping({"fields": {"phone": "a.b"}})}, "the mapping looks for a.b"),
    ],
)
def test_a_mapping_that_does_not_fit_the_file_is_a_mistake_in_one_line(
    tmp_path: Path, more: dict[str, object], words: str
) -> None:
    table = table_of(tmp_path, "Mobile,Name,name\n1,2,3\n")
    with pytest.raises(WrongImport) as refused:
        mapped(table, **more)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_row_without_a_phone_is_unreadable_with_the_field(tmp_path: Path) -> None:
    table = table_of(tmp_path, "phone,cost\n,1\n2125550142,much\n")
    mapping, found = mapped(table), []
    for row in table.rows():
        with pytest.raises(FieldErrors) as refused:
            post_of(table, row, mapping)
        found.append((refused.value.code, refused.value.errors[0].field))
    assert found == [("invalid_phone", "phone"), ("invalid_field", "cost")]


# ---- rows that were not taken ----------------------------------------------------------------------------------


def test_the_file_of_refusals_has_the_rows_as_they_were_with_line_code_and_reason(tmp_path: Path) -> None:
    table = table_of(tmp_path, 'phone;name\n1;"a;b\nc"\n2;x\n3\n4;5;6\n')
    out = tmp_path / "out.csv"
    write_refusals(out, table, {2: ("no", "said, no"), 5: ("ragged_row", "r"), 6: ("ragged_row", "s")})
    with out.open(newline="") as file:
        assert list(csv.reader(file)) == [
            ["phone", "name", "line", "code", "reason"],
            ["1", "a;b\nc", "2", "no", "said, no"],
            ["3", "", "5", "ragged_row", "r"],
            ["4", "5", "6", "ragged_row", "s"],
        ]
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []
    again = read_table(out)
    write_refusals(out, again, {2: ("still", "no")})
    assert out.read_text().splitlines() == ["phone,name,line,code,reason", '1,"a;b', 'c",2,still,no']


# ---- the times of calls ----------------------------------------------------------------------------------------


def at_once(at: datetime) -> datetime:
    return at


def by_day(at: datetime) -> datetime:
    """Nine to seventeen, UTC."""
    opening = at.replace(hour=9, minute=0, second=0, microsecond=0)
    if at.hour >= 17:
        return opening + timedelta(days=1)
    return max(at, opening)


@pytest.mark.parametrize("per_minute", [30.0, 7.0, 0.5, 11.0, FASTEST])
def test_ten_thousand_leads_are_called_one_after_another(per_minute: float) -> None:
    pace, step = Pace(NINE, per_minute), timedelta(seconds=60 / per_minute)
    planned = []
    for _ in range(10_000):
        planned.append(pace.plan(NINE, "all", at_once))
        pace.use(planned[-1])
    assert planned[0] == NINE
    apart = [b - a for a, b in pairwise(planned)]
    assert min(apart) >= step
    assert max(apart) - step <= timedelta(microseconds=1)


def test_ten_thousand_leads_are_called_one_after_another_through_every_night() -> None:
    pace, step = Pace(NINE, 10), timedelta(seconds=6)
    planned = []
    for _ in range(10_000):
        at = pace.plan(NINE, "all", by_day)
        assert by_day(at) == at
        planned.append(at)
        pace.use(at)
    assert planned == sorted(planned)
    assert min(b - a for a, b in pairwise(planned)) >= step
    assert planned[-1] - planned[0] < timedelta(days=3)  # 4,800 a day


def test_a_lead_that_may_not_be_called_yet_leaves_its_moment_to_the_next_that_may() -> None:
    evening = NINE.replace(hour=20)
    pace = Pace(evening, 60)
    first = pace.plan(evening, "asleep", by_day)
    pace.use(first)
    assert first == evening.replace(hour=9) + timedelta(days=1)
    for seconds in range(3):
        at = pace.plan(evening, "awake", at_once)
        assert at == evening + timedelta(seconds=seconds)
        pace.use(at)


def test_the_moment_of_a_lead_that_was_refused_goes_to_the_next() -> None:
    pace = Pace(NINE, 30)
    assert pace.plan(NINE, "all", at_once) == pace.plan(NINE, "all", at_once) == NINE


def test_moments_that_have_passed_are_not_used() -> None:
    pace = Pace(NINE, 30)
    late = NINE + timedelta(seconds=61)
    assert pace.plan(late, "all", at_once) == pace.next_free(late) == NINE + timedelta(seconds=62)


@given(
    st.floats(SLOWEST, FASTEST),
    st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 7200)), max_size=60),
)
def test_what_was_planned_is_apart_whatever_comes_when(
    per_minute: float, leads: list[tuple[bool, bool, int]]
) -> None:
    """Also when it is gone on with: used moments are found again from what was told in milliseconds."""
    pace, now, used = Pace(NINE, per_minute), NINE, list[datetime]()
    for asleep, taken, later in leads:
        now += timedelta(seconds=later)
        at = pace.plan(now, asleep, by_day if asleep else at_once)
        assert at >= now
        if taken:
            pace.use(at)
            used.append(at)
    used.sort()
    step = timedelta(seconds=60 / per_minute)
    for a, b in pairwise(used):
        assert b - a >= step - timedelta(microseconds=1)
    again = Pace(NINE, per_minute)
    for at in used:
        again.use(at.replace(microsecond=at.microsecond // 1000 * 1000))
    assert again.plan(now, False, at_once) not in used
