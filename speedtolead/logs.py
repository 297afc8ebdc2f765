"""Structured logs: one event a line, with lead and attempt ids, never a full phone number or email.

Owns: the format, and a last guard that masks what looks like a number or an address in any value.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_PHONE = re.compile(r"\+?\d[\d ().-]{6,16}\d(\d\d)\b")
_EMAIL = re.compile(r"[^\s@\"'<>=]{1,64}@[^\s@\"'<>]+\.\w+")
_PLAIN = {"timestamp", "level"}
_LONGEST = 20_000
_SHORTEST = 6
"""No address or number is shorter."""


def configure(log_format: str) -> None:
    """``console`` for people, ``json`` for machines; standard-library logs take the same way."""
    last: Any = structlog.processors.JSONRenderer()
    if log_format == "console":
        last = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        mask_personal_data,
    ]
    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(processors=[_without_record, last], foreign_pre_chain=shared)
    )
    logging.getLogger("aiohttp.server").addFilter(_without_what_was_sent)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def _without_what_was_sent(record: logging.LogRecord) -> bool:
    """A request that is no HTTP is quoted in its error, escaped as it was sent: only the error's kind is told."""
    error = record.exc_info[1] if record.exc_info else None
    if type(error).__module__.startswith("aiohttp."):
        record.msg, record.args = f"{record.getMessage()}: {type(error).__name__}", ()
        record.exc_info, record.levelno, record.levelname = None, logging.WARNING, "WARNING"
    return True


def mask_personal_data(_: Any, __: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
    """Mask phone numbers and email addresses in every value that is not an id."""
    return {key: value if key in _PLAIN or key.endswith("_id") else _masked(value) for key, value in event.items()}


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        if len(value) < _SHORTEST:
            return value
        value = value if len(value) <= _LONGEST else f"{value[:_LONGEST]}… (cut)"
        return _PHONE.sub(r"…\1", _EMAIL.sub("…@…", value))
    if isinstance(value, BaseException):
        return _masked(str(value))
    if isinstance(value, list | tuple):
        return [_masked(inner) for inner in value]
    if isinstance(value, dict):
        return {key: _masked(inner) for key, inner in value.items()}
    return value


def _without_record(_: Any, __: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in event.items() if not key.startswith("_")}
