"""What a person hears who answered and got no agent.

Owns: the words, which the law asks for and limits: who called, a number that takes do-not-call requests, and a key
by which they are called no more; nothing is offered. Must not know: how it is said, or what the key does.

Source: 47 CFR 64.1200(a)(7)(i), 16 CFR 310.4(b)(4)(iii).
"""

from __future__ import annotations

from speedtolead.domain.phone import digit_by_digit

_WORDS = (
    "This is {seller}. We called about the request that you made, and nobody is free to speak with you now. "
    "You can call us at {number}. Press 9 and you will not be called again."
)


def nobody_free(seller: str, caller_id: str) -> str:
    """The notice; ``caller_id`` is E.164, and said digit by digit."""
    return _WORDS.format(seller=seller, number=digit_by_digit(caller_id))
