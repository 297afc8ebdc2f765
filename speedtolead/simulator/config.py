"""What a simulated carrier is told at its start.

Owns the settings and their defaults. Must not know how any of them is obeyed. Settings that cannot work
raise ValueError here, before a server exists.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from .people import Person, default_people

SIMULATED_ACCOUNT_SID = "AC" + "51011a7ed".rjust(32, "0")
"""A make-believe account; with some good will it reads "simulated"."""
SIMULATED_AUTH_TOKEN = "51011a7ed".ljust(32, "0")
"""A make-believe token: it opens nothing but a simulator."""
SIMULATED_PROJECT_ID = "51011a7e-d000-4000-8000-000000000001"
"""The make-believe account in the guise of SignalWire."""
SIMULATED_SIGNING_KEY = "PSK_" + "51011a7ed".ljust(32, "0")
"""What that account signs its callbacks by."""


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """One of the account's own numbers."""

    number: str
    voice_url: str = ""
    voice_method: str = "POST"
    voice_fallback_url: str = ""
    sms_url: str = ""
    sms_method: str = "POST"
    status_callback: str = ""
    friendly_name: str = ""


@dataclass(frozen=True, slots=True)
class SimulatorConfig:
    account_sid: str = SIMULATED_ACCOUNT_SID
    """Where it is a UUID, the ids of calls and all else are UUIDs as well."""
    auth_token: str = SIMULATED_AUTH_TOKEN
    signing_key: str = ""
    """What callbacks are signed by; empty: the token."""
    signature_header: str = "X-Twilio-Signature"
    calls_per_second: float = 50.0
    """Per simulated second; more calls than that wait as `queued`."""
    requests_per_second: float | None = None
    """Per real second; more requests than that are answered 429 with code 20429. None: no limit."""
    speed: float = 1.0
    seed: int = 0
    detection_seconds: float = 4.0
    list_lag: float = 0.0
    """Simulated seconds for which a new call does not appear in lists."""
    path_prefix: str = ""
    people: tuple[Person, ...] = field(default_factory=default_people)
    numbers: tuple[PhoneNumber, ...] = ()
    """When there are any, calls and texts may come from no other number."""
    callback_timeout: float = 15.0
    """Real seconds that one webhook request may take, all its repeats included."""
    kept_calls: int = 50_000
    """How many finished calls (and texts, and recordings) are remembered."""

    def __post_init__(self) -> None:
        if self.speed <= 0 or self.calls_per_second <= 0:
            raise ValueError("speed and calls_per_second must be above zero")
        if self.requests_per_second is not None and self.requests_per_second <= 0:
            raise ValueError("requests_per_second must be above zero, or None")
        if self.path_prefix and (not self.path_prefix.startswith("/") or self.path_prefix.endswith("/")):
            raise ValueError("path_prefix must look like /api/laml")
        object.__setattr__(self, "people", tuple(self.people))
        object.__setattr__(self, "numbers", tuple(self.numbers))


def as_signalwire(config: SimulatorConfig) -> SimulatorConfig:
    """The same in the guise of SignalWire's compatible API: another base path, UUIDs, a key and header of its own.

    Documented: https://developer.signalwire.com/rest/compatibility-api/overview and
    https://developer.signalwire.com/guides/webhook-security
    """
    return replace(
        config,
        account_sid=SIMULATED_PROJECT_ID,
        signing_key=SIMULATED_SIGNING_KEY,
        signature_header="X-SignalWire-Signature",
        path_prefix="/api/laml",
    )
