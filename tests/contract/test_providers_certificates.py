"""Consent certificates: where the key goes, what is asked, and every answer that an issuer may give."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import aiohttp
import pytest
from test_providers_contract import (
    CERT_ID,
    CERTIFICATE,
    EMAIL,
    JORNAYA_EXAMPLE,
    LEAD,
    TOKEN,
    TRUSTEDFORM_EXAMPLE,
    Office,
    office,
    question,
    simulated,
    stub,
    wire,
)
from yarl import URL

from speedtolead.adapters.jornaya import Jornaya
from speedtolead.adapters.trustedform import TrustedForm
from speedtolead.ports import CertificateAnswer, Permanent, Transient
from speedtolead.simulator.providers import SIMULATED_PROVIDER_KEY

__all__ = ["office", "wire"]


class Recorder:
    """In place of a session: keeps what would be sent, and to whom."""

    def __init__(self) -> None:
        self.sent: list[tuple[URL, dict[str, str]]] = []

    def request(self, method: str, url: str, **what: Any) -> Any:
        self.sent.append((URL(url), what["headers"]))
        raise aiohttp.ClientConnectionError


# ---- the key --------------------------------------------------------------------------------------------------

ISSUED = {
    "as documented": f"https://cert.trustedform.com/{CERT_ID}",
    "an upper-case host": f"https://CERT.TrustedForm.COM/{CERT_ID}",
    "an upper-case scheme": f"HTTPS://cert.trustedform.com/{CERT_ID}",
    "of a mobile app": "https://cert.trustedform.com/11NgkzK_mroUbOD1-x66NigDliU1kdvbaCtLGvyja1K80vU1sKh9grlwP78vzKS",
    "of Meta lead ads": "https://cert.trustedform.com/0.rpM21ddljS9BNNUOm6FZVVqb5C5JMk.OHOMoMFXaX9YW9DoX_xeng.1vnf6D_w",
    "as long as may be": "https://cert.trustedform.com/" + "a" * 255,
}  # fmt: skip


@pytest.mark.parametrize("case", ISSUED)
async def test_the_key_goes_to_the_issuers_own_host(case: str) -> None:
    session = Recorder()
    issuer = TrustedForm(cast(aiohttp.ClientSession, session), "the-key")
    assert issuer.issued(ISSUED[case])
    with pytest.raises(Transient):
        await issuer.check(question(ISSUED[case]))
    ((url, headers),) = session.sent
    assert url.origin() == URL("https://cert.trustedform.com")
    assert (url.path, url.query_string, url.fragment) == (f"/{ISSUED[case].rpartition('/')[2]}", "", "")
    assert base64.b64decode(headers["Authorization"].removeprefix("Basic ")) == b"API:the-key"


HOSTILE = {
    "another host": f"https://evil.example/{CERT_ID}",
    "plain HTTP": f"http://cert.trustedform.com/{CERT_ID}",
    "another scheme": f"ftp://cert.trustedform.com/{CERT_ID}",
    "no scheme": f"//cert.trustedform.com/{CERT_ID}",
    "one slash": f"https:/cert.trustedform.com/{CERT_ID}",
    "the host as a prefix": f"https://cert.trustedform.com.evil.example/{CERT_ID}",
    "the host as a suffix": f"https://evilcert.trustedform.com/{CERT_ID}",
    "a subdomain": f"https://x.cert.trustedform.com/{CERT_ID}",
    "the parent domain": f"https://trustedform.com/{CERT_ID}",
    "a look-alike": f"https://cert-trustedform.com/{CERT_ID}",
    "another of the issuer's hosts": f"https://ping.trustedform.com/{CERT_ID}",
    "the host as a user": f"https://cert.trustedform.com@evil.example/{CERT_ID}",
    "the host as a user, with a port": f"https://cert.trustedform.com:443@evil.example/{CERT_ID}",
    "a user": f"https://user@cert.trustedform.com/{CERT_ID}",
    "a user and a password": f"https://user:word@cert.trustedform.com/{CERT_ID}",
    "an empty user": f"https://@cert.trustedform.com/{CERT_ID}",
    "the scheme's own port": f"https://cert.trustedform.com:443/{CERT_ID}",
    "another port": f"https://cert.trustedform.com:8443/{CERT_ID}",
    "an empty port": f"https://cert.trustedform.com:/{CERT_ID}",
    "a trailing dot": f"https://cert.trustedform.com./{CERT_ID}",
    "ideographic dots": f"https://cert。trustedform。com/{CERT_ID}",
    "full-width dots": f"https://cert．trustedform．com/{CERT_ID}",
    "a letter that folds to s": f"https://cert.tru\u017ftedform.com/{CERT_ID}",
    "a Cyrillic letter": f"https://c\u0435rt.trustedform.com/{CERT_ID}",
    "a percent-encoded host": f"https://cert%2etrustedform.com/{CERT_ID}",
    "a percent-encoded slash": f"https://evil.example%2f.cert.trustedform.com/{CERT_ID}",
    "a backslash for the host": f"https://evil.example\\@cert.trustedform.com/{CERT_ID}",
    "a backslash after the host": f"https://cert.trustedform.com\\@evil.example/{CERT_ID}",
    "the host in the path": f"https://evil.example/https://cert.trustedform.com/{CERT_ID}",
    "the host in the query": f"https://evil.example/?https://cert.trustedform.com/{CERT_ID}",
    "the host in the fragment": f"https://evil.example#https://cert.trustedform.com/{CERT_ID}",
    "a query": f"https://cert.trustedform.com/{CERT_ID}?next=https://evil.example",
    "a fragment": f"https://cert.trustedform.com/{CERT_ID}#x",
    "parameters": f"https://cert.trustedform.com/{CERT_ID};x",
    "no id": "https://cert.trustedform.com/",
    "no path": "https://cert.trustedform.com",
    "two parts": f"https://cert.trustedform.com/api/{CERT_ID}",
    "two slashes": f"https://cert.trustedform.com//evil.example/{CERT_ID}",
    "a trailing slash": f"https://cert.trustedform.com/{CERT_ID}/",
    "one dot": "https://cert.trustedform.com/.",
    "two dots": "https://cert.trustedform.com/..",
    "up and down": f"https://cert.trustedform.com/../{CERT_ID}",
    "encoded dots": "https://cert.trustedform.com/%2e%2e",
    "an encoded slash": f"https://cert.trustedform.com/{CERT_ID}%2fadmin",
    "a space before": f" https://cert.trustedform.com/{CERT_ID}",
    "a space after": f"https://cert.trustedform.com/{CERT_ID} ",
    "a line's end": f"https://cert.trustedform.com/{CERT_ID}\n",
    "a header in the path": f"https://cert.trustedform.com/{CERT_ID}\r\nHost: evil.example",
    "a tab within": f"https://cert.trusted\tform.com/{CERT_ID}",
    "a zero byte": f"https://cert.trustedform.com\x00.evil.example/{CERT_ID}",
    "other letters in the id": "https://cert.trustedform.com/сертификат",
    "an id that is too long": "https://cert.trustedform.com/" + "a" * 256,
    "brackets": f"https://[cert.trustedform.com]/{CERT_ID}",
    "nothing": "",
}


@pytest.mark.parametrize("case", HOSTILE)
async def test_the_key_goes_nowhere_for_any_other_address(case: str) -> None:
    session = Recorder()
    issuer = TrustedForm(cast(aiohttp.ClientSession, session), "the-key")
    assert not issuer.issued(HOSTILE[case])
    with pytest.raises(Permanent) as no:
        await issuer.check(question(HOSTILE[case]))
    assert no.value.code == "unknown_certificate"
    assert session.sent == []


async def test_a_stand_in_is_asked_by_id_and_only_for_the_issuers_certificates() -> None:
    async with stub() as office:
        with pytest.raises(Permanent):
            await office.trustedform.check(question(f"{office.url}/trustedform/{CERT_ID}"))
        assert office.seen == []
        await office.ask("trustedform")
        assert [request.path for request in office.seen] == [f"/trustedform/{CERT_ID}"]


# ---- TrustedForm ----------------------------------------------------------------------------------------------


async def test_all_operations_go_in_one_request() -> None:
    async with stub() as office:
        await office.ask("trustedform")
        (request,) = office.seen
        assert (request.method, request.headers["api-version"]) == ("POST", "4.0")
        assert request.headers["Content-Type"] == "application/json"
        assert json.loads(office.bodies[0]) == {
            "match_lead": {"phone": LEAD[2:], "email": EMAIL},
            "retain": {"reference": "lead-1", "vendor": "Acme Co."},
            "insights": {
                "properties": [
                    "age_seconds",
                    "page_url",
                    "domain",
                    "ip",
                    "is_framed",
                    "is_masked",
                    "form_input_method",
                    "bot_detected",
                ]
            },
            "verify": {},
        }


async def test_only_what_the_account_has_contracted_is_asked_for() -> None:
    async with stub() as office:
        issuer = TrustedForm(office.session, "k", endpoint=f"{office.url}/trustedform", properties=(), verify=False)
        await issuer.check(question(CERTIFICATE + CERT_ID, email=None, phone="+442079460000"))
        assert json.loads(office.bodies[0]) == {
            "match_lead": {"phone": "442079460000"},
            "retain": {"reference": "lead-1", "vendor": "Acme Co."},
        }


async def test_wordings_are_scanned_for() -> None:
    async with simulated() as office:
        issuer = TrustedForm(
            office.session,
            SIMULATED_PROVIDER_KEY,
            endpoint=f"{office.url}/trustedform",
            required_wording=["I agree to be called"],
            forbidden_wording=["free iPad"],
            verify=False,
        )
        found = await issuer.check(question(f"{CERTIFICATE}aa01"))
        assert (found.wording_found, found.reason) == (True, None)
        assert json.loads(found.raw)["insights"]["scans"]["forbidden"] == ["free iPad"]
        missing = await issuer.check(question(f"{CERTIFICATE}silent01"))
        assert (missing.wording_found, missing.reason) == (False, "Insights page scans unsuccessful")


@pytest.mark.parametrize(
    ("scans", "verify", "found"),
    [
        (True, None, True),
        (False, None, False),
        (None, True, True),
        (None, False, False),
        (True, False, False),
        (False, True, False),
        (True, True, True),
        (None, None, None),
    ],
)
async def test_the_scan_and_the_approved_wordings_must_agree(
    scans: bool | None, verify: bool | None, found: bool | None, office: Office
) -> None:
    answer = {
        "outcome": "success",
        "insights": {"scans": {"result": {"success": scans}}},
        "verify": {"result": {"language_approved": verify}},
    }
    await office.answers(text=json.dumps(answer))
    assert (await office.ask("trustedform")).wording_found is found


async def test_what_the_issuer_does_not_say_is_not_made_up(office: Office) -> None:
    await office.answers(text='{"outcome": "failure", "reason": "somehow", "a_new_field": {}}')
    answer: CertificateAnswer = await office.ask("trustedform")
    assert answer == CertificateAnswer(
        genuine=True,
        reason="somehow",
        phone_matches=None,
        email_matches=None,
        age=None,
        page_url=None,
        ip=None,
        framed=None,
        bot_detected=None,
        wording_found=None,
        retained_until=None,
        raw=b'{"outcome": "failure", "reason": "somehow", "a_new_field": {}}',
    )


async def test_the_reason_of_a_success_is_no_reason(office: Office) -> None:
    """The issuer's own example has the word "null" there."""
    await office.answers(text=json.dumps({**TRUSTEDFORM_EXAMPLE, "reason": "null"}))
    assert (await office.ask("trustedform")).reason is None


async def test_a_date_without_a_zone_is_in_utc(office: Office) -> None:
    await office.answers(
        text='{"outcome": "success", "retain": {"results": {"expires_at": "2029-07-18T12:03:52"}}}'
    )
    answer: CertificateAnswer = await office.ask("trustedform")
    assert answer.retained_until == datetime(2029, 7, 18, 12, 3, 52, tzinfo=UTC)


async def test_an_operation_that_went_wrong_may_be_run_again(office: Office) -> None:
    await office.answers(text='{"outcome": "error", "reason": "An unexpected error occurred"}')
    with pytest.raises(Transient):
        await office.ask("trustedform")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "unknown_certificate"),
        (404, "unknown_certificate"),
        (405, "certificate_refused"),
        (410, "unknown_certificate"),
        (422, "certificate_refused"),
    ],
)
async def test_every_final_no_of_trustedform_has_its_code(status: int, code: str, office: Office) -> None:
    await office.answers(status, '{"outcome": "error", "reason": "x"}')
    with pytest.raises(Permanent) as no:
        await office.ask("trustedform")
    assert (no.value.code, no.value.provider_code) == (code, str(status))


SIMULATED_CERTIFICATES: dict[str, dict[str, object]] = {
    "forged01": {"phone_matches": False, "email_matches": True},
    "bot01": {"bot_detected": True, "phone_matches": True},
    "framed01": {"framed": True},
    "old01": {"age": timedelta(days=100)},
    "silent01": {"wording_found": False, "reason": "Verification unsuccessful"},
}


@pytest.mark.parametrize("certificate", SIMULATED_CERTIFICATES)
async def test_the_simulated_certificates_behave_by_their_beginnings(certificate: str) -> None:
    async with simulated() as office:
        answer = await office.ask("trustedform", certificate)
        told = {name: getattr(answer, name) for name in SIMULATED_CERTIFICATES[certificate]}
        assert told == SIMULATED_CERTIFICATES[certificate]


@pytest.mark.parametrize(
    ("certificate", "code"),
    [
        ("dead01", "unknown_certificate"),
        ("sandbox01", "certificate_refused"),
        ("spent01", "certificate_refused"),
    ],
)
async def test_the_simulated_certificates_that_are_refused(certificate: str, code: str) -> None:
    async with simulated() as office:
        with pytest.raises(Permanent) as no:
            await office.ask("trustedform", certificate)
        assert no.value.code == code


async def test_retaining_again_is_no_error() -> None:
    async with simulated() as office:
        first = await office.ask("trustedform")
        again = await office.ask("trustedform")
        retained = [json.loads(one.raw)["retain"]["results"]["previously_retained"] for one in (first, again)]
        assert retained == [False, True]


# ---- Jornaya --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", [TOKEN, TOKEN.lower()])
async def test_a_token_is_known_by_its_form(token: str, office: Office) -> None:
    assert office.jornaya.issued(token)


@pytest.mark.parametrize(
    "token",
    ["", TOKEN[:-1], f"{TOKEN}0", f" {TOKEN}", f"{TOKEN}\n", TOKEN.replace("-", "_"), "z" + TOKEN[1:],
     TOKEN.replace("0", "\u0660"), f"{TOKEN[:-2]}&x", CERTIFICATE + CERT_ID],
)  # fmt: skip
async def test_what_is_no_token_is_not_asked_about(token: str) -> None:
    session = Recorder()
    issuer = Jornaya(cast(aiohttp.ClientSession, session), "account", "key")
    assert not issuer.issued(token)
    with pytest.raises(Permanent) as no:
        await issuer.check(question(token))
    assert no.value.code == "unknown_certificate"
    assert session.sent == []


async def test_an_audit_is_asked_for_as_documented() -> None:
    async with stub() as office:
        await office.ask("jornaya")
        (request,) = office.seen
        assert (request.method, request.path) == ("GET", "/jornaya/SingleQuery")
        assert dict(request.query) == {
            "lac": SIMULATED_PROVIDER_KEY,
            "lak": SIMULATED_PROVIDER_KEY,
            "id": TOKEN,
            "lpc": "Acme Co.",
            "recordid": "lead-1",
            "data": f"phone1;{LEAD[2:]}|email;{EMAIL}",
            "format": "json",
        }
        assert "Authorization" not in request.headers


async def test_an_access_token_is_sent_where_the_account_has_one() -> None:
    async with stub() as office:
        url = f"{office.url}/jornaya/SingleQuery"
        issuer = Jornaya(office.session, "a", "k", endpoint=url, access_token="t")
        await issuer.check(question(TOKEN))
        assert office.seen[0].headers["Authorization"] == "Bearer t"


async def test_a_value_with_a_separator_is_left_out() -> None:
    """Nothing is published on how one would be escaped; it could name another person's data."""
    async with stub() as office:
        await office.jornaya.check(question(TOKEN, email='"a|phone1;3035550100"@example.com'))
        assert office.seen[0].query["data"] == f"phone1;{LEAD[2:]}"


@pytest.mark.parametrize(
    ("audit", "phone", "email"),
    [
        ({"data_integrity": 1}, True, True),
        ({"data_integrity": "1"}, True, True),
        ({"data_integrity": 0}, None, None),
        ({"data_integrity": 2}, None, None),
        ({"data_integrity": 3}, None, None),
        ({}, None, None),
        ({"data_integrity": ""}, None, None),
        ({"data_integrity": 0, "data_integrity_failed": "phone1"}, False, None),
        ({"data_integrity": 0, "data_integrity_failed": "phone1, email"}, False, False),
        ({"data_integrity_failed": ["phone1"], "data_integrity_passed": ["email"]}, False, True),
        ({"data_integrity": 1, "data_integrity_failed": "phone1"}, False, True),
        ({"data_integrity_passed": "phone1|email"}, True, True),
    ],
)  # fmt: skip
async def test_what_matches_is_read_field_by_field(
    audit: dict[str, object], phone: bool | None, email: bool | None, office: Office
) -> None:
    await office.answers(text=json.dumps({"audit": {"authentic": 1, **audit}}))
    answer = await office.ask("jornaya")
    assert (answer.phone_matches, answer.email_matches) == (phone, email)


async def test_a_mismatch_of_the_only_value_is_the_phones() -> None:
    async with stub() as office:
        await office.answers(text='{"audit": {"authentic": 1, "data_integrity": 0}}')
        answer = await office.jornaya.check(question(TOKEN, email=None))
        assert (answer.phone_matches, answer.email_matches) == (False, None)


@pytest.mark.parametrize("market", [None, [], "", {}, {"leadid": []}, {"leadid": {"tcpa": []}}])
async def test_a_branch_that_the_account_does_not_have_is_empty(market: object, office: Office) -> None:
    await office.answers(text=json.dumps({"audit": {"authentic": 1, "lead_age": "", "market": market}}))
    answer = await office.ask("jornaya")
    assert (answer.genuine, answer.wording_found, answer.age) == (True, None, None)


@pytest.mark.parametrize(("said", "found"), [(1, True), (0, False), ("1", True), (2, None), ("", None)])
async def test_a_consent_wording_is_told_by_tcpa_guardian(said: object, found: bool | None, office: Office) -> None:
    market = {"leadid": {"tcpa": {"disclosure": said}}}
    await office.answers(text=json.dumps({"audit": {"authentic": 1, "market": market}}))
    assert (await office.ask("jornaya")).wording_found is found


@pytest.mark.parametrize("reason", [1, 4, "4"])
async def test_a_token_that_nobody_can_vouch_for_is_unknown(reason: object, office: Office) -> None:
    await office.answers(text=json.dumps({"audit": {"authentic": 0, "reason": reason}}))
    with pytest.raises(Permanent) as no:
        await office.ask("jornaya")
    assert (no.value.code, no.value.provider_code) == ("unknown_certificate", str(reason))


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (2, "the token was queried too often"),
        (3, "the consumer opted out"),
        (9, "not authentic (9)"),
        (None, "not authentic (None)"),
    ],
)
async def test_a_token_that_may_not_be_relied_on_is_not_genuine(
    reason: int | None, words: str, office: Office
) -> None:
    await office.answers(text=json.dumps({"audit": {"authentic": 0, "reason": reason, "data_integrity": 1}}))
    answer = await office.ask("jornaya")
    assert (answer.genuine, answer.reason) == (False, words)
    assert (answer.phone_matches, answer.email_matches) == (None, None)


async def test_the_simulated_tokens_behave_by_their_beginnings() -> None:
    rest = TOKEN[4:]
    async with simulated() as office:
        for start in ("dead", "01d0"):
            with pytest.raises(Permanent):
                await office.ask("jornaya", start + rest)
        assert not (await office.ask("jornaya", "1000" + rest)).genuine
        assert (await office.ask("jornaya", "0b70" + rest)).reason == "the consumer opted out"
        assert (await office.ask("jornaya", "bad0" + rest)).phone_matches is False
        assert (await office.ask("jornaya", "a6ed" + rest)).age == timedelta(days=100)
        assert (await office.ask("jornaya", "0000" + rest)).wording_found is False


@pytest.mark.parametrize(("kind", "others"), [("jornaya", TRUSTEDFORM_EXAMPLE), ("trustedform", JORNAYA_EXAMPLE)])
async def test_another_issuers_answer_is_not_taken(kind: str, others: dict[str, object], office: Office) -> None:
    await office.answers(text=json.dumps(others))
    with pytest.raises(Transient, match="odd answer"):
        await office.ask(kind)
