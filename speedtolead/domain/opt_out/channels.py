"""Which channel a request to stop is about.

Owns: the phrases that refuse one channel, and those that welcome the other, in the notation of ``phrases``.
Must not know: what makes a message a request (``sentences``).
Where it is not plain that a channel is welcome, none is: the request is for all.
"""

from __future__ import annotations

from speedtolead.domain.opt_out.phrases import patterns

_CHANNEL = {
    "CALLS": "call|calls|calling|callin|phone|phoning|phone_calls",
    "TEXTS": "text|texts|texting|textin|txt|txts|message|messages|messaging|msg|text_messages",
    "REFUSED": "stop|quit|cease|no|no_more|not|dont|never|or|nor|without",
    "FILL": "all|any|the|your|me|more|phone|ever|please|making|sending|these|with|with_the|all_the",
    "WELCOME": "just|only|instead|you_can|you_may|rather|prefer|better|solo|mejor|solamente",
    "LLAMAME": "llame|llama|llamen|llameme|llamame|llamenme|llamada|llamadas",
}
CALLS_REFUSED = patterns(
    """
    REFUSED [FILL] [FILL] CALLS
    and calls|calling
    no [me|mas|quiero] [recibir|mas] llame|llames|llamen|llamadas
    """,
    _CHANNEL,
)
TEXTS_REFUSED = patterns(
    """
    REFUSED [FILL] [FILL] TEXTS
    and texts|texting|messages|messaging
    no [me|mas|quiero] [recibir|mas] escriba|escribas|escriban|mensajes|textos
    """,
    _CHANNEL,
)
CALLS_WELCOME = patterns(
    """
    WELCOME [to|me|por] CALLS|LLAMAME
    CALLS [me] is|are|only|instead|ok|okay|fine|anytime|works
    CLAUSE [please|just] call|llameme|llamame|llamenme [me] FULLEND
    """,
    _CHANNEL,
)
TEXTS_WELCOME = patterns(
    """
    WELCOME [to|me|por] TEXTS|mensaje|mensajes|texto|textos
    TEXTS [me] is|are|only|instead|ok|okay|fine|works
    CLAUSE [please|just] text|txt [me] FULLEND
    """,
    _CHANNEL,
)
ASKS_FOR_CONTACT = patterns(
    """
    -dont -not -never call|text|email me back|later|tomorrow|after|at|on|in|instead
    CLAUSE [please] call|text|email me
    """,
    {},
)
"""A request to stop and a request to be contacted, in one message: an agent looks."""
