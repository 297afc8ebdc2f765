"""Settings: where they come from, and the one line that says what is wrong."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from speedtolead.settings import PREFIX, SettingsError, load


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither the environment of whoever runs the tests nor a .env file of theirs is read."""
    for name in list(os.environ):
        if name.upper().startswith(PREFIX):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_without_any_setting_it_runs_on_the_simulated_carrier() -> None:
    settings = load()
    assert settings.carrier == "simulated"
    assert settings.own_url == "http://127.0.0.1:8080"
    assert settings.dial_rate == 50.0
    assert settings.database_url == ""


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEEDTOLEAD_PORT", "9000")
    assert load().own_url == "http://127.0.0.1:9000"


def test_a_dotenv_file_is_read_and_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("SPEEDTOLEAD_PORT=9000\nSPEEDTOLEAD_HOST=127.0.0.2\nOTHER=1\n")
    monkeypatch.setenv("SPEEDTOLEAD_PORT", "9001")
    assert load().own_url == "http://127.0.0.2:9001"


def test_the_public_address_is_where_the_carrier_reaches_us() -> None:
    assert load(public_url="https://calls.example.com/").own_url == "https://calls.example.com"


def test_a_real_carrier_allows_one_call_a_second_unless_told() -> None:
    real = {"carrier": "twilio", "twilio_account_sid": "AC1", "twilio_auth_token": "t"}
    assert load(**real).dial_rate == 1.0
    assert load(**real | {"calls_per_second": 30}).dial_rate == 30.0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "http"),
        ("SIMULATOR_PORT", "0"),
        ("DATABASE_URL", "mysql://localhost/x"),
        ("DATABASE_CONNECTIONS", "1"),
        ("PUBLIC_URL", "calls.example.com"),
        ("PUBLIC_URL", "ftp://example.com"),
        ("PUBLIC_URL", "https://"),
        ("TWILIO_API_URL", "api.twilio.com"),
        ("CARRIER", "telnyx"),
        ("CARRIER_TIMEOUT", "0"),
        ("CARRIER_TIMEOUT", "16"),
        ("CARRIER_TIMEOUT", "nan"),
        ("CARRIER_CONSISTENCY_WINDOW", "-1"),
        ("CLAIM_LEASE", "0"),
        ("CALL_LEASE", "0"),
        ("CALLS_PER_SECOND", "0"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(SettingsError) as refused:
        load()
    assert str(refused.value).startswith(f"{PREFIX}{name}: ")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"])
def test_a_real_carrier_needs_its_credentials(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for given in {"TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"} - {name}:
        monkeypatch.setenv(PREFIX + given, "x")
    monkeypatch.setenv(PREFIX + "CARRIER", "twilio")
    with pytest.raises(SettingsError, match=f"{PREFIX}{name} is needed") as refused:
        load()
    assert "\n" not in str(refused.value)


SECOND = {
    "twilio_2_account_sid": "AC2",
    "twilio_2_auth_token": "t",
    "twilio_2_api_url": "http://127.0.0.1:8082/api/laml",
}


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"twilio_2_auth_token": ""}, "TWILIO_2_AUTH_TOKEN is needed with SPEEDTOLEAD_TWILIO_2_ACCOUNT_SID"),
        ({"twilio_2_account_sid": ""}, "TWILIO_2_ACCOUNT_SID is needed with SPEEDTOLEAD_TWILIO_2_AUTH_TOKEN"),
        ({"twilio_2_api_url": "8082"}, "TWILIO_2_API_URL: "),
        ({"twilio_2_weight": -1}, "TWILIO_2_WEIGHT: "),
        ({"twilio_2_calls_per_second": 0}, "TWILIO_2_CALLS_PER_SECOND: "),
        ({"twilio_weight": 0}, "TWILIO_WEIGHT or SPEEDTOLEAD_TWILIO_2_WEIGHT must be above 0"),
        ({"twilio_2_api_url": "https://api.twilio.com"}, "TWILIO_2_API_URL: beside the simulated carrier"),
        (
            {
                "carrier": "twilio",
                "twilio_account_sid": "AC2",
                "twilio_auth_token": "t",
                "twilio_2_api_url": "https://api.twilio.com",
            },
            "TWILIO_2_ACCOUNT_SID: this is the first account",
        ),
    ],
)
def test_a_second_carrier_account_is_whole_and_another_one(given: dict[str, Any], named: str) -> None:
    assert load(**SECOND).has_second_carrier
    with pytest.raises(SettingsError) as refused:
        load(**SECOND | given)
    assert str(refused.value).startswith(PREFIX + named)
    assert "\n" not in str(refused.value)


def test_a_second_carrier_account_only_stands_by_unless_it_is_given_a_weight() -> None:
    settings = load(**SECOND)
    assert (settings.twilio_weight, settings.twilio_2_weight, settings.twilio_2_calls_per_second) == (1, 0, 1)
    assert not load().has_second_carrier


def test_a_secret_is_not_in_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEEDTOLEAD_DATABASE_URL", "mysql://user:hunter2@localhost/x")
    with pytest.raises(SettingsError) as refused:
        load()
    assert "hunter2" not in str(refused.value)


def test_settings_do_not_change() -> None:
    settings: Any = load()
    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1


def test_a_given_key_signs() -> None:
    assert load(secret_key="given").signing_key == b"given"


def test_without_one_a_key_is_made_once_and_kept_for_the_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "data"
    key = load(data_dir=folder).signing_key
    assert len(key) >= 32
    assert load(data_dir=folder).signing_key == key
    assert stat.S_IMODE((folder / "secret.key").stat().st_mode) == 0o600
    assert load(data_dir=tmp_path / "other").signing_key != key


def test_nothing_is_ever_signed_with_an_empty_key(tmp_path: Path) -> None:
    """What a start leaves behind that died between making the file and writing it."""
    (tmp_path / "secret.key").touch(0o600)
    try:
        key = load(data_dir=tmp_path).signing_key
    except SettingsError:
        return
    assert len(key) >= 32
