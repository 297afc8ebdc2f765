"""The carrier's access tokens for the voice SDK in a browser.

Owns: which grant is in one. Must not know: whose browser it is. Nothing is sent anywhere: a token is signed here.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import VoiceGrant

from speedtolead.ports import Permanent
from speedtolead.ports.softphone import PhoneToken

LASTS = timedelta(hours=1)


class TwilioSoftphones:
    """``key`` and ``secret`` are an API key's; the account's auth token signs no access tokens."""

    connects = ("https://*.twilio.com", "wss://*.twilio.com")

    def __init__(self, account_sid: str, key: str, secret: str, sdk: bytes | None = None) -> None:
        self.sdk = sdk
        self._account_sid = account_sid
        self._key = key
        self._secret = secret

    def token(self, identity: str, now: datetime) -> PhoneToken:
        if not (self._key and self._secret and self.sdk):
            names = ("TWILIO_API_KEY", "TWILIO_API_SECRET", "VOICE_SDK")
            raise Permanent(
                f"for phones in browsers set {', '.join(f'SPEEDTOLEAD_{name}' for name in names)}",
                code="not_configured",
            )
        token = AccessToken(
            self._account_sid,
            self._key,
            self._secret,
            identity=identity,
            ttl=int(LASTS.total_seconds()),
            nbf=int(now.timestamp()) - 60,
        )
        token.add_grant(VoiceGrant(incoming_allow=True))
        return PhoneToken("carrier", identity, str(token.to_jwt()), now + LASTS)
