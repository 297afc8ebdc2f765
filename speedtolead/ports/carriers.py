"""The carrier accounts of an installation, by name: each is an adapter of the carrier port.

Owns: finding the one that a leg belongs to. Must not know: which of them places the next call
(``domain.carrier``). A leg of an account that is in the settings no more cannot be asked about: that is Transient,
so it is asked again, and nothing is believed of it meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from speedtolead.domain.carrier import CarrierName
from speedtolead.ports import Carrier, Transient

_LATER = timedelta(minutes=1)


class Carriers:
    """At least the first one. Their names are those of ``CarrierName``."""

    def __init__(self, first: Carrier, *others: Carrier) -> None:
        self._by_name = {CarrierName(one.name): one for one in (first, *others)}

    def __iter__(self) -> Iterator[CarrierName]:
        return iter(self._by_name)

    def of(self, name: str) -> Carrier:
        """The account that a leg or number is of. Raises Transient where it is not in the settings any more."""
        found = self._by_name.get(CarrierName(name))
        if found is None:
            raise Transient(f"the {name} carrier account is not in the settings", retry_after=_LATER)
        return found
