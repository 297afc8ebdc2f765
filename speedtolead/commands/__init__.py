"""The commands, a module for each group: its arguments, what it prints, its exit codes.

Exit codes: 0 done, 1 failed, 2 a wrong setting, argument or file. Must not know: what a command does, which is in
``service``. ``cli`` puts the groups together.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

from speedtolead.settings import Settings

Run: TypeAlias = Callable[[Settings, argparse.Namespace], Coroutine[Any, Any, int]]
"""Does a command; its exit code."""
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
"""Where commands are added: at the root, or below another command."""


def command(to: Commands, name: str, run: Run, words: str) -> argparse.ArgumentParser:
    """Add a command; the parser takes its arguments."""
    made = to.add_parser(name, help=words, description=words)
    made.set_defaults(run=run)
    return made


def group(to: Commands, name: str, words: str) -> Commands:
    """Add a command that only holds others."""
    return to.add_parser(name, help=words, description=words).add_subparsers(dest="what", required=True)
