"""Mail addresses from the offline tables: a short way for plain names, which says what the long one says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from speedtolead.adapters.mail_addresses import OfflineMailAddresses, _facts
from speedtolead.ports import MailFacts

NAMES = ("ada", "a.b", "a+tag", "a_b-c", "1", ".a", "a.", "a..b", "", "a b", '"a b"', "ä", "a@b", "a" * 64,
         "a" * 65, "postmaster", "x" * 300, "a\n", "<a>")  # fmt: skip
DOMAINS = ("example.com", "gmail.com", "mailinator.com", "sub.mailinator.com", "münchen.example",
           "xn--mnchen-3ya.de", "example", "-a.com", "a-.com", "a..com", ".com", "", "[127.0.0.1]", "localhost",
           "test", "a.test", "EXAMPLE.com", "d." * 120 + "com", "l" * 63 + ".com", "l" * 64 + ".com",
           "example.com>", "example.com\n", "\uff11.com")  # fmt: skip
ADDRESSES = OfflineMailAddresses()


def test_the_short_way_says_what_the_long_one_says_of_every_sample() -> None:
    for address in (f"{name}@{domain}" for name in NAMES for domain in DOMAINS):
        assert ADDRESSES.facts(address) == _facts(address), address


@given(st.text(max_size=70), st.one_of(st.sampled_from(DOMAINS), st.text(max_size=20)))
def test_and_of_every_text(name: str, domain: str) -> None:
    assert ADDRESSES.facts(f"{name}@{domain}") == _facts(f"{name}@{domain}")


def test_what_has_no_at_is_no_address() -> None:
    assert ADDRESSES.facts("example.com") == MailFacts(False, "", False)
