"""The composition root: settings in, a node out.

Owns: what is built from what; nothing else builds anything. Must not know: how a node runs (``node``), or who is
asked outside (``outside``). Where building fails, what was opened before is closed again.
"""

from speedtolead.wiring.assembling import build, database_url
from speedtolead.wiring.intake import building_imports

__all__ = ["build", "building_imports", "database_url"]
