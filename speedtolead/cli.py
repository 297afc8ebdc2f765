"""``speedtolead``: the commands put together, and what becomes of an error that none of them expects.

Owns: the order of the commands, and the exit codes of errors: 1 failed, 2 a wrong setting or document, 130 stopped,
141 nobody read on (as a shell says of SIGPIPE).
"""

from __future__ import annotations

import argparse
import os
import select
import sys

import structlog
import uvloop

from speedtolead import logs
from speedtolead.commands import cadence, doctor, evidence, explain, leads, lists, node, rules
from speedtolead.domain.errors import SpeedToLeadError
from speedtolead.service.configuration.document import ConfigurationError
from speedtolead.settings import SettingsError, load

GROUPS = (node, cadence, explain, evidence, leads, lists, rules, doctor)


def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(prog="speedtolead", description="Speed to Lead: lead-to-call in seconds.")
    commands = root.add_subparsers(dest="command", required=True)
    for one in GROUPS:
        one.add_arguments(commands)
    return root


def main(arguments: list[str] | None = None) -> int:
    given = parser().parse_args(arguments)
    try:
        settings = load()
        logs.configure(settings.log_format)
        code: int = uvloop.run(given.run(settings, given))
        sys.stdout.flush()
        return code
    except (SettingsError, ConfigurationError) as error:
        print(str(error), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except (SpeedToLeadError, OSError) as error:
        if isinstance(error, BrokenPipeError) and _nobody_reads():
            return 141
        structlog.get_logger(__name__).error("failed", error=f"{type(error).__name__}: {error}")
        return 1


def _nobody_reads() -> bool:
    """True where the reader of our output is gone, as ``head`` is after its lines; what is left goes nowhere."""
    output = select.poll()
    output.register(sys.stdout, 0)
    if not any(event & select.POLLERR for _, event in output.poll(0)):
        return False  # another pipe or socket
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return True


if __name__ == "__main__":
    sys.exit(main())
