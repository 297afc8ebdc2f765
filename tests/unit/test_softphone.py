"""The carrier's token for a phone in a browser."""

from __future__ import annotations

from datetime import UTC, datetime

import jwt
import pytest

from speedtolead.adapters.twilio.softphone import LASTS, TwilioSoftphones
from speedtolead.ports import Permanent

SECRET = "s" * 32


def test_a_token_lets_one_identity_be_rung_and_nothing_else() -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    made = TwilioSoftphones("AC1", "SK1", SECRET, b"sdk").token("agent_2", now)
    said = jwt.decode(made.token, SECRET, algorithms=["HS256"], options={"verify_nbf": False})
    assert (said["iss"], said["sub"]) == ("SK1", "AC1")
    assert said["grants"] == {"identity": "agent_2", "voice": {"incoming": {"allow": True}}}
    assert abs(said["exp"] - (now + LASTS).timestamp()) <= 2
    assert made.expires_at == now + LASTS


@pytest.mark.parametrize(("key", "secret", "sdk"), [("", SECRET, b"x"), ("SK1", "", b"x"), ("SK1", SECRET, None)])
def test_what_is_not_set_is_named(key: str, secret: str, sdk: bytes | None) -> None:
    with pytest.raises(Permanent, match="SPEEDTOLEAD_TWILIO_API_KEY") as refused:
        TwilioSoftphones("AC1", key, secret, sdk).token("agent_2", datetime.now(UTC))
    assert refused.value.code == "not_configured"
