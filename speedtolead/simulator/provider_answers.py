"""What the simulated providers of facts know, in the providers' own shapes.

Owns the made-up facts behind numbers, certificates and tokens, and the JSON that tells them; `providers` has the
table in words. Must not know HTTP. An id that no rule names has the facts of a lead without a fault.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

FICTION = re.compile(r"\+1\d{3}55501(\d\d)")
NO_NUMBER = "95"
LINE_TYPES = {"50": "landline", "51": "fixedVoip", "52": "nonFixedVoip", "53": "unknown"}
PACKAGE_ERRORS = {"54": {"line_type_intelligence": 60610, "reassigned_number": 60608}}
REASSIGNED = {"55": "yes", "56": "no_data_available"}
SCRUB_REASONS = {
    "57": "Litigator",
    "58": "National (USA) 2019-03-01;;;",
    "59": "National (USA) 2019-03-01;State (FL) 2021-07-15;;",
}
PACKAGES = (
    "caller_name",
    "sim_swap",
    "call_forwarding",
    "line_status",
    "line_type_intelligence",
    "identity_match",
    "reassigned_number",
    "sms_pumping_risk",
    "phone_number_quality_score",
    "pre_fill",
)
REFUSED_CERTIFICATES = {
    "dead": (404, "TrustedForm certificate has expired or could not be found"),
    "sandbox": (405, "Certificate is not claimable"),
    "spent": (422, "Certificate has been claimed too many times"),
}
REFUSED_TOKENS = {"dead": 4, "01d0": 1, "1000": 2, "0b70": 3}
AGE = 45
OLD = int(timedelta(days=100).total_seconds())


def ending(number: str) -> str:
    """The last two digits of a fictional number; empty for any other."""
    found = FICTION.fullmatch(number)
    return found[1] if found else ""


# ---- Twilio Lookup v2 ---------------------------------------------------------------------------------------


def looked_up(number: str, fields: frozenset[str], last_verified: str) -> dict[str, object]:
    digits = ending(number)
    valid = digits != NO_NUMBER and re.fullmatch(r"\+[1-9]\d{6,14}", number) is not None
    told: dict[str, object] = {
        "calling_country_code": "1" if number.startswith("+1") else None,
        "country_code": "US" if number.startswith("+1") else None,
        "phone_number": number,
        "national_format": number.removeprefix("+1"),
        "valid": valid,
        "validation_errors": [] if valid else ["INVALID_BUT_POSSIBLE"],
        **dict.fromkeys(PACKAGES),
        "url": f"https://lookups.twilio.com/v2/PhoneNumbers/{number}",
    }
    if not valid:
        return told
    broken = PACKAGE_ERRORS.get(digits, {})
    if "line_type_intelligence" in fields:
        told["line_type_intelligence"] = _line(digits, broken.get("line_type_intelligence"))
    if "reassigned_number" in fields:
        error = broken.get("reassigned_number")
        told["reassigned_number"] = {
            "last_verified_date": f"{last_verified[:4]}-{last_verified[4:6]}-{last_verified[6:]}",
            "is_number_reassigned": None if error else REASSIGNED.get(digits, "no"),
            "error_code": error,
        }
    return told


def _line(digits: str, error: int | None) -> dict[str, object]:
    kind = None if error else LINE_TYPES.get(digits, "mobile")
    mobile = kind == "mobile"
    return {
        "mobile_country_code": "310" if mobile else None,
        "mobile_network_code": "260" if mobile else None,
        "carrier_name": None if error or kind == "unknown" else f"Simulated {kind}",
        "type": kind,
        "error_code": error,
    }


# ---- TrustedForm certificate API 4.0 ------------------------------------------------------------------------


def claimed(certificate: str, wanted: Mapping[str, Any], retained_before: bool) -> tuple[int, dict[str, object]]:
    """Status and body of one run of operations."""
    for start, (status, reason) in REFUSED_CERTIFICATES.items():
        if certificate.startswith(start):
            return status, {"outcome": "error", "reason": reason}
    if certificate.startswith("broken"):
        return 200, {"outcome": "error", "reason": "An unexpected error occurred"}
    told: dict[str, object] = {}
    failures = []
    if "match_lead" in wanted:
        told["match_lead"], matched = _match(wanted["match_lead"], not certificate.startswith("forged"))
        failures += [] if matched else ["Lead matching unsuccessful"]
    if "retain" in wanted:
        until = datetime.now(UTC) + timedelta(days=5 * 365)
        results = {
            "expires_at": f"{until:%Y-%m-%dT%H:%M:%SZ}",
            "masked_cert_url": f"https://cert.trustedform.com/masked-{certificate}",
            "previously_retained": retained_before,
        }
        told["retain"] = {**wanted["retain"], "results": results}
    approved = not certificate.startswith("silent")
    if "insights" in wanted:
        told["insights"] = _insights(certificate, wanted["insights"], approved)
        failures += [] if approved or "scans" not in wanted["insights"] else ["Insights page scans unsuccessful"]
    if "verify" in wanted:
        told["verify"] = {
            "languages": [{"text": "I agree to be called."}] if approved else [],
            "result": {"form_submitted": True, "language_approved": approved, "success": approved},
        }
        failures += [] if approved else ["Verification unsuccessful"]
    outcome = {"outcome": "failure" if failures else "success", "reason": "; ".join(failures) or None}
    return 200, {**outcome, **told}


def _match(lead: Mapping[str, Any], found: bool) -> tuple[dict[str, object], bool]:
    phone = found if lead.get("phone") else None
    email = True if lead.get("email") else None
    success = bool(phone or email)
    return {**lead, "result": {"phone_match": phone, "email_match": email, "success": success}}, success


def _insights(certificate: str, wanted: Mapping[str, Any], approved: bool) -> dict[str, object]:
    known: dict[str, object] = {
        "age_seconds": OLD if certificate.startswith("old") else AGE,
        "bot_detected": certificate.startswith("bot"),
        "domain": "forms.example.com",
        "form_input_method": ["typing"],
        "ip": "198.51.100.7",
        "is_framed": certificate.startswith("framed"),
        "is_masked": certificate.startswith("masked"),
        "page_url": "https://forms.example.com/quote",
    }
    told: dict[str, object] = {
        "properties": {name: known.get(name) for name in wanted.get("properties", [])},
    }
    if scans := wanted.get("scans"):
        terms = scans.get("required", [])
        told["scans"] = {
            **scans,
            "result": {
                "required": {"found": terms if approved else [], "not_found": [] if approved else terms},
                "forbidden": {"found": [], "not_found": scans.get("forbidden", [])},
                "success": approved,
            },
        }
    return told


# ---- Jornaya Single Query -----------------------------------------------------------------------------------


def audited(token: str, data: str) -> dict[str, object]:
    """The audit of a token; `data` is what the caller wants compared: `label;value|label;value`."""
    transaction = {"transid": "00000000-0000-4000-8000-000000000000"}
    for start, reason in REFUSED_TOKENS.items():
        if token.lower().startswith(start):
            return {"audit": {"authentic": 0, "reason": reason, "result": 3, "token": token}, **transaction}
    labels = [pair.partition(";")[0] for pair in data.split("|") if pair]
    failed = [label for label in labels if label == "phone1"] if token.lower().startswith("bad0") else []
    audit: dict[str, object] = {
        "authentic": 1,
        "token": token,
        "result": 3 if failed else 1,
        "lead_age": OLD if token.lower().startswith("a6ed") else AGE,
        "data_integrity": 0 if failed else 1,
        "data_integrity_passed": [label for label in labels if label not in failed],
        "data_integrity_failed": failed,
        "market": {"leadid": {"tcpa": {"disclosure": 0 if token.lower().startswith("0000") else 1}}},
    }
    return {"audit": audit, **transaction}


# ---- DNC.com DNCScrub ---------------------------------------------------------------------------------------


def scrubbed(number: str) -> dict[str, object]:
    """One row of the answer; `number` is E.164."""
    digits = ending(number)
    reason = SCRUB_REASONS.get(digits)
    landline = LINE_TYPES.get(digits) == "landline"
    clean, place = ("C", "") if landline else ("W", ";;;W")
    return {
        "Phone": number.removeprefix("+1"),
        "ResultCode": "I" if digits == NO_NUMBER else "D" if reason else clean,
        "Reserved": "",
        "Reason": place if reason is None else reason,
        "RegionAbbrev": "",
        "Country": "US",
        "Locale": "",
        "CarrierInfo": '0000;WIRELESS;"Simulated:Simulated"',
        "NewReassignedAreaCode": "",
        "TZCode": "",
        "CallingWindow": "",
        "UTCOffset": "",
        "DoNotCallToday": "",
        "CallingTimeRestrictions": "",
        "EBRType": "",
        "IsWirelessOrVoIP": "0" if landline else "1",
        "LineType": "AllOther" if landline else "Wireless",
    }
