"""No phone number and no address leaves by a log."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any
from uuid import UUID

import pytest
from domain_samples import examples
from hypothesis import given
from hypothesis import strategies as st

from speedtolead.logs import mask_personal_data


def logged(**fields: Any) -> dict[str, Any]:
    return mask_personal_data(None, "info", {"event": "x", **fields})


PHONES = [
    "+12125550142",
    "12125550142",
    "2125550142",
    "(212) 555-0142",
    "212-555-0142",
    "212.555.0142",
    "+1 (212) 555-0142",
    "+44 7700 900142",
    "+4512345642",
]


@pytest.mark.parametrize("phone", PHONES)
@pytest.mark.parametrize("text", ["{}", "to {} failed", "a={},b=1", "sip:{}@example.com", "/v1?to={}", '"{}"'])
def test_a_phone_is_masked_wherever_it_stands(phone: str, text: str) -> None:
    masked = logged(value=text.format(phone))["value"]
    digits = "".join(filter(str.isdigit, phone))
    assert digits[:-2] not in "".join(filter(str.isdigit, masked))
    assert phone not in masked


@pytest.mark.parametrize("email", ["ann@example.com", "a.b+c@mail.example.co.uk", "ANN@EXAMPLE.COM"])
@pytest.mark.parametrize("text", ["{}", "<{}> bounced", "email={}", "to {}, again"])
def test_an_address_is_masked_wherever_it_stands(email: str, text: str) -> None:
    masked = logged(value=text.format(email))["value"]
    assert email.split("@")[0] not in masked.replace("again", "")
    assert "example" not in masked.lower()


def test_values_inside_of_values_are_masked() -> None:
    masked = logged(value={"a": ["+12125550142", ("ann@example.com",)], "b": {"c": "+12125550142"}})["value"]
    assert masked == {"a": ["…42", ["…@…"]], "b": {"c": "…42"}}


def test_an_errors_own_words_are_masked() -> None:
    assert "2125550142" not in str(logged(error=ValueError("no route to +12125550142"))["error"])


IDS = ("lead_id", "attempt_id", "agent_id", "account_id", "source_id", "leg_id")


@pytest.mark.parametrize("key", IDS)
def test_ids_are_kept(key: str) -> None:
    number_like = "01912345-6789-7123-8456-789012345678"
    assert logged(**{key: number_like})[key] == number_like
    assert logged(**{key: UUID(number_like)})[key] == UUID(number_like)


@pytest.mark.parametrize("value", [None, True, 7, 1.5, "no_answer", "2026-11.1", "2026-06-10T16:00:00Z", "12 ms"])
def test_other_values_are_kept(value: object) -> None:
    assert logged(value=value)["value"] == value


@examples(200)
@given(
    st.text(alphabet=" abc,;=()/\"'", max_size=10),
    st.integers(2_000_000_000, 9_999_999_999),
    st.text(" ,;)", max_size=5),
)
def test_a_number_in_the_international_form_never_shows(before: str, number: int, after: str) -> None:
    assert f"{number}" not in logged(value=f"{before}+1{number}{after}")["value"]


def test_what_other_libraries_log_is_masked_as_well() -> None:
    program = (
        "import logging; from speedtolead import logs; logs.configure('json')\n"
        "logging.getLogger('somebody').warning('call to %s for %s failed', '+12125550142', 'ann@example.com')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        check=True,
        text=True,
        env={"PYTHONPATH": ":".join(path for path in sys.path if path)},
    )
    line = json.loads(done.stderr)
    assert line["level"] == "warning"
    assert "failed" in line["event"]
    assert "2125550142" not in done.stderr
    assert "ann@example.com" not in done.stderr


def test_a_line_is_one_json_object_and_its_traceback_is_masked() -> None:
    program = (
        "import structlog; from speedtolead import logs; logs.configure('json')\n"
        "try: raise ValueError('to +12125550142')\n"
        "except ValueError: structlog.get_logger().exception('it.failed', lead_id='1')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        check=True,
        text=True,
        env={"PYTHONPATH": ":".join(path for path in sys.path if path)},
    )
    line = json.loads(done.stderr)
    assert (line["event"], line["lead_id"], line["level"]) == ("it.failed", "1", "error")
    assert "Traceback" in line["exception"]
    assert "2125550142" not in line["exception"].split("ValueError")[-1]
