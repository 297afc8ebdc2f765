"""What decides whether somebody may be contacted, and proves it.

Owns: that, and nothing else.
"""

from __future__ import annotations

from typing import TypedDict

from speedtolead.adapters.twilio.callbacks import TwilioCallbacks
from speedtolead.ports import Clock
from speedtolead.ports.texts import TextReader
from speedtolead.service.cadences.preview import CadencePreviews
from speedtolead.service.evidence.chaining import Ledger
from speedtolead.service.evidence.export import Exports
from speedtolead.service.evidence.keeping import Keeping
from speedtolead.service.lawful.abandonment import AbandonmentWatch
from speedtolead.service.lawful.do_not_call import DoNotCall
from speedtolead.service.lawful.opt_outs import OptOuts
from speedtolead.service.lawful.permits import Permits
from speedtolead.service.lawful.preview import Previews
from speedtolead.service.lawful.suppressions import Suppressions
from speedtolead.service.messages.replies import Replies
from speedtolead.service.rules.current import RuleSets
from speedtolead.store.database import Database
from speedtolead.wiring.ground import Ground
from speedtolead.wiring.intake import IntakeParts


class LawfulServices(TypedDict):
    rules: RuleSets
    permits: Permits
    previews: Previews
    cadences: CadencePreviews
    abandonment: AbandonmentWatch
    do_not_call: DoNotCall
    suppressions: Suppressions
    opt_outs: OptOuts
    text_reader: TextReader


def lawful_services(
    ground: Ground, parts: IntakeParts, reader: TwilioCallbacks, suppressions: Suppressions
) -> LawfulServices:
    clock, apart, rules = ground.clock, ground.apart, ground.rules
    return {
        "rules": rules,
        "permits": ground.permits,
        "previews": Previews(apart, clock, parts.tables.numbering, ground.permits),
        "cadences": CadencePreviews(apart, clock, parts.tables.numbering, rules),
        "abandonment": AbandonmentWatch(apart, clock, rules),
        "do_not_call": DoNotCall(apart, clock, rules),
        "suppressions": suppressions,
        "opt_outs": OptOuts(ground.database, clock, suppressions, reader, Replies(ground.permits)),
        "text_reader": reader,
    }


class EvidenceServices(TypedDict):
    ledger: Ledger
    exports: Exports
    keeping: Keeping


def evidence_services(apart: Database, clock: Clock) -> EvidenceServices:
    ledger = Ledger(apart, clock)
    return {"ledger": ledger, "exports": Exports(apart, clock, ledger), "keeping": Keeping(apart, clock, ledger)}
