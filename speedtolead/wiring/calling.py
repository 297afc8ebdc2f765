"""What makes calls and follows them.

Owns: that, and nothing else.
"""

from __future__ import annotations

from typing import TypedDict

from speedtolead.adapters.twilio.callbacks import TwilioCallbacks
from speedtolead.adapters.twilio.incoming import TwilioIncoming
from speedtolead.ports import CallbackReader, Numbering
from speedtolead.ports.carriers import Carriers
from speedtolead.ports.incoming import IncomingReader
from speedtolead.service.calling.afterwards import CarryingOut
from speedtolead.service.calling.callbacks import Callbacks
from speedtolead.service.calling.calls import Calls
from speedtolead.service.calling.carriers import CarrierWatch
from speedtolead.service.calling.labels import Labels
from speedtolead.service.calling.left_legs import LeftLegs
from speedtolead.service.calling.lines import Lines
from speedtolead.service.calling.patience import Patience
from speedtolead.service.calling.recordings import Recordings
from speedtolead.service.calling.sounds import Sounds
from speedtolead.service.calling.sweeping import Sweeping
from speedtolead.service.calling.voicemails import Voicemails
from speedtolead.service.controls.listing import Talks
from speedtolead.service.controls.sweeping import TalkSweeping
from speedtolead.service.controls.taking import Controls
from speedtolead.service.inbound.calls import IncomingCalls
from speedtolead.service.inbound.going_on import GoingOn
from speedtolead.service.inbound.messages import Messages
from speedtolead.service.inbound.recognising import Recognising
from speedtolead.wiring.ground import Ground


class CallServices(TypedDict):
    callbacks: Callbacks
    incoming: IncomingCalls
    incoming_reader: IncomingReader
    messages: Messages
    callback_reader: CallbackReader
    sweeping: Sweeping
    left_legs: LeftLegs
    afterwards: CarryingOut
    controls: Controls
    talks: Talks
    talk_sweeping: TalkSweeping
    lines: Lines
    recordings: Recordings
    labels: Labels
    voicemails: Voicemails
    sounds: Sounds
    carriers: CarrierWatch


def call_services(
    ground: Ground,
    carriers: Carriers,
    watch: CarrierWatch,
    calls: Calls,
    patience: Patience,
    afterwards: CarryingOut,
    reader: TwilioCallbacks,
    numbering: Numbering,
) -> CallServices:
    clock, database = ground.clock, ground.database
    going_on = GoingOn(clock, patience, ground.permits, numbering)
    labels = Labels(database, clock, calls)
    return {
        "controls": Controls(database, clock, calls),
        "talks": Talks(ground.apart),
        "lines": Lines(database, carriers, clock, calls, afterwards, patience),
        "talk_sweeping": TalkSweeping(database, carriers, clock, calls, patience, afterwards),
        "callbacks": Callbacks(database, clock, calls, patience, ground.permits, going_on),
        "incoming": IncomingCalls(database, clock, calls, Recognising(numbering, patience), going_on, afterwards),
        "incoming_reader": TwilioIncoming(),
        "messages": Messages(ground.apart, clock),
        "callback_reader": reader,
        "sweeping": Sweeping(database, carriers, clock, calls, patience, afterwards),
        "left_legs": LeftLegs(database, carriers, clock, calls, patience, afterwards),
        "afterwards": afterwards,
        "recordings": Recordings(ground.apart, carriers, clock),
        "labels": labels,
        "voicemails": Voicemails(database, clock, ground.permits, labels),
        "sounds": Sounds(ground.apart, clock),
        "carriers": watch,
    }
