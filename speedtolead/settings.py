"""Settings, from the environment or a ``.env`` file.

Owns: the names, defaults and checks. A missing or wrong setting stops the start with one line that names it.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "SPEEDTOLEAD_"


class SettingsError(Exception):
    """A setting is missing or wrong; the message is one line that names it."""


def _http_url(value: str) -> str:
    if not value.startswith(("http://", "https://")) or len(value) < 10:
        raise ValueError("expected an http:// or https:// address")
    return value.rstrip("/")


def _postgres_url(value: str) -> str:
    if value and not value.startswith(("postgres://", "postgresql://")):
        raise ValueError("expected a postgresql:// URL, or nothing for the embedded server")
    return value


def _smtp_url(value: str) -> str:
    if value and (not value.startswith(("smtp://", "smtps://")) or not urlsplit(value).hostname):
        raise ValueError("expected smtp://user:password@host:port or smtps://..., or nothing")
    return value


HttpUrl = Annotated[str, AfterValidator(_http_url)]
CallsPerSecond = Annotated[float, Field(gt=0, le=100_000)]
Weight = Annotated[float, Field(ge=0, le=1000)]


class Settings(BaseSettings):
    """One field a setting; ``docs/operating.md`` says what each is for."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    database_url: Annotated[str, AfterValidator(_postgres_url)] = ""
    database_connections: Annotated[int, Field(ge=2, le=200)] = 12
    data_dir: Path = Path(".speedtolead")
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8080
    public_url: HttpUrl | None = None
    carrier: Literal["simulated", "twilio"] = "simulated"
    twilio_account_sid: str = ""
    twilio_auth_token: str = ""
    twilio_api_url: HttpUrl = "https://api.twilio.com"
    twilio_signing_key: str = ""
    twilio_api_key: str = ""
    twilio_api_secret: str = ""
    voice_sdk: Path | None = None
    twilio_weight: Weight = 1.0
    twilio_2_account_sid: str = ""
    twilio_2_auth_token: str = ""
    twilio_2_signing_key: str = ""
    twilio_2_api_url: HttpUrl = "https://api.twilio.com"
    twilio_2_weight: Weight = 0.0
    twilio_2_calls_per_second: CallsPerSecond = 1.0
    twilio_lookup_url: HttpUrl | None = None
    trustedform_api_key: str = ""
    jornaya_account_code: str = ""
    jornaya_audit_key: str = ""
    dnc_scrub_login: str = ""
    geoip_database: Path | None = None
    carrier_timeout: Annotated[float, Field(gt=0, le=15)] = 10.0
    carrier_consistency_window: Annotated[float, Field(ge=0, le=600)] = 60.0
    claim_lease: Annotated[float, Field(gt=0, le=600)] = 15.0
    call_lease: Annotated[float, Field(gt=0, le=600)] = 60.0
    missed_offer_rest: Annotated[float, Field(ge=0, le=3600)] = 30.0
    calls_per_second: CallsPerSecond | None = None
    simulator_port: Annotated[int, Field(ge=1, le=65535)] = 8081
    simulator_smtp_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    smtp_url: Annotated[str, AfterValidator(_smtp_url)] = ""
    secret_key: str = ""
    log_format: Literal["console", "json"] = "console"

    @model_validator(mode="after")
    def _credentials(self) -> Settings:
        if self.carrier == "twilio":
            for name in ("twilio_account_sid", "twilio_auth_token"):
                if not getattr(self, name):
                    raise ValueError(f"{PREFIX}{name.upper()} is needed with {PREFIX}CARRIER=twilio")
        return self

    @model_validator(mode="after")
    def _voice_sdk_is_there(self) -> Settings:
        if self.voice_sdk is not None and not self.voice_sdk.is_file():
            raise ValueError(f"{PREFIX}VOICE_SDK: there is no file {self.voice_sdk}")
        return self

    @model_validator(mode="after")
    def _second_carrier(self) -> Settings:
        given = {name: getattr(self, f"twilio_2_{name}") for name in ("account_sid", "auth_token")}
        for name, value in given.items():
            if not value and any(given.values()):
                other = next(other for other in given if other != name)
                raise ValueError(f"{PREFIX}TWILIO_2_{name.upper()} is needed with {PREFIX}TWILIO_2_{other.upper()}")
        if not self.has_second_carrier:
            return self
        if self.twilio_weight == self.twilio_2_weight == 0:
            raise ValueError(f"{PREFIX}TWILIO_WEIGHT or {PREFIX}TWILIO_2_WEIGHT must be above 0")
        if (self.twilio_2_account_sid, self.twilio_2_api_url) == (self.twilio_account_sid, self.twilio_api_url):
            raise ValueError(f"{PREFIX}TWILIO_2_ACCOUNT_SID: this is the first account")
        at = urlsplit(self.twilio_2_api_url).hostname
        if self.carrier == "simulated" and at not in {"127.0.0.1", "localhost", "::1"}:
            raise ValueError(
                f"{PREFIX}TWILIO_2_API_URL: beside the simulated carrier the second one must be simulated as well "
                f"(on this machine); or set {PREFIX}CARRIER=twilio"
            )
        return self

    @property
    def has_second_carrier(self) -> bool:
        return bool(self.twilio_2_account_sid)

    @property
    def own_url(self) -> str:
        """Where the carrier reaches this service."""
        return self.public_url or f"http://{self.host}:{self.port}"

    @property
    def simulated_smtp_port(self) -> int:
        """Where the simulated carrier's mail server listens: beside it, unless told otherwise."""
        return self.simulator_smtp_port or self.simulator_port + 1

    @property
    def dial_rate(self) -> float:
        """Calls per second at the carrier, shared by all nodes."""
        return self.calls_per_second or (1.0 if self.carrier == "twilio" else 50.0)

    @cached_property
    def signing_key(self) -> bytes:
        """Signs sessions and links: the setting, or a key that is made once and kept in the data folder."""
        if self.secret_key:
            return self.secret_key.encode()
        path = self.data_dir / "secret.key"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _make_key(path)
        key = path.read_bytes()
        if len(key) < 32:
            raise SettingsError(f"{PREFIX}DATA_DIR: {path} holds no key; delete it, or set {PREFIX}SECRET_KEY")
        return key


def _make_key(path: Path) -> None:
    """Write a whole file, then give it its name: whoever sees the name sees a key, and the first one stays."""
    handle, draft = tempfile.mkstemp(dir=path.parent)
    try:
        os.write(handle, secrets.token_urlsafe(48).encode())
        os.close(handle)
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        os.unlink(draft)


def load(**given: Any) -> Settings:
    """The settings; raises SettingsError with one line that names the first wrong one."""
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        message = first["msg"].removeprefix("Value error, ")
        place = PREFIX + str(first["loc"][0]).upper() + ": " if first["loc"] else ""
        raise SettingsError(f"{place}{message}") from None
