"""What the configuration file says of machines and messages, and one line with its place for each mistake."""

from __future__ import annotations

from datetime import timedelta

import pytest
from test_configuration_document import WHOLE, problems

from speedtolead.domain.campaign import Campaign
from speedtolead.domain.machine import Asking, Detection, MachinePolicy, Unknown
from speedtolead.domain.voicemail import VoicemailPolicy
from speedtolead.service.configuration.document import read
from speedtolead.store.settings_json import campaign_from_json, campaign_to_json

SAYS = 'text: "We got your request, {{ lead.first_name }}.", toll_free: "+18005550199"'


def campaign(parts: str, dial: str = "") -> Campaign:
    document = read(with_parts(parts, dial))
    return document.campaigns[0].to_domain(document.timezone, document.contact.to_domain())


def with_parts(parts: str, dial: str = "") -> str:
    lines = "".join(f"    {part}\n" for part in parts.split("\n") if part)
    text = WHOLE.replace("    whisper:", f"{lines}    whisper:")
    return text.replace("agents: sales}", f"agents: sales{dial}}}")


def test_left_out_machines_are_detected_as_on_consumers_phones_and_no_message_is_left() -> None:
    found = campaign("")
    assert found.machine == MachinePolicy()
    assert found.machine.detect
    assert found.machine.unknown is Unknown.TALK
    assert found.machine.sample == 0.05
    assert found.machine.detection == Detection(
        timedelta(milliseconds=1900), timedelta(milliseconds=1400), timedelta(seconds=5), timedelta(seconds=30)
    )
    assert found.voicemail == VoicemailPolicy()
    assert not found.voicemail.leave


def test_all_of_it_is_read_kept_and_read_again() -> None:
    found = campaign(
        "machine: {unknown: hang_up, sample: 12.5%, ask: keypad, late: 20s, speech_threshold: 2400ms,"
        " speech_end_threshold: 1200ms, silence_timeout: 4000ms, timeout: 20s}\n"
        f"voicemail: {{leave: true, {SAYS}, times: 2, quiet: 2s}}"
    )
    detection = Detection(
        timedelta(seconds=2.4), timedelta(seconds=1.2), timedelta(seconds=4), timedelta(seconds=20)
    )
    assert found.machine == MachinePolicy(
        True, Unknown.HANG_UP, 0.125, Asking.KEYPAD, timedelta(seconds=20), detection
    )
    words = "We got your request, {{ lead.first_name }}."
    assert found.voicemail == VoicemailPolicy(True, words, None, "+18005550199", 2, timedelta(seconds=2))
    assert campaign_from_json(campaign_to_json(found)) == found


def test_a_campaign_that_was_applied_before_has_the_defaults() -> None:
    kept = campaign_to_json(campaign("machine: {sample: 50%}"))
    del kept["machine"], kept["voicemail"]
    found = campaign_from_json(kept)
    assert (found.machine, found.voicemail) == (MachinePolicy(), VoicemailPolicy())


def test_a_file_is_named_with_what_it_says() -> None:
    says = 'file: hello, text: "We got your request.", toll_free: "+18885550100"'
    found = campaign(f"voicemail: {{leave: true, {says}}}").voicemail
    assert (found.sound, found.words) == ("hello", "We got your request.")


def test_without_detection_a_contact_takes_a_long_talk() -> None:
    found = campaign("machine: {detect: false}", ", minimum_talk: 30s")
    assert not found.machine.detect


@pytest.mark.parametrize(
    ("parts", "line"),
    [
        ("machine: {sample: 5}", "machine.sample: expected a share from 0% to 100%"),
        ("machine: {sample: 101%}", "machine.sample: expected a share from 0% to 100%"),
        ("machine: {unknown: guess}", "machine.unknown: 'guess' is not available in this version; one of: talk, h"),
        ("machine: {ask: shout}", "machine.ask: 'shout' is not available"),
        ("machine: {late: 6m}", "machine.late: "),
        ("machine: {speech_threshold: 1900}", 'machine.speech_threshold: expected milliseconds like "1900ms"'),
        ("machine: {speech_threshold: 900ms}", "machine.speech_threshold: "),
        ("machine: {speech_end_threshold: 5001ms}", "machine.speech_end_threshold: "),
        ("machine: {silence_timeout: 1s}", "machine.silence_timeout: expected milliseconds"),
        ("machine: {timeout: 60s}", "machine.timeout: "),
        ("machine: {detects: true}", "machine.detects: unknown key"),
        ("machine: {detect: false}", "dial.minimum_talk: without machine detection only a talk of at least 30s"),
        (
            f"machine: {{detect: false}}\nvoicemail: {{leave: true, {SAYS}}}",
            "voicemail.leave: a message can be left",
        ),
        ("voicemail: {leave: true}", "voicemail.text: say what is left"),
        ("voicemail: {leave: true}", "voicemail.toll_free: a message must name a toll-free number"),
        ('voicemail: {toll_free: "+12125550100"}', "voicemail.toll_free: expected a toll-free number"),
        ('voicemail: {text: "{{ lead.first_name"}', "voicemail.text: not a template"),
        ('voicemail: {file: hello, text: "Hi {{ lead.first_name }}"}', "voicemail.text: a file says the same"),
        ("voicemail: {times: 0}", "voicemail.times: "),
        ("voicemail: {quiet: 6s}", "voicemail.quiet: "),
    ],
)
def test_a_mistake_is_told_with_its_place(parts: str, line: str) -> None:
    found = problems(with_parts(parts))
    assert any(one.startswith(f"campaigns[0].{line}") for one in found), found
