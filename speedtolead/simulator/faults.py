"""Bad days, on order.

Owns the list of faults that tests and benches ask for, what each one matches and how often it still
applies. Must not know how a fault is carried out: the API's middleware and the callbacks' delivery do that.
A fault that makes no sense is refused when it is ordered.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

ON_REQUESTS = frozenset({"status", "status_after", "timeout_after", "reset_after", "delay"})
ON_CALLBACKS = frozenset({"duplicate", "drop", "delay", "reverse", "shuffle"})


@dataclass(slots=True)
class Fault:
    """`does` happens to the next `times` requests (or callbacks) that match the globs; -1: for ever."""

    does: str
    on: str = "request"
    times: int = 1
    method: str = "*"
    path: str = "*"
    to: str = "*"
    event: str = "*"
    """Callbacks only: the CallStatus, MessageStatus or StatusCallbackEvent they carry."""
    status: int = 503
    code: int = 20503
    seconds: float = 5.0
    """Real seconds: they test the client's patience, which is not simulated."""
    applied: int = 0

    def __post_init__(self) -> None:
        allowed = {"request": ON_REQUESTS, "callback": ON_CALLBACKS}.get(self.on)
        if allowed is None:
            raise ValueError('on must be "request" or "callback"')
        if self.does not in allowed:
            raise ValueError(f"does must be one of {sorted(allowed)} on a {self.on}")
        if not 400 <= self.status <= 599:
            raise ValueError("status must be between 400 and 599")

    @property
    def is_spent(self) -> bool:
        return 0 <= self.times <= self.applied

    def as_json(self) -> dict[str, object]:
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, object]) -> Fault:
        return cls(**{name: value for name, value in fields.items() if name != "applied"})  # type: ignore[arg-type]


class FaultBook:
    """The faults on order, first come first applied."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def order(self, faults: Iterable[Fault]) -> None:
        self.faults.extend(faults)

    def reset(self) -> None:
        self.faults.clear()

    def on_request(self, method: str, path: str, to: str) -> Fault | None:
        return self._next("request", method, path, to, "")

    def on_callback(self, method: str, path: str, to: str, event: str) -> Fault | None:
        return self._next("callback", method, path, to, event)

    def _next(self, on: str, method: str, path: str, to: str, event: str) -> Fault | None:
        for fault in self.faults:
            if (
                fault.on == on
                and not fault.is_spent
                and fnmatchcase(method, fault.method)
                and fnmatchcase(path, fault.path)
                and fnmatchcase(to, fault.to)
                and fnmatchcase(event, fault.event)
            ):
                fault.applied += 1
                return fault
        return None
