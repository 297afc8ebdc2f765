"""The ways in which leads come in besides our own API: one connector a provider.

Owns: which connectors there are. Must not know: accounts, sources, or what is done with a lead.

A connector is handed the request as it came, with the settings of the source that it was posted to. It says
whether the request is genuine before it reads the body, and gives back leads in the provider's own words; the
source's mapping, or the connector's default one, makes them ours. A request that is not genuine or cannot be read
raises; nothing is stored here, so whatever raises may be sent again.
"""

from __future__ import annotations

from speedtolead.adapters.connectors.form import Form
from speedtolead.adapters.connectors.google import Google
from speedtolead.adapters.connectors.hmac_signed import HmacSigned
from speedtolead.adapters.connectors.jotform import Jotform
from speedtolead.adapters.connectors.meta import Meta
from speedtolead.adapters.connectors.tiktok import TikTok
from speedtolead.adapters.connectors.typeform import Typeform
from speedtolead.ports.connectors import Connector

_ALL: tuple[Connector, ...] = (Meta(), Google(), TikTok(), Typeform(), Jotform(), Form(), HmacSigned())

CONNECTORS: dict[str, Connector] = {connector.name: connector for connector in _ALL}
"""Every connector, by the name that a source is configured with."""
