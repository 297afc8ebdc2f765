"""python -m speedtolead.simulator: the simulated carrier on its own.

Owns the command line. Must not know anything else. Wrong arguments end it with a usage message.
"""

from __future__ import annotations

import argparse

from aiohttp import web

from .config import PhoneNumber, SimulatorConfig, as_signalwire
from .server import create_app


def main() -> None:
    parser = argparse.ArgumentParser("speedtolead.simulator", description="A stand-in for Twilio's API.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=4010)
    parser.add_argument("--speed", type=float, default=1.0, help="20: twenty times faster than life")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--calls-per-second", type=float, default=50.0)
    parser.add_argument("--path-prefix", default="", help="such as /api/laml")
    parser.add_argument("--number", action="append", default=[], help="one of the account's own, in E.164")
    parser.add_argument("--signalwire", action="store_true", help="in the guise of SignalWire's compatible API")
    given = parser.parse_args()
    config = SimulatorConfig(
        speed=given.speed,
        seed=given.seed,
        calls_per_second=given.calls_per_second,
        path_prefix=given.path_prefix,
        numbers=tuple(PhoneNumber(number) for number in given.number),
    )
    if given.signalwire:
        config = as_signalwire(config)
    signs_by = config.signing_key or config.auth_token
    print(f"account {config.account_sid}  token {config.auth_token}  signs by {signs_by}")
    print(f"help at http://{given.host}:{given.port}/simulator")
    web.run_app(create_app(config), host=given.host, port=given.port, access_log=None)


if __name__ == "__main__":
    main()
