"""Checks of the email address: can mail reach the person who filled in the form?

Owns: addresses that nobody reads, and those that say "I give you none". Must not know: how syntax, the list of
disposable domains or DNS are asked; their answers come as facts.
"""

from __future__ import annotations

import re

from speedtolead.domain.checks.facts import Facts, Policy
from speedtolead.domain.checks.finding import Finding, Reason, accepted, not_applicable, objected, shown
from speedtolead.domain.checks.words import is_test_word

_ROLES = frozenset(
    {
        "noreply", "no-reply", "no_reply", "donotreply", "do-not-reply", "do_not_reply", "admin", "administrator",
        "root", "postmaster", "webmaster", "hostmaster", "mailer-daemon", "abuse", "spam",
    }
)  # fmt: skip
"""Mailboxes of no one person. info@, sales@ and office@ are not here: the owner of a small firm reads them."""
_NONE_GIVEN = frozenset(
    {"none", "no", "na", "nobody", "noone", "noemail", "no-email", "nomail", "null", "nothing", "nope"}
)
_SURELY_NONE = frozenset({"noemail", "no-email", "no_email", "nomail", "no-mail", "donthaveone", "idonthaveone"})
_RESERVED = re.compile(r"(?:.*\.)?(?:example\.(?:com|net|org)|test|example|invalid|localhost)")
"""Domains that belong to nobody: RFC 2606 and RFC 6761."""
_ONE_LETTER = re.compile(r"(.)\1{2,}")


def mailbox_and_domain(email: str) -> tuple[str, str]:
    """Both in lower case; the domain is empty when there is no ``@``."""
    mailbox, at, domain = email.strip().lower().rpartition("@")
    return (mailbox, domain.rstrip(".")) if at else (domain, "")


def email(facts: Facts, policy: Policy) -> Finding:
    """An address that could be somebody's."""
    inputs: dict[str, object] = {"email": shown(facts.email), "syntax_ok": facts.email_syntax_ok}
    if not _given(facts):
        return not_applicable("email", "email", inputs)
    fault = _fault(facts)
    inputs["fault"] = fault
    if fault is None:
        return accepted("email", "email", inputs)
    words = "This is not an email address that reaches the person."
    return objected("email", policy.reactions, Reason.INVALID_EMAIL, "email", words, inputs)


def email_domain(facts: Facts, policy: Policy) -> Finding:
    """A domain that takes mail. Not asked of an address that is no good anyway: one fault is counted once."""
    inputs: dict[str, object] = {"email": shown(facts.email), "takes_mail": facts.email_takes_mail}
    if not _given(facts) or facts.email_takes_mail is None or _fault(facts) is not None:
        return not_applicable("email_domain", "email", inputs)
    if facts.email_takes_mail:
        return accepted("email_domain", "email", inputs)
    words = "The domain of this email address takes no mail."
    return objected("email_domain", policy.reactions, Reason.INVALID_EMAIL, "email", words, inputs)


def disposable_email(facts: Facts, policy: Policy) -> Finding:
    """An address that was not made to be thrown away."""
    inputs: dict[str, object] = {"email": shown(facts.email), "disposable": facts.email_disposable}
    if not _given(facts) or facts.email_disposable is None:
        return not_applicable("disposable_email", "email", inputs)
    if not facts.email_disposable:
        return accepted("disposable_email", "email", inputs)
    words = "This email address is a disposable one."
    return objected("disposable_email", policy.reactions, Reason.DISPOSABLE_EMAIL, "email", words, inputs)


def role_email(facts: Facts, policy: Policy) -> Finding:
    """A person's address, not a machine's or an office's: not noreply@ or admin@."""
    inputs: dict[str, object] = {"email": shown(facts.email)}
    if not _given(facts):
        return not_applicable("role_email", "email", inputs)
    mailbox, domain = mailbox_and_domain(facts.email or "")
    if not domain or mailbox.partition("+")[0] not in _ROLES:
        return accepted("role_email", "email", inputs)
    words = "This email address is not a person's own."
    return objected("role_email", policy.reactions, Reason.ROLE_EMAIL, "email", words, inputs)


def made_up_email(facts: Facts, policy: Policy) -> Finding:
    """test@test.com, asdf@asdf.net, aaa@aaa.com: both sides are a test word. One side alone may be real."""
    inputs: dict[str, object] = {"email": shown(facts.email)}
    if not _given(facts) or facts.declared_test:
        return not_applicable("made_up_email", "email", inputs)
    mailbox, domain = mailbox_and_domain(facts.email or "")
    if not (_made_up(mailbox) and _made_up(domain.partition(".")[0])):
        return accepted("made_up_email", "email", inputs)
    words = "This email address looks made up."
    return objected("made_up_email", policy.reactions, Reason.TEST_DATA, "email", words, inputs)


def _given(facts: Facts) -> bool:
    return bool(facts.email and facts.email.strip())


def _fault(facts: Facts) -> str | None:
    """``none_given``: the person was made to write something and wrote that they give none."""
    mailbox, domain = mailbox_and_domain(facts.email or "")
    if mailbox in _SURELY_NONE or (mailbox in _NONE_GIVEN and domain.partition(".")[0] in _NONE_GIVEN):
        return "none_given"
    if _RESERVED.fullmatch(domain):
        return "reserved_domain"
    return "syntax" if facts.email_syntax_ok is False else None


def _made_up(word: str) -> bool:
    return is_test_word(word) or _ONE_LETTER.fullmatch(word) is not None
