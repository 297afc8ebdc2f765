"""The port of callbacks: what the carrier says of a call by HTTP, and how it is answered.

Must not know: any one carrier, or HTTP's own types. Reading raises nothing: what is not known is ignored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from speedtolead.domain.call import LegReport
from speedtolead.domain.carrier import CarrierName
from speedtolead.domain.recording import RecordingReport
from speedtolead.ports.instructions import Instruction


class CallbackReader(Protocol):
    """The carrier's side of callbacks: is it really the carrier, what does it say, how is it answered."""

    def signers(
        self, path_and_query: str, fields: Mapping[str, Sequence[str]], signatures: Sequence[str]
    ) -> frozenset[CarrierName]:
        """The carrier accounts that signed exactly this, for the public address; none: it is not genuine."""
        ...

    def leg_report(self, fields: Mapping[str, str], at: datetime) -> LegReport:
        """The news about a leg in a status or detection callback. Unknown fields and words are ignored."""
        ...

    def dialed_report(self, fields: Mapping[str, str], at: datetime) -> LegReport:
        """The news about the leg that was rung from another leg's call, told when that ringing or talk is over."""
        ...

    def recording_report(self, fields: Mapping[str, str], at: datetime) -> RecordingReport | None:
        """The news about a recording; None where none is named, or of a kind that is not known."""
        ...

    def digits(self, fields: Mapping[str, str]) -> str:
        """The keys pressed; empty for none."""
        ...

    def call_id(self, fields: Mapping[str, str]) -> str | None:
        """The carrier's id of the call that this callback is about."""
        ...

    def render(self, instruction: Instruction) -> tuple[str, str]:
        """Content type and body of the answer that carries an instruction."""
        ...
