"""The three ways in which a port may fail. A port raises only these; the difference decides what may be done next.

* ``Permanent``: a definite no that the same request will always get. Nothing happened.
* ``Transient``: a definite no for now. Nothing happened; the request may be made again.
* ``Indeterminate``: it may have happened. It is never repeated; the provider is asked.
"""

from __future__ import annotations

from datetime import timedelta

from speedtolead.domain.errors import SpeedToLeadError


class PortError(SpeedToLeadError):
    """Base of what a port may raise. ``provider_code`` is the provider's own, for the record."""

    def __init__(self, message: str, *, code: str | None = None, provider_code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.provider_code = provider_code


class Permanent(PortError):
    """The provider refused, and always will."""

    code = "carrier_refused"


class Transient(PortError):
    """The provider did not do it; it may be asked again after ``retry_after``."""

    code = "carrier_busy"

    def __init__(
        self, message: str, *, retry_after: timedelta = timedelta(seconds=1), provider_code: str | None = None
    ) -> None:
        super().__init__(message, provider_code=provider_code)
        self.retry_after = retry_after


class TooMany(Transient):
    """More than the provider takes now: slow down."""


class Away(Transient):
    """The provider serves nobody of us now: it is not reached, or does not know our credentials."""


class Indeterminate(PortError):
    """Nobody can say whether the provider did it."""

    code = "carrier_unclear"
