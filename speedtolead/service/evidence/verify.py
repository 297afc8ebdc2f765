"""Checks the evidence of one lead: run ``python3 verify.py`` in the unpacked folder, or ``python3 verify.py
FILE.zip``.

It needs Python 3.9 or later and nothing else, opens no connection, and changes nothing. It prints OK (exit code 0),
or the first entry that is wrong, and what is wrong with it (exit code 1).

How an entry is written down (SHA-256; "+" joins bytes; canonical JSON is RFC 8785):

    facts digest     sha256(salt + canonical {account, at, facts, kind, lead_id, reference, seq})
    personal digest  sha256(personal salt + canonical personal data), or 32 zero bytes where there is none
    digest           sha256(facts digest + personal digest)
    hash             sha256(hash of the entry before + seq as 8 bytes, the highest first + digest)

"links" holds the digest of every entry of the account from the one after "before" to the head, other people's among
them: a digest tells nothing of its entry, but no entry can be taken out, put in, changed or moved without it
showing. Compare the head with one that you got at another time, or from somebody else: that it is the account's
true head is the one thing that no file can prove about itself.
"""

from __future__ import annotations

import json
import os
import sys
import zipfile
from collections.abc import Callable
from hashlib import sha256
from typing import Any

NOTHING = bytes(32)


class Wrong(Exception):
    """What is wrong; the message says where."""


def ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: ordered(value[key]) for key in sorted(value, key=lambda name: name.encode("utf-16-be"))}
    if isinstance(value, list):
        return [ordered(item) for item in value]
    return value


def canonical(value: Any) -> bytes:
    return json.dumps(ordered(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def digest_of(account: str, entry: dict[str, Any]) -> bytes:
    """The digest that the entry's contents give; raises Wrong for personal data that does not fit."""
    head = {name: entry[name] for name in ("at", "facts", "kind", "lead_id", "reference", "seq")}
    facts = sha256(bytes.fromhex(entry["salt"]) + canonical({"account": account, **head})).digest()
    personal = NOTHING if entry["personal_digest"] is None else bytes.fromhex(entry["personal_digest"])
    if entry["personal"] is not None:
        given = sha256(bytes.fromhex(entry["personal_salt"]) + canonical(entry["personal"])).digest()
        if given != personal:
            raise Wrong(f"{named(entry)}: its personal data was changed")
    return sha256(facts + personal).digest()


def named(entry: dict[str, Any]) -> str:
    return f"entry {entry['seq']} ({entry['kind']})"


def _misplaced(seqs: list[int]) -> int:
    return next(seqs[n] for n in range(1, len(seqs)) if seqs[n] <= seqs[n - 1])


def check_chain(evidence: dict[str, Any]) -> None:
    """Walk the links; raises Wrong at the first entry that does not fit."""
    entries = {entry["seq"]: entry for entry in evidence["entries"]}
    seq, before = evidence["before"]["seq"], bytes.fromhex(evidence["before"]["hash"])
    if seq == 0 and before != NOTHING:
        raise Wrong("entry 1: the chain does not begin with nothing before it")
    for link in evidence["links"]:
        seq += 1
        digest = bytes.fromhex(link)
        before = sha256(before + seq.to_bytes(8, "big") + digest).digest()
        entry = entries.pop(seq, None)
        if entry is None:
            continue
        if digest_of(evidence["account_id"], entry) != digest:
            raise Wrong(f"{named(entry)}: it is not what was written down")
        if before.hex() != entry["hash"]:
            raise Wrong(f"{named(entry)}: it does not follow from the entries before")
    if entries:
        raise Wrong(f"entry {min(entries)}: it has no place in the chain")
    if (seq, before.hex()) != (evidence["head"]["seq"], evidence["head"]["hash"]):
        raise Wrong(f"entry {seq}: the chain does not end in the head {evidence['head']['hash']}")


def check_whole(evidence: dict[str, Any]) -> None:
    """Every entry that the file says is this lead's is there, once and in order."""
    seqs = [entry["seq"] for entry in evidence["entries"]]
    if seqs != sorted(set(seqs)):
        raise Wrong(f"entry {_misplaced(seqs)}: it is out of order, or twice")
    missing = [seq for seq in evidence["seqs"] if seq not in set(seqs)]
    if missing:
        raise Wrong(f"entry {missing[0]}: it is missing")
    erased = {entry["lead_id"] for entry in evidence["entries"] if entry["kind"] == "lead_erased"}
    for entry in evidence["entries"]:
        gone = entry["personal_digest"] is not None and entry["personal"] is None
        if gone and entry["lead_id"] not in erased:
            raise Wrong(f"{named(entry)}: its personal data is gone, and no erasure is written down")


def check_bodies(evidence: dict[str, Any], read: Callable[[str], bytes], notes: list[str]) -> None:
    """The posted bodies are those whose digests were written down."""
    for entry in evidence["entries"]:
        said = entry["personal"] or {}
        post = said.get("lead") or said.get("touch")
        if not post or "raw_sha256" not in post:
            continue
        name = evidence["bodies"].get(entry["reference"])
        if name is None:
            notes.append(f"{named(entry)}: the posted body is not kept any more")
        elif sha256(read(name)).hexdigest() != post["raw_sha256"]:
            raise Wrong(f"{named(entry)}: {name} is not the body that was posted")


def verify(read: Callable[[str], bytes]) -> str:
    """What to print. ``read`` gives the bytes of a file of the evidence. Raises Wrong."""
    try:
        evidence = json.loads(read("evidence.json").decode())
        notes: list[str] = []
        check_whole(evidence)
        check_chain(evidence)
        check_bodies(evidence, read, notes)
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise Wrong(f"the evidence cannot be read: {type(error).__name__}: {error}") from None
    entries, links, head = len(evidence["entries"]), len(evidence["links"]), evidence["head"]
    found = f"OK: {entries} entries of lead {evidence['lead_id']} in a chain of {links}; "
    found += f"head {head['seq']} {head['hash']}"
    return "\n".join(["note: " + note for note in notes] + [found])


def of_folder(folder: str) -> Callable[[str], bytes]:
    def read(name: str) -> bytes:
        with open(os.path.join(folder, *name.split("/")), "rb") as file:
            return file.read()

    return read


def main(arguments: list[str]) -> int:
    place = arguments[0] if arguments else os.path.dirname(os.path.abspath(__file__))
    try:
        if os.path.isfile(place):
            with zipfile.ZipFile(place) as archive:
                told = verify(archive.read)
        else:
            told = verify(of_folder(place))
    except (Wrong, zipfile.BadZipFile) as error:
        sys.stdout.write(f"WRONG: {error}\n")
        return 1
    sys.stdout.write(told + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
