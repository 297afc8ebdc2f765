"""A simulated telephone carrier that speaks Twilio's REST API for calls, conferences and texts.

It owns an HTTP server against which anyone's Twilio client can be developed: it dials scripted people, runs
TwiML, signs and sends callbacks, and misbehaves on order. It must not know the service that this repository
builds: nothing outside this package is imported, and no Twilio library either. Everything is in memory; when
it stops, all of it is gone.

    async with running_simulator(SimulatorConfig(speed=20)) as simulator:
        ...  # point a Twilio client at simulator.url, with the credentials in simulator.config

**People.** Behind every number is a script; the first whose pattern matches applies. Unless configured
otherwise, the fictional numbers NXX-555-01XX behave by their last two digits:

    00-59  a human answers after 1.5 to 4 s, presses 1 at any Gather, talks for 20 to 45 s
    60-69  no answer
    70-74  busy
    75-79  declines
    80-89  voicemail: a machine answers after 8 to 12 s
    90-94  answers, and hangs up within 2 s
    95     not a valid number (21211)
    96     like 00-59, but opted out of texts (21610)
    97     unreachable: the call fails, texts are not delivered
    98-99  like 00-59, but only after a long ring of 12 to 18 s

Every other number, `client:` and `sip:` answers after 1 to 2 s, presses 1 and never hangs up first. Whatever
is random comes from the seed, the number and how many calls it has had, so a run can be repeated.

**Time.** `speed` divides every simulated duration: rings, talks, timeouts, calls per second, `list_lag`.
Durations are reported in simulated seconds, dates in real time. Webhook timeouts and the seconds of faults
are real: they concern real programs.

**Control.** `GET /simulator` lists the endpoints that show and change the simulation.

**Known limits.** Digits are keys, never tones; what Say tells is kept, not heard; a Gather of speech hears for
how long they speak, not what. A Gather or Record without an action in an inline document goes on with the next
verb. Legs rung in vain end `no-answer`, those that
lost to another leg `canceled`; Twilio is less orderly. Prices are null.
"""

from .config import SIMULATED_ACCOUNT_SID, SIMULATED_AUTH_TOKEN, PhoneNumber, SimulatorConfig, as_signalwire
from .engine import Carrier
from .faults import Fault
from .people import Does, Person, Texts, default_people
from .server import RunningSimulator, create_app, running_simulator

__all__ = [
    "SIMULATED_ACCOUNT_SID",
    "SIMULATED_AUTH_TOKEN",
    "Carrier",
    "Does",
    "Fault",
    "Person",
    "PhoneNumber",
    "RunningSimulator",
    "SimulatorConfig",
    "Texts",
    "as_signalwire",
    "create_app",
    "default_people",
    "running_simulator",
]
