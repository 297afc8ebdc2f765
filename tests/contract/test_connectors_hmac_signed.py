"""Signed webhooks: every way of signing that can be configured, and the ways in which a signature is wrong."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from test_connectors_registry import (
    FORM,
    JSON,
    NOW,
    USABLE,
    document,
    hmac_hex,
    ours,
    payload,
    posted,
    read,
    read_one,
)

from speedtolead.adapters.connectors import CONNECTORS
from speedtolead.ports.connectors import NotGenuine, Posted, Unreadable

SENDER = CONNECTORS["hmac_signed"]
SECRET = USABLE["hmac_signed"]["secret"]
BODY = payload("signed_lead.json")
TIMED = USABLE["hmac_signed"] | {"timestamp_header": "X-Timestamp", "payload": "{timestamp}.{body}"}
STANDARD = {
    "scheme": "standard-webhooks",
    "secret": "whsec_" + base64.b64encode(b"a key of twenty-four by.").decode(),
}


def hex_signed(body: bytes) -> Posted:
    return posted(body, x_signature=hmac_hex(SECRET, body))


async def test_a_lead_becomes_ours_with_the_consent_that_it_carries() -> None:
    lead = await read_one(SENDER, hex_signed(BODY))
    assert (lead.external_id, lead.test, lead.raw) == ("L-7781", False, BODY)
    assert lead.submitted_at == datetime(2025, 3, 5, 8, 49, 14, tzinfo=UTC)
    sample = document("signed_lead.json")
    assert ours(SENDER, lead) == {
        **{name: value for name, value in sample.items() if name != "roof_age"},
        "attributes": {"roof_age": 20},
    }


async def test_a_form_may_be_signed_too() -> None:
    body = b"phone=3035550149&consent[channels][]=call&test=true"
    post = posted(body, content_type=FORM, x_signature=hmac_hex(SECRET, body))
    lead = await read_one(SENDER, post)
    assert lead.test
    assert ours(SENDER, lead) == {"phone": "3035550149", "test": True, "consent": {"channels": ["call"]}}


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
@pytest.mark.parametrize("encoding", ["hex", "base64"])
@pytest.mark.parametrize("prefix", ["", "sha256=", "v0:"])
async def test_every_way_of_writing_a_signature_is_read(algorithm: str, encoding: str, prefix: str) -> None:
    settings = {
        "secret": SECRET,
        "header": "X-Partner-Signature",
        "algorithm": algorithm,
        "encoding": encoding,
        "prefix": prefix,
    }
    assert SENDER.check_settings(settings) == []
    digest = hmac.new(SECRET.encode(), BODY, getattr(hashlib, algorithm)).digest()
    written = prefix + (digest.hex() if encoding == "hex" else base64.b64encode(digest).decode())
    assert len(await read(SENDER, posted(BODY, x_partner_signature=written), settings)) == 1
    for wrong in (written[:-2], written + "0", "", "x" + written):
        with pytest.raises(NotGenuine):
            await read(SENDER, posted(BODY, x_partner_signature=wrong), settings)
    if encoding == "hex":
        assert len(await read(SENDER, posted(BODY, x_partner_signature=written.upper()), settings)) == 1


async def test_a_wrong_signature_is_not_genuine_and_nothing_is_read() -> None:
    right = hmac_hex(SECRET, BODY)
    for post in (
        posted(BODY),
        posted(BODY, x_signature=hmac_hex("another-secret-to-sign-with", BODY)),
        posted(BODY + b" ", x_signature=right),
        posted(b"\xff", x_signature=right),
        posted(BODY, x_signature="é" * 64),
        posted(BODY, x_signature="\udcff" * 64),
        posted(BODY, x_other=right),
    ):
        with pytest.raises(NotGenuine):
            await read(SENDER, post)


def timed(at: datetime, signed_at: datetime | None = None) -> Posted:
    seconds, signed_seconds = (str(int(moment.timestamp())) for moment in (at, signed_at or at))
    return posted(BODY, x_signature=hmac_hex(SECRET, f"{signed_seconds}.".encode() + BODY), x_timestamp=seconds)


async def test_a_signed_timestamp_is_good_for_five_minutes() -> None:
    assert SENDER.check_settings(TIMED) == []
    for seconds in (-300, 0, 300):
        assert len(await read(SENDER, timed(NOW + timedelta(seconds=seconds)), TIMED)) == 1
    for seconds in (-301, 301, -86400):
        with pytest.raises(NotGenuine):
            await read(SENDER, timed(NOW + timedelta(seconds=seconds)), TIMED)
    with pytest.raises(NotGenuine):
        await read(SENDER, timed(NOW, NOW - timedelta(seconds=1)), TIMED)
    with pytest.raises(NotGenuine):
        await read(SENDER, posted(BODY, x_signature=hmac_hex(SECRET, BODY)), TIMED)


async def test_braces_in_the_body_are_not_taken_for_the_template() -> None:
    body = b'{"phone": "{body}{timestamp}"}'
    assert (await read_one(SENDER, hex_signed(body))).fields == {"phone": "{body}{timestamp}"}


# ---- Standard Webhooks --------------------------------------------------------------------------------------


def standard(
    body: bytes = BODY, at: datetime = NOW, secret: str = STANDARD["secret"], before: str = "", **changed: str
) -> Posted:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    seconds = str(int(at.timestamp()))
    digest = hmac.new(key, f"msg_1.{seconds}.".encode() + body, hashlib.sha256).digest()
    headers = {
        "webhook_id": "msg_1",
        "webhook_timestamp": seconds,
        "webhook_signature": before + "v1," + base64.b64encode(digest).decode(),
    }
    named = {name.replace("_", "-"): value for name, value in (headers | changed).items()}
    return Posted("POST", (), named, JSON, body)


async def test_a_standard_webhook_is_read() -> None:
    assert SENDER.check_settings(STANDARD) == []
    assert (await read_one(SENDER, standard(), STANDARD)).external_id == "L-7781"
    assert (await read_one(SENDER, standard(b'{"phone": "3035550149"}'), STANDARD)).external_id == "msg_1"


async def test_one_of_several_signatures_is_enough() -> None:
    assert len(await read(SENDER, standard(before="v1a,AAAA v1,AAAA "), STANDARD)) == 1


async def test_a_wrong_standard_webhook_is_not_genuine() -> None:
    other = "whsec_" + base64.b64encode(b"another key of so many b").decode()
    for post in (
        standard(secret=other),
        standard(at=NOW - timedelta(seconds=301)),
        standard(webhook_id="msg_2"),
        standard(webhook_id=""),
        standard(webhook_timestamp=str(int(NOW.timestamp()) + 1)),
        standard(webhook_timestamp="soon"),
        standard(webhook_signature=""),
        standard(webhook_signature="v1,"),
        standard(webhook_signature=standard().headers["webhook-signature"].replace("v1,", "v2,")),
        posted(BODY, x_signature=hmac_hex(STANDARD["secret"], BODY)),
    ):
        with pytest.raises(NotGenuine):
            await read(SENDER, post, STANDARD)


async def test_the_example_of_the_standards_own_libraries_is_genuine() -> None:
    """https://github.com/standard-webhooks/standard-webhooks, the signature that its libraries are tested with."""
    settings = {"scheme": "standard-webhooks", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
    post = posted(
        b'{"test": 2432232314}',
        webhook_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        webhook_timestamp="1614265330",
        webhook_signature="v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    )
    at = datetime.fromtimestamp(1614265330, UTC)
    assert (await read_one(SENDER, post, settings, at)).fields == {"test": 2432232314}


# ---- settings -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"algorithm": "sha1"}, "algorithm"),
        ({"algorithm": "md5"}, "algorithm"),
        ({"encoding": "base32"}, "encoding"),
        ({"scheme": "jwt"}, "scheme"),
        ({"header": "X Signature"}, "header"),
        ({"timestamp_header": "é", "payload": "{timestamp}.{body}"}, "timestamp_header"),
        ({"payload": "secret"}, "payload"),
        ({"payload": "{timestamp}.{body}"}, "payload"),
        ({"payload": "{body}{id}"}, "payload"),
        ({"timestamp_header": "x-timestamp"}, "payload"),
        ({"scheme": "standard-webhooks"}, "secret"),
        ({"scheme": "standard-webhooks", "secret": "whsec_no base64 at all"}, "secret"),
    ],
)
async def test_settings_that_would_be_weak_or_wrong_are_refused(change: dict[str, str], field: str) -> None:
    assert [name for name, _ in SENDER.check_settings(USABLE["hmac_signed"] | change)] == [field]


@pytest.mark.parametrize("change", [{"algorithm": "sha1"}, {"payload": "constant"}])
async def test_weak_settings_that_were_stored_all_the_same_let_nobody_in(change: dict[str, str]) -> None:
    for message in (BODY, b"constant"):
        for algorithm in ("sha1", "sha256"):
            post = posted(BODY, x_signature=hmac_hex(SECRET, message, algorithm))
            with pytest.raises(NotGenuine):
                await read(SENDER, post, USABLE["hmac_signed"] | change)


@pytest.mark.parametrize("body", [b"", b"[]", b"phone=1", b'{"a": 1, "a": 2}', b'{"a": "\xff"}'])
async def test_a_signed_body_that_cannot_be_read_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        await read(SENDER, hex_signed(body))
