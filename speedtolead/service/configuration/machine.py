"""What the configuration file may say of machines that answer, and of the message that is left with one.

Owns: the shape of these parts, and what they need of each other. Must not know: what is in the database; that an
uploaded file is there is asked when the file is applied.

::

    machine: {detect: true, unknown: talk, sample: 5%, ask: keypad, late: 10s, speech_threshold: 1900ms}
    voicemail: {leave: true, text: "We got your request, {{ lead.first_name }}. ...", toll_free: "+18005550199"}
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from speedtolead.domain.machine import Asking, Detection, MachinePolicy, Unknown
from speedtolead.domain.voicemail import VoicemailPolicy, is_toll_free
from speedtolead.service.configuration.values import Duration, Misplaced, Name, Part, Phone, Spoken, only


def _milliseconds(value: object) -> timedelta:
    match = re.fullmatch(r"(\d{1,6})ms", value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('expected milliseconds like "1900ms"')
    return timedelta(milliseconds=int(match[1]))


def _share(value: object) -> float:
    match = re.fullmatch(r"(\d{1,3}(?:\.\d{1,3})?)%", value) if isinstance(value, str) else None
    if match is None or float(match[1]) > 100:
        raise ValueError('expected a share from 0% to 100%, like "5%"')
    return float(match[1]) / 100


def _toll_free(value: str) -> str:
    if not is_toll_free(value):
        raise ValueError("expected a toll-free number (800, 833, 844, 855, 866, 877, 888)")
    return value


def _between(least: int, most: int) -> object:
    return Field(ge=timedelta(milliseconds=least), le=timedelta(milliseconds=most))


Milliseconds = Annotated[timedelta, BeforeValidator(_milliseconds)]
Share = Annotated[float, BeforeValidator(_share)]


class MachinePart(Part):
    """The limits of the four measures are the carrier's."""

    detect: bool = True
    unknown: Annotated[str, AfterValidator(only(*(what.value for what in Unknown)))] = Unknown.TALK.value
    sample: Share = MachinePolicy().sample
    ask: Annotated[str, AfterValidator(only(*(how.value for how in Asking)))] = Asking.API.value
    late: Annotated[Duration, Field(le=timedelta(minutes=5))] = MachinePolicy().late
    speech_threshold: Annotated[Milliseconds, _between(1000, 6000)] = Detection().speech_threshold
    speech_end_threshold: Annotated[Milliseconds, _between(500, 5000)] = Detection().speech_end
    silence_timeout: Annotated[Milliseconds, _between(2000, 10000)] = Detection().silence
    timeout: Annotated[Duration, _between(3000, 59000)] = Detection().timeout

    def to_domain(self) -> MachinePolicy:
        heard = Detection(self.speech_threshold, self.speech_end_threshold, self.silence_timeout, self.timeout)
        return MachinePolicy(self.detect, Unknown(self.unknown), self.sample, Asking(self.ask), self.late, heard)


class VoicemailPart(Part):
    """``text``: what is said, or with ``file`` what that file says, to the letter: it is kept as evidence."""

    leave: bool = False
    text: Spoken | None = None
    file: Name | None = None
    toll_free: Annotated[Phone, AfterValidator(_toll_free)] | None = None
    times: Annotated[int, Field(ge=1, le=5)] = VoicemailPolicy().times
    quiet: Annotated[Duration, Field(ge=timedelta(seconds=1), le=timedelta(seconds=5))] = VoicemailPolicy().quiet

    @model_validator(mode="after")
    def _can_be_left(self) -> VoicemailPart:
        problems = []
        if self.leave and self.text is None:
            problems.append(("text", "say what is left, or what the file says"))
        if self.leave and self.toll_free is None:
            words = "a message must name a toll-free number at which it can be stopped (47 CFR 64.1200(b)(3))"
            problems.append(("toll_free", words))
        if self.file is not None and self.text is not None and ("{{" in self.text or "{%" in self.text):
            problems.append(("text", "a file says the same to everybody: write what it says, without {{ }}"))
        if problems:
            raise Misplaced(problems)
        return self

    def to_domain(self) -> VoicemailPolicy:
        return VoicemailPolicy(self.leave, self.text or "", self.file, self.toll_free or "", self.times, self.quiet)
