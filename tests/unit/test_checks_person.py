"""Names and addresses that people have, and what fingers and broken forms make instead."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from speedtolead.domain.checks import Facts, Policy, Reason, Verdict, person

ACCEPT, PENALTY, NOTHING = Verdict.ACCEPT, Verdict.PENALTY, Verdict.NOT_APPLICABLE

REAL_NAMES = (
    """
Ng|Bjørk|O'Brien|O’Brien|Nguyễn|Krzysztof|Mbappé|Schwarzschild|Xzavier|José María|李|Wójcik|D'Angelo|Jean-Luc
Szczepański|Brzęczyszczykiewicz|Chrząszcz|Pszczółkowski|Źdźbło|Mkrtchyan|Mkrtchian|Mgrdichian|Tskhvediani|Mstislav
Khrushchev|Chruschtschow|Schtschukin|Hirschsprung|Knightsbridge|Goldschmidt|Wirtschafter|Lichtschlag|Herbstritt
Ernstberger|Ernstbrunner|Engström|Lindqvist|Ødegaard|Þórbjörg|Hlynsson|Hrvoje|Krk|Vlk|Smrž|Llwyd|Glynn|Rhys|Gwynn
Schmidt|Strauß|Schwertner|Wertheim|Liberty|Ffrench|Ng'ang'a|Nkrumah|Ngcobo|Mngqithi|Mngxitama|Ntshangase|Nhlanhla
Tshwete|Nqobile|Keihanaikukauakahihuliheekahaunaele|Wolfeschlegelsteinhausenbergerdorff|Phương|Đặng|Ðorđe|Łukasz
Çağlar|Yıldız|İbrahim|Æsa|Œuvrard|Zoë|Renée|Muñoz|de la Cruz|van der Berg|von und zu|Mac Giolla Phádraig|St. John
Henry III|Louis XVIII|Smith Jr.|Harrington 3rd|J|J.P.|T'Challa|Null|Test|Tester|Doe|Sample|Foo|Bar|Na|Do|Lee-Anne
Wm|Mohd|Dwyght|Jzlyn|Kyng|Flynn|Byrd|Lynch|Wright|Tchaikovsky|Dvořák|Shchedrin|Przybylski|Szymborska|Zbigniew
محمد|נח|Дмитрий|Щукин|ნინო|Ἀλέξανδρος|Αλέξης|कृष्ण|สมชาย|ขวัญ|田中|さくら|김|한울|Հայկ|முருகன்|ትርሓስ|Юлия-Анна|João & Ana
Aaron|Lasdun|Lindsay|Lloyd|Aaliyah|Isaac|Hannah|Emmett|Mississippi|Assad|As'ad|Ee|Oo|Yy|Uwu|Ojijo|Kwok
Hsu|Tsz Kwan|Jyrki|Ylva
""".replace("\n", "|")
    .strip("|")
    .split("|")
)


def lead(**known: Any) -> Facts:
    return Facts(received_at=datetime(2026, 6, 10, 16, tzinfo=UTC), **known)


def test_the_table_of_real_names_is_a_long_one() -> None:
    assert len(set(REAL_NAMES)) == len(REAL_NAMES) >= 60


@pytest.mark.parametrize("name", REAL_NAMES)
def test_a_real_name_is_a_name_in_any_case_and_either_field(name: str) -> None:
    for written in (name, name.upper(), name.lower()):
        assert person.names(lead(first_name=written), Policy()).verdict is ACCEPT
        assert person.names(lead(last_name=written), Policy()).verdict is ACCEPT


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("12345", "no_letters"),
        ("---", "no_letters"),
        ("😀", "no_letters"),
        ("7", "no_letters"),
        ("ann1987", "digits"),
        ("ann@mail.com", "web_or_email"),
        ("www.cheap-loans", "web_or_email"),
        ("http://x.y", "web_or_email"),
        ("cheap-loans.com", "web_or_email"),
        ("Visit winner.xyz now", "web_or_email"),
        ("{{first_name}}", "placeholder"),
        ("[NAME]", "placeholder"),
        ("%FNAME%", "placeholder"),
        ("<b>Ann</b>", "placeholder"),
        ("undefined", "not_filled_in"),
        ("N/A", "not_filled_in"),
        ("Unknown", "not_filled_in"),
        ("ann198", "digits"),
        ("asdf", "keyboard"),
        ("tyuio", "keyboard"),
        ("Asdfgh", "keyboard"),
        ("qwerty", "keyboard"),
        ("poiuyt", "keyboard"),
        ("hjkl", "keyboard"),
        ("lkjh", "keyboard"),
        ("zxcv", "keyboard"),
        ("bcdfg", "keyboard"),
        ("sdkjf", "keyboard"),
        ("fdkgjhaks", "keyboard"),
        ("aslkdjf", "keyboard"),
        ("ＡＳＤＦ", "keyboard"),
        ("xxx", "keyboard"),
        ("aaaa", "keyboard"),
        ("Annnnn", "keyboard"),
        ("Ann sdkjf", "keyboard"),
        ("x" + "ab" * 40, "too_long"),
        ("ab" * 40, None),
        ("ann87", None),
        ("", None),
        ("  ", None),
    ],
)
def test_what_is_hardly_a_name_in_any_language(name: str, fault: str | None) -> None:
    assert person.name_fault(name) == fault


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [("12345", "Lee", "first_name"), ("Ann", "asdf", "last_name"), (None, "<b>", "last_name")],
)
def test_a_bad_name_costs_points_and_names_its_field(first: str | None, last: str, field: str) -> None:
    finding = person.names(lead(first_name=first, last_name=last), Policy())
    assert (finding.verdict, finding.reason, finding.points) == (PENALTY, Reason.BAD_NAME, 15)
    assert finding.field == field
    assert list(finding.inputs["faults"]) == [field]  # type: ignore[call-overload]


@pytest.mark.parametrize(("first", "last"), [(None, None), ("", "  ")])
def test_without_names_there_is_nothing_to_object_to(first: str | None, last: str | None) -> None:
    known = lead(first_name=first, last_name=last)
    assert person.names(known, Policy()).verdict is NOTHING
    assert person.same_names(known, Policy()).verdict is NOTHING


@pytest.mark.parametrize(
    ("first", "last", "verdict", "points"),
    [
        ("Ali", "Ali", PENALTY, 3),
        ("JAMES", " james ", PENALTY, 3),
        ("Ann", "Lee", ACCEPT, 0),
        ("Ann", "Anne", ACCEPT, 0),
        ("Ann", None, NOTHING, 0),
        (None, "Lee", NOTHING, 0),
        ("-", "-", NOTHING, 0),
    ],
)
def test_the_same_name_twice_costs_little(
    first: str | None, last: str | None, verdict: Verdict, points: int
) -> None:
    finding = person.same_names(lead(first_name=first, last_name=last), Policy())
    assert (finding.verdict, finding.points) == (verdict, points)
    assert finding.reason == (Reason.BAD_NAME if points else "")


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        ("1 Main St", None),
        ("1 Rd", None),
        ("ab" * 100, None),
        ("ab" * 100 + "c", "too_long"),
        ("PO Box 12", None),
        ("91-1841 Fort Weaver Rd", None),
        ("N6W23001 Bluemound Rd # 4", None),
        ("12 SSW Blvd Trlr 3", None),
        ("Rural Route 2", None),
        ("¼ Mile Rd", None),
        ("12345", "no_letters"),
        ("#######", "no_letters"),
        ("abc", "not_filled_in"),
        ("x 1", "too_short"),
        ("asdf", "not_filled_in"),
        ("test", "not_filled_in"),
        ("unknown", "not_filled_in"),
        ("xxxxxx", "keyboard"),
        ("{{address}}", "placeholder"),
        ("https://spam.example", "web_or_email"),
        ("ann@mail.com", "web_or_email"),
        ("a " * 200, "too_long"),
    ],
)
def test_an_address_is_judged_mildly(address: str, fault: str | None) -> None:
    finding = person.address(lead(address=address), Policy())
    wanted = (ACCEPT, "", 0) if fault is None else (PENALTY, Reason.BAD_ADDRESS, 10)
    assert (finding.verdict, finding.reason, finding.points) == wanted
    assert (finding.field, finding.inputs["fault"]) == ("address", fault)


@pytest.mark.parametrize(
    ("city", "fault"),
    [
        ("Tampa", None),
        ("O'Fallon", None),
        ("Sample", None),
        ("Why", None),
        ("Y", None),
        ("Aa", None),
        ("\u200b", "no_letters"),
        ("Winston-Salem", None),
        ("33601", "no_letters"),
        ("aaa", "keyboard"),
        ("N/A", "not_filled_in"),
        ("www.spam.com", "web_or_email"),
        ("[CITY]", "placeholder"),
    ],
)
def test_a_city_is_judged_mildly(city: str, fault: str | None) -> None:
    finding = person.city(lead(city=city), Policy())
    wanted = (ACCEPT, "", 0) if fault is None else (PENALTY, Reason.BAD_ADDRESS, 10)
    assert (finding.verdict, finding.reason, finding.points) == wanted
    assert (finding.field, finding.inputs["fault"]) == ("city", fault)


@pytest.mark.parametrize("given", [None, "", "  "])
def test_without_an_address_there_is_nothing_to_object_to(given: str | None) -> None:
    assert person.address(lead(address=given), Policy()).verdict is NOTHING
    assert person.city(lead(city=given), Policy()).verdict is NOTHING
