"""The keywords: messages that are, apart from courtesy, one word.

Owns: which words are a request on their own, which may be one, and which are not a slip of one.
Must not know: sentences (``sentences``), or how a word is compared (``reading``).
All are in lower case and without accents.
"""

from __future__ import annotations

MARKS = frozenset({".", ",", "?"})
COURTESY = frozenset(
    {
        "please", "pls", "plz", "kindly", "thanks", "thank", "thx", "tnx", "ty", "you", "just", "ok", "okay", "now",
        "hi", "hello", "hey", "sir", "maam", "guys", "immediately", "asap", "all", "me", "it", "this", "por",
        "favor", "porfavor", "gracias", "ya",
    }
)  # fmt: skip
"""Around a keyword they change nothing: "STOP please", "ok stop", "stop it"."""
OPT_OUT = frozenset(
    {
        # 47 CFR 64.1200(a)(10): per se. "Opt out" and "opt-out" arrive as one word.
        "stop", "quit", "end", "revoke", "optout", "cancel", "unsubscribe",
        # What carriers take as well, and what people make of it.
        "stopall", "stop2end", "stop2quit", "remove", "unsub", "halt", "stahp",
        # The same in Spanish.
        "parar", "pare", "paren", "para", "alto", "basta", "cancelar", "cancele", "cancela", "cancelen", "detener",
        "detengase", "detenganse", "desuscribir", "desuscribirme", "baja", "borrenme", "borreme", "borrame",
    }
)  # fmt: skip
DOUBTFUL = frozenset(
    {
        "no", "nope", "nah", "naw", "pass", "never", "nomore", "enough", "spam", "block", "blocked", "leave",
        "delete", "discontinue", "desist", "salir", "nunca", "jamas", "fuera", "🛑", "⛔", "🚫",
    }
)  # fmt: skip
"""Alone they may answer a question of ours, or may be a request."""
OPT_IN = frozenset({"start", "unstop"})
"""What carriers take to lift a stop. "Yes" is left out on purpose: it answers too many other questions. So are
Spanish words: no carrier takes one by default, and it would go on refusing our texts."""
HELP = frozenset({"help", "info", "ayuda"})

DIGITS_FOR_LETTERS = str.maketrans({"0": "o", "1": "i", "5": "s", "3": "e"})
SLIPS_OF = ("stop", "unsubscribe", "cancel", "quit", "remove")
NOT_A_SLIP = frozenset(
    {
        "shop", "step", "slop", "stow", "top", "atop", "sop", "strop", "stomp", "estop", "cancer", "quiet", "quite",
        "quilt", "quid", "quip", "suit", "quits", "remote", "remover", "removed", "cancels", "canceled",
    }
)  # fmt: skip
"""Words of their own that are one letter away from a keyword."""
