"""What of a message is the person's own, in the one form in which the rules compare it.

Owns: taking away quoted mail, signatures, reactions and our own words; one form for every way to write a letter.
Must not know: what any word means.
Text that is cut off wrongly could hide a request, so only what is surely not the person's is taken away.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

STOP_SIGNS = "🛑⛔🚫"
"""Pictures that stand for a word; every other picture is dropped."""
_APOSTROPHES = re.compile("['’‘`´ʼ＇]")
_ADDRESSES = re.compile(r"(?:https?://|www\.)\S{1,300}|[\w.+-]{1,64}@[\w.-]{1,255}", re.IGNORECASE)
"""``https://example.com/stop`` says nothing."""
_MASKED_OATH = re.compile(r"\bf[*@#]{2,3}(?:k|ck)?", re.IGNORECASE)
_OPT_OUT = re.compile(r"\bopt(?:ed|ing)? out\b", re.IGNORECASE)
_CLAUSE_END = frozenset(".!;:()\n")
_WRAPPED_LINE = 50
"""A line at least this long, in characters, was broken by the mail program and not by the person."""

_QUOTE_INTRODUCTION = re.compile(r"(?:on|el) .{1,200}(?:wrote|escribió|escribio):", re.IGNORECASE)
"""As Gmail and Apple Mail write it; it may be broken over two lines."""
_REST_IS_OLD = re.compile(
    r"-{2,20} ?(?:original message|forwarded message|mensaje original|mensaje reenviado) ?-{2,20}|_{10,80}",
    re.IGNORECASE,
)
_OLD_HEADER = re.compile(r"(?:from|de): .{1,300}", re.IGNORECASE)
_OLD_HEADER_NEXT = re.compile(r"(?:sent|to|date|subject|enviado|para|fecha|asunto): ?.{0,300}", re.IGNORECASE)
_DEVICE_LINE = re.compile(r"(?:sent from my|get outlook for|enviado desde mi) .{1,60}", re.IGNORECASE)
_SIGNATURE = "--"
"""RFC 3676, 4.3: two hyphens and a space, which many programs trim."""

_REACTION = re.compile(
    r"(?:liked|loved|disliked|laughed at|emphasized|questioned|reacted \S{1,12} to|removed an? .{1,20} from"
    r"|(?:me|le) (?:gustó|gusto|encantó|encanto)|\W{1,8} to) ?[“\"«]",
    re.IGNORECASE,
)
"""How a phone without pictures shows a reaction: the word, then a copy of our text, whole or cut short."""
_INSTRUCTION = re.compile(
    r"(?<= [.,?] )(?:please )?(?:reply|text|txt|send|respond|responda|responde|envie|envia|conteste) "
    r"(?:with |con )?"
    r"(?:stop|end|quit|cancel|unsubscribe|no|optout|help|parar|alto|baja|salir)"
    r" (?:to|2|for|if|para) (?:optout|\w{1,20})(?= )",
    re.IGNORECASE,
)
"""The one sentence that every sender's texts hold. Only as the start of a clause: "I did reply STOP to opt out" is
the person's own."""
_SHORTEST_COPY = 4
"""Words. Fewer could be the person's by chance."""


def own_words(text: str, *, mail: bool, ours: Sequence[str]) -> str:
    """The person's own words, as ``plain`` gives them."""
    kept = "" if _REACTION.match(text.strip()) else text
    words = plain(_unquoted(kept) if mail else kept)
    for sentence in _sentences(ours):
        copy = r"(?:(?<!.)|(?<= [.,?]))" + re.escape(f" {sentence} ")
        words = re.sub(copy, " . ", words, flags=re.IGNORECASE)
    # Marked at both ends, so that the first sentence is found as any other.
    marked = _INSTRUCTION.sub(" ", f" .{words}")
    return f" {' '.join(marked.split()[1:])} "


def plain(text: str) -> str:
    """Words and marks, each between single spaces: " dont stop , please . ".

    Case is kept. Accents, apostrophes and what cannot be seen are dropped; ``,`` and ``?`` are kept, any other mark
    that ends a clause is ``.``; "opt out" and "opt-out" are one word.
    """
    unmarked = _ADDRESSES.sub(" ", _APOSTROPHES.sub("", text))
    folded = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", unmarked))
    seen = "".join(char for char in folded if unicodedata.category(char) not in {"Mn", "Me", "Cf"})
    oath = _MASKED_OATH.sub("fuck", _APOSTROPHES.sub("", seen))
    tokens: list[str] = []
    for token in "".join(_as_token(char) for char in _unwrapped(oath)).split():
        if not (token == "." and tokens and tokens[-1] == "."):
            tokens.append(token)
    return _OPT_OUT.sub("optout", f" {' '.join(tokens)} ")


def _as_token(char: str) -> str:
    if char.isalnum() or char == "#":
        return char
    if char in ",?" or char in STOP_SIGNS:
        return f" {char} "
    return " . " if char in _CLAUSE_END else " "


def _unwrapped(text: str) -> str:
    lines = text.splitlines()
    return "".join(line + (" " if len(line) >= _WRAPPED_LINE else "\n") for line in lines)


def _sentences(ours: Iterable[str]) -> list[str]:
    """Our texts, and each of their sentences, longest first: a phone may quote one sentence only."""
    found: set[str] = set()
    for text in ours:
        whole = plain(text)
        found.update(" ".join(part.split()) for part in (whole, *re.split(r" [.?] ", whole)))
    return sorted((part for part in found if len(part.split()) >= _SHORTEST_COPY), key=len, reverse=True)


def _unquoted(text: str) -> str:
    """A mail without what it quotes, its signature and the line of the device.

    Words below a quotation that is marked line by line (">") are kept: some people answer there.
    """
    kept: list[str] = []
    lines = [line.strip() for line in text.splitlines()]
    at = 0
    while at < len(lines):
        line = lines[at]
        introduced = _introduction(lines, at)
        if introduced:
            at += introduced
            if not _next_is_marked(lines, at):
                break
            continue
        if line == _SIGNATURE or _REST_IS_OLD.fullmatch(line) or _is_old_header(lines, at):
            break
        if not line.startswith(">") and not _DEVICE_LINE.fullmatch(line):
            kept.append(line)
        at += 1
    return "\n".join(kept)


def _introduction(lines: Sequence[str], at: int) -> int:
    """How many lines, from this one, say who wrote what follows; 0: none."""
    for count in (1, 2):
        if _QUOTE_INTRODUCTION.fullmatch(" ".join(lines[at : at + count])):
            return count
    return 0


def _next_is_marked(lines: Sequence[str], at: int) -> bool:
    following = next((line for line in lines[at:] if line), "")
    return following.startswith(">")


def _is_old_header(lines: Sequence[str], at: int) -> bool:
    """A copied header: "From: …" and, on the next line, another of its fields."""
    after = lines[at + 1] if at + 1 < len(lines) else ""
    return bool(_OLD_HEADER.fullmatch(lines[at]) and _OLD_HEADER_NEXT.fullmatch(after))
