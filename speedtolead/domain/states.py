"""The states and territories of the US by name: forms and ad platforms post "Colorado" as often as "CO".

Owns: the names. Must not know: where a state lies, or what follows from it. An unknown name stays as it is.
"""

from __future__ import annotations

_CODES = {
    "ALABAMA": "AL", "ALASKA": "AK", "ARIZONA": "AZ", "ARKANSAS": "AR", "CALIFORNIA": "CA", "COLORADO": "CO",
    "CONNECTICUT": "CT", "DELAWARE": "DE", "DISTRICT OF COLUMBIA": "DC", "WASHINGTON DC": "DC", "FLORIDA": "FL",
    "GEORGIA": "GA", "HAWAII": "HI", "IDAHO": "ID", "ILLINOIS": "IL", "INDIANA": "IN", "IOWA": "IA", "KANSAS": "KS",
    "KENTUCKY": "KY", "LOUISIANA": "LA", "MAINE": "ME", "MARYLAND": "MD", "MASSACHUSETTS": "MA", "MICHIGAN": "MI",
    "MINNESOTA": "MN", "MISSISSIPPI": "MS", "MISSOURI": "MO", "MONTANA": "MT", "NEBRASKA": "NE", "NEVADA": "NV",
    "NEW HAMPSHIRE": "NH", "NEW JERSEY": "NJ", "NEW MEXICO": "NM", "NEW YORK": "NY", "NORTH CAROLINA": "NC",
    "NORTH DAKOTA": "ND", "OHIO": "OH", "OKLAHOMA": "OK", "OREGON": "OR", "PENNSYLVANIA": "PA",
    "RHODE ISLAND": "RI", "SOUTH CAROLINA": "SC", "SOUTH DAKOTA": "SD", "TENNESSEE": "TN", "TEXAS": "TX",
    "UTAH": "UT", "VERMONT": "VT", "VIRGINIA": "VA", "WASHINGTON": "WA", "WEST VIRGINIA": "WV", "WISCONSIN": "WI",
    "WYOMING": "WY",
    "AMERICAN SAMOA": "AS", "GUAM": "GU", "NORTHERN MARIANA ISLANDS": "MP", "PUERTO RICO": "PR",
    "US VIRGIN ISLANDS": "VI", "VIRGIN ISLANDS": "VI", "FEDERATED STATES OF MICRONESIA": "FM",
    "MARSHALL ISLANDS": "MH", "PALAU": "PW",
}  # fmt: skip
"""USPS Publication 28, appendix B."""


def state_code(text: str) -> str:
    """The two letters of a state that is named or abbreviated, whatever the case: "New York", "N.Y.", "US-NY"."""
    said = " ".join(text.upper().replace(".", "").replace(",", " ").split()).removeprefix("US-")
    return _CODES.get(said, said)


def state_name(code: str) -> str:
    """The state in words: "Pennsylvania" of "PA". A code that is unknown stays as it is."""
    return _NAMES.get(code, code)


_NAMES = {
    code: " ".join(word if word == "of" else word.title() for word in name.split())
    for name, code in reversed(_CODES.items())
} | {"DC": "District of Columbia", "VI": "US Virgin Islands", "US": "the United States"}
STATES = {code: name for code, name in _NAMES.items() if code != "US"}
"""Every state and territory, by its code."""
