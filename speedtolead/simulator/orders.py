"""Requests for calls, read and checked.

Owns how the forms of Calls, Participants and Recordings become an Order, a Source or Attendance, and which
of Twilio's refusals a bad one earns. Must not know HTTP beyond a form's names and values. A refusal is an
ApiError and nothing has been done.
"""

from __future__ import annotations

from multidict import MultiDictProxy

from .attendance import Attendance
from .call import EVENTS, Detection, RecordingWish, Subscription
from .engine import Carrier, Order
from .people import Does
from .twiml import Source
from .wire import ApiError, checked_url, is_address, is_phone_number, truth, whole

Form = MultiDictProxy[str]

LONGEST_TWIML = 4000


def text(form: Form, name: str, default: str = "") -> str:
    return form.get(name, default)


def method(form: Form, name: str, default: str = "POST") -> str:
    given = form.get(name, default).upper()
    if given not in ("GET", "POST"):
        raise ApiError(20001, name)
    return given


def url(form: Form, name: str) -> str:
    given = form.get(name, "")
    return checked_url(given, name) if given else ""


def words(form: Form, name: str, default: str) -> frozenset[str]:
    """A repeated parameter, or one with several words in it."""
    given = [word for value in form.getall(name, []) for word in value.replace(",", " ").split()]
    return frozenset(given or default.split())


def order(carrier: Carrier, form: Form, *, amd_url: str) -> Order:
    """Checks and reads what Calls and Participants have in common."""
    to, from_ = text(form, "To"), text(form, "From")
    if not to:
        raise ApiError(21201)
    if not from_:
        raise ApiError(21213)
    if not is_address(to) or carrier.people.behind(to).does is Does.INVALID:
        raise ApiError(21211, to)
    if is_phone_number(to):
        if not is_phone_number(from_):
            raise ApiError(21212, from_)
        if not carrier.may_show(from_):
            raise ApiError(21210, from_)
    subscription = None
    if form.get("StatusCallback"):
        events = words(form, "StatusCallbackEvent", "completed") & frozenset(EVENTS)
        subscription = Subscription(url(form, "StatusCallback"), method(form, "StatusCallbackMethod"), events)
    recording = None
    if truth(form.get("Record"), False):
        recording = recording_wish(form, "OutboundAPI")
    return Order(
        to=to,
        from_=from_,
        subscription=subscription,
        detection=_detection(form, to, amd_url),
        recording=recording,
        timeout=whole(form.get("Timeout"), 60, 1, 600, "Timeout"),
        time_limit=whole(form.get("TimeLimit"), 14_400, 1, 86_400, "TimeLimit"),
        reason=text(form, "CallReason") or None,
    )


def recording_wish(form: Form, source: str) -> RecordingWish:
    return RecordingWish(
        source,
        url(form, "RecordingStatusCallback"),
        method(form, "RecordingStatusCallbackMethod"),
        words(form, "RecordingStatusCallbackEvent", "completed"),
        _channels(form),
    )


def _channels(form: Form) -> int:
    """How many tracks; a call's own recording alone says it by this name, and is mono unless told."""
    given = text(form, "RecordingChannels", "mono")
    if given not in ("mono", "dual"):
        raise ApiError(20001, "RecordingChannels")
    return 2 if given == "dual" else 1


def _detection(form: Form, to: str, amd_url: str) -> Detection | None:
    mode = text(form, "MachineDetection")
    if not mode or mode == "None" or form.get("SendDigits") or to.startswith("client:"):
        return None
    if mode not in ("Enable", "DetectMessageEnd"):
        raise ApiError(20001, "MachineDetection")
    always = amd_url == "AmdStatusCallback"
    callback = url(form, amd_url)
    how = method(form, f"{amd_url}Method")
    return Detection(mode, callback, how, is_asynchronous=always or truth(form.get("AsyncAmd"), False))


def source(form: Form) -> Source:
    """Url wins over Twiml, as at Twilio."""
    if form.get("Url"):
        return Source(
            url=url(form, "Url"),
            method=method(form, "Method"),
            fallback_url=url(form, "FallbackUrl"),
            fallback_method=method(form, "FallbackMethod"),
        )
    twiml = text(form, "Twiml")
    if not twiml:
        raise ApiError(21205, "Url, Twiml or ApplicationSid is required")
    if len(twiml) > LONGEST_TWIML:
        raise ApiError(32018)
    return Source(text=twiml)


def attendance(form: Form) -> Attendance:
    recording = None
    if form.get("ConferenceRecord", "false") not in ("false", "do-not-record"):
        recording = RecordingWish(
            "StartConferenceRecordingAPI",
            url(form, "ConferenceRecordingStatusCallback"),
            method(form, "ConferenceRecordingStatusCallbackMethod"),
            words(form, "ConferenceRecordingStatusCallbackEvent", "completed"),
        )
    coach = text(form, "CallSidToCoach") or None
    return Attendance(
        label=text(form, "Label") or None,
        muted=truth(form.get("Muted"), False),
        starts=truth(form.get("StartConferenceOnEnter"), True),
        ends=truth(form.get("EndConferenceOnExit"), False),
        early_media=truth(form.get("EarlyMedia"), True),
        coach=coach if truth(form.get("Coaching"), coach is not None) else None,
        wait_url=url(form, "WaitUrl") if "WaitUrl" in form else None,
        wait_method=method(form, "WaitMethod"),
        status_callback=url(form, "ConferenceStatusCallback"),
        status_callback_method=method(form, "ConferenceStatusCallbackMethod"),
        events=words(form, "ConferenceStatusCallbackEvent", "start end"),
        recording=recording,
    )
