"""Twilio's wire formats that no single resource owns.

Owns identifiers, dates, the error body, the paging envelope and the checks of addresses. Must not know
calls, conferences or HTTP handlers. A refused request is an ApiError: it carries the code, the words and
the HTTP status that the client is to see.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

Record = TypeVar("Record")

API_VERSION = "2010-04-01"
_UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
E164 = re.compile(r"^\+[1-9]\d{6,14}$")

_SAID: Mapping[int, tuple[int, str]] = {
    20001: (400, "Invalid parameter: {what}"),
    20003: (401, "Authentication Error - invalid username"),
    20404: (404, "The requested resource {what} was not found"),
    20409: (409, "The request conflicts with the state of {what}"),
    20429: (429, "Too Many Requests"),
    20500: (500, "An internal server error has occurred"),
    20503: (503, "Service unavailable"),
    21201: (400, "No 'To' number is specified"),
    21205: (400, "Url is not a valid URL: {what}"),
    21210: (400, "The source phone number provided, {what}, is not yet verified for your account."),
    21211: (400, "The 'To' number {what} is not a valid phone number."),
    21212: (
        400,
        "The 'From' number {what} is not a valid phone number, shortcode, or sender ID.",
    ),
    21213: (400, "No 'From' number is specified"),
    21220: (400, "Call is not in-progress. Cannot redirect."),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21606: (400, "The 'From' phone number {what} is not a valid, message-capable Twilio phone number."),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21614: (400, "'To' number is not a valid mobile number: {what}"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    32018: (400, "Twiml size exceeded maximum allowed value of 4000 characters"),
}


class ApiError(Exception):
    """A request is refused; nothing was done."""

    def __init__(self, code: int, what: str = "", *, status: int | None = None) -> None:
        known, words = _SAID.get(code, (400, "The request was refused"))
        self.code = code
        self.status = status or known
        self.message = words.format(what=what)
        super().__init__(f"{code}")

    def body(self) -> dict[str, object]:
        return {
            "code": self.code,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }


def new_sid(prefix: str, account_sid: str) -> str:
    """An id in the manner of the account's own: SignalWire's are UUIDs throughout."""
    made = uuid.uuid4()
    return str(made) if _UUID.match(account_sid) else prefix + made.hex


def wall_now() -> datetime:
    return datetime.now(UTC)


def rfc2822(moment: datetime | None) -> str | None:
    return None if moment is None else format_datetime(moment)


def masked(address: str) -> str:
    """An address fit for a log."""
    return f"…{address[-2:]}" if len(address) > 4 else "…"


def is_phone_number(address: str) -> bool:
    return E164.match(address) is not None


def is_address(address: str) -> bool:
    return is_phone_number(address) or (address.startswith(("client:", "sip:")) and len(address) > 7)


def parsed_date(text: str) -> datetime:
    """A list filter's date: YYYY-MM-DD or ISO 8601."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ApiError(20001, f"'{text}' is not a date") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def checked_url(url: str, name: str = "") -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ApiError(21205, name or url)
    return url


def truth(text: str | None, default: bool) -> bool:
    return default if text is None or text == "" else text.strip().lower() in ("true", "1", "yes")


def whole(text: str | None, default: int, low: int, high: int, name: str) -> int:
    """A whole number within its limits, or a refusal."""
    if text is None or text == "":
        return default
    try:
        number = int(text)
    except ValueError:
        raise ApiError(20001, f"{name} must be a number") from None
    if not low <= number <= high:
        raise ApiError(20001, f"{name} must be between {low} and {high}")
    return number


def page_of(
    key: str,
    records: Sequence[Record],
    render: Callable[[Record], dict[str, object]],
    path: str,
    query: Mapping[str, str],
) -> dict[str, object]:
    """One page of the records in the envelope that the SDK follows."""
    size = whole(query.get("PageSize"), 50, 1, 1000, "PageSize")
    page = whole(query.get("Page"), 0, 0, 10**9, "Page")
    filters = {name: value for name, value in query.items() if name not in ("Page", "PageSize", "PageToken")}

    def uri(number: int) -> str:
        return f"{path}?{urlencode({**filters, 'PageSize': size, 'Page': number})}"

    start = page * size
    shown = [render(record) for record in records[start : start + size]]
    return {
        key: shown,
        "page": page,
        "page_size": size,
        "start": start,
        "end": start + max(len(shown) - 1, 0),
        "uri": uri(page),
        "first_page_uri": uri(0),
        "next_page_uri": uri(page + 1) if start + size < len(records) else None,
        "previous_page_uri": uri(page - 1) if page else None,
    }
