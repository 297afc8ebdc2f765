"""Reading what was posted: strictly, and with one error for whatever cannot be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_connectors_registry import FORM, NOW, examples, posted

from speedtolead.adapters.connectors.request import (
    form_pairs,
    identifier,
    in_time,
    is_same,
    json_object,
    moment,
    nested,
    signed,
    without_secret,
)
from speedtolead.ports.connectors import Posted, Unreadable

REFUSED_JSON: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"phone=1",
    "cut short": b'{"a": 1',
    "a list": b"[]",
    "a text": b'"a"',
    "a null": b"null",
    "broken UTF-8": b'{"a": "\xff"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "a name twice": b'{"a": 1, "a": 2}',
    "a name twice, further in": b'{"a": [{"b": 1, "b": 1}]}',
    "NaN": b'{"a": NaN}',
    "infinity": b'{"a": -Infinity}',
    "more than a number": b'{"a": 1e999}',
    "digits without end": b'{"a": ' + b"9" * 5000 + b"}",
    "nested too deeply": b'{"a": ' + b"[" * 40 + b"]" * 40 + b"}",
    "nested beyond all measure": b'{"a": ' + b"[" * 100_000,
    "half a character": b'{"a": "\\ud800"}',
    "half a character in a name": b'{"\\udfff": 1}',
    "U+0000": b'{"a": ["\\u0000"]}',
}


@pytest.mark.parametrize("case", REFUSED_JSON)
def test_json_that_could_be_misread_is_refused(case: str) -> None:
    with pytest.raises(Unreadable) as why:
        json_object(REFUSED_JSON[case])
    assert why.value.code == "unreadable_body"


def test_usual_json_is_read() -> None:
    assert json_object('\ufeff{"a": [1, 2.5, "é", {"b": null}]}'.encode()) == {"a": [1, 2.5, "é", {"b": None}]}


@examples
@given(st.binary(max_size=400))
def test_any_bytes_are_json_or_unreadable(raw: bytes) -> None:
    refused_or(lambda: json_object(raw))


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@examples
@given(st.dictionaries(st.text(), VALUES, max_size=5))
def test_any_json_is_read_as_it_is_or_unreadable(value: dict[str, Any]) -> None:
    raw = json.dumps(value).encode()
    read = refused_or(lambda: json_object(raw))
    assert read is None or read == value


def refused_or(reading: Callable[[], Any]) -> Any:
    try:
        return reading()
    except Unreadable:
        return None


# ---- forms --------------------------------------------------------------------------------------------------


def multipart(*parts: bytes, boundary: str = "b0und") -> Posted:
    body = b"".join(b"--" + boundary.encode() + b"\r\n" + part + b"\r\n" for part in parts)
    body += b"--" + boundary.encode() + b"--\r\n"
    return posted(body, content_type=f"multipart/form-data; boundary={boundary}")


def text_part(name: str, value: str) -> bytes:
    return f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode()


def test_a_form_is_read_in_either_encoding() -> None:
    expected = [("phone", "303 555 0142"), ("name", "Zoë\r\nExample"), ("empty", "")]
    body = b"phone=303+555+0142&name=Zo%C3%AB%0D%0AExample&empty="
    assert form_pairs(posted(body, content_type=FORM)) == expected
    assert form_pairs(multipart(*(text_part(name, value) for name, value in expected))) == expected


def test_the_boundary_may_be_only_in_the_header() -> None:
    """Frameworks tell the type without its parameters."""
    whole = multipart(text_part("a", "1"))
    bare = Posted("POST", (), {"content-type": whole.content_type}, "multipart/form-data", whole.body)
    assert form_pairs(bare) == [("a", "1")]


def test_a_file_is_not_read() -> None:
    file = b'Content-Disposition: form-data; name="cv"; filename="cv.pdf"\r\nContent-Type: a/b\r\n\r\n\xff\x00'
    assert form_pairs(multipart(file, text_part("a", "1"))) == [("a", "1")]


REFUSED_FORMS: dict[str, Posted] = {
    "broken UTF-8": posted(b"a=%ff", content_type=FORM),
    "broken UTF-8 as it is": posted(b"a=\xff", content_type=FORM),
    "U+0000": posted(b"a=%00", content_type=FORM),
    "too many fields": posted(b"a=1&" * 501 + b"a=1", content_type=FORM),
    "another type": posted(b"a=1", content_type="text/plain"),
    "no boundary": posted(b"--b\r\n", content_type="multipart/form-data"),
    "a strange boundary": posted(b"--\xc3\xab\r\n", content_type="multipart/form-data; boundary=ë"),
    "nothing": posted(b"", content_type="multipart/form-data; boundary=b"),
    "cut short": posted(b"--b\r\n" + text_part("a", "1"), content_type="multipart/form-data; boundary=b"),
    "a field without a name": multipart(b"Content-Disposition: form-data\r\n\r\n1"),
    "a field without a head": multipart(b"1"),
    "a field in broken UTF-8": multipart(b'Content-Disposition: form-data; name="a"\r\n\r\n\xff'),
    "too many parts": multipart(*[text_part("a", "1")] * 501),
}


@pytest.mark.parametrize("case", REFUSED_FORMS)
def test_a_form_that_could_be_misread_is_refused(case: str) -> None:
    with pytest.raises(Unreadable):
        form_pairs(REFUSED_FORMS[case])


@examples
@given(st.binary(max_size=400), st.sampled_from([FORM, "multipart/form-data; boundary=b"]))
def test_any_bytes_are_a_form_or_unreadable(raw: bytes, content_type: str) -> None:
    refused_or(lambda: nested(form_pairs(posted(raw, content_type=content_type))))


@examples
@given(st.binary(max_size=400))
def test_any_bytes_between_boundaries_are_a_form_or_unreadable(raw: bytes) -> None:
    refused_or(
        lambda: form_pairs(posted(b"--b\r\n" + raw + b"\r\n--b--", content_type="multipart/form-data; boundary=b"))
    )


def test_names_of_a_form_may_be_nested_and_repeated() -> None:
    pairs = [("consent[text]", "I agree"), ("consent.ip", "203.0.113.1"), ("a", "1"), ("a", "2"), ("a[]", "3")]
    assert nested(pairs) == {"consent": {"text": "I agree", "ip": "203.0.113.1"}, "a": ["1", "2", "3"]}
    for clash in ([("a", "1"), ("a.b", "2")], [("a.b", "2"), ("a", "1")]):
        with pytest.raises(Unreadable) as why:
            nested(clash)
        assert why.value.field == "a"


# ---- secrets and values -------------------------------------------------------------------------------------


def test_only_the_same_text_is_the_same() -> None:
    assert is_same("é" * 20, "é" * 20)
    for given_ in ("", "x", "é" * 19, None, 1, b"x", "\udcff"):
        assert not is_same(given_, "é" * 20)
    assert not is_same("", "")


def test_a_signature_is_an_hmac() -> None:
    """RFC 4231, test case 2."""
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert signed("Jefe", b"what do ya want for nothing?").hex() == expected


@pytest.mark.parametrize(("seconds", "usable"), [(0, True), (-300, True), (300, True), (-301, False), (301, False)])
def test_a_timestamp_is_good_for_five_minutes(seconds: int, usable: bool) -> None:
    assert in_time(str(int(NOW.timestamp()) + seconds), NOW, 300) is usable


@pytest.mark.parametrize("text", ["", "now", "-1", "1.5", "²", "٣", "9" * 13, "9" * 5000])
def test_what_is_no_timestamp_is_not_in_time(text: str) -> None:
    assert not in_time(text, NOW, 300)


def test_the_key_is_taken_out_of_the_evidence() -> None:
    assert without_secret(b"a=1&key=s3%2Bcr+et&b=s3+cr et", "s3+cr et") == b"a=1&key=[key]&b=[key]"
    assert without_secret(b"a=1", "") == b"a=1"


@pytest.mark.parametrize(
    ("value", "at"),
    [
        ("2025-03-05T08:49:14+0000", datetime(2025, 3, 5, 8, 49, 14, tzinfo=UTC)),
        ("2025-03-05T08:49:14Z", datetime(2025, 3, 5, 8, 49, 14, tzinfo=UTC)),
        ("2025-03-05T08:49:14-07:00", datetime(2025, 3, 5, 15, 49, 14, tzinfo=UTC)),
        (1741164554, datetime(2025, 3, 5, 8, 49, 14, tzinfo=UTC)),
        ("1741164554", datetime(2025, 3, 5, 8, 49, 14, tzinfo=UTC)),
        (1741164554000, datetime(2025, 3, 5, 8, 49, 14, tzinfo=UTC)),
        ("2025-03-05T08:49:14", None),
        ("03/05/2025", None),
        ("1025-03-05T08:49:14Z", None),
        ("9999-12-31T23:59:59-23:59", None),
        ("", None),
        (10**30, None),
        ("9" * 5000, None),
        (-1, None),
        (True, None),
        (None, None),
        (["2025"], None),
    ],
)
def test_a_moment_is_read_or_left_out(value: object, at: datetime | None) -> None:
    assert moment(value) == at


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (" L-1 ", "L-1"),
        (7478201256781923841, "7478201256781923841"),
        ("", None),
        (True, None),
        (1.5, None),
        ("x" * 201, None),
    ],
)
def test_an_id_is_text_or_a_number(value: object, found: str | None) -> None:
    assert identifier(value) == found
