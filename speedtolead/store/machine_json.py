"""A campaign's policies on machines and messages as JSON, and back. Durations are seconds.

Owns: the stored form. None: the campaign was applied before there was such a policy.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from speedtolead.domain.machine import Asking, Detection, MachinePolicy, Unknown
from speedtolead.domain.voicemail import VoicemailPolicy

_MEASURES = ("speech_threshold", "speech_end", "silence", "timeout")


def machine_to_json(policy: MachinePolicy) -> dict[str, Any]:
    return {
        "detect": policy.detect,
        "unknown": policy.unknown.value,
        "sample": policy.sample,
        "asking": policy.asking.value,
        "late": policy.late.total_seconds(),
        **{name: getattr(policy.detection, name).total_seconds() for name in _MEASURES},
    }


def machine_from_json(kept: dict[str, Any] | None) -> MachinePolicy:
    if kept is None:
        return MachinePolicy()
    return MachinePolicy(
        detect=kept["detect"],
        unknown=Unknown(kept["unknown"]),
        sample=kept["sample"],
        asking=Asking(kept["asking"]),
        late=timedelta(seconds=kept["late"]),
        detection=Detection(**{name: timedelta(seconds=kept[name]) for name in _MEASURES}),
    )


def voicemail_to_json(policy: VoicemailPolicy) -> dict[str, Any]:
    return {
        "leave": policy.leave,
        "words": policy.words,
        "sound": policy.sound,
        "toll_free": policy.toll_free,
        "times": policy.times,
        "quiet": policy.quiet.total_seconds(),
    }


def voicemail_from_json(kept: dict[str, Any] | None) -> VoicemailPolicy:
    if kept is None:
        return VoicemailPolicy()
    return VoicemailPolicy(
        kept["leave"],
        kept["words"],
        kept["sound"],
        kept["toll_free"],
        kept["times"],
        timedelta(seconds=kept["quiet"]),
    )
