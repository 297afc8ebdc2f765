"""The service as it is, in a process of its own, except that mail domains are not looked up in the DNS.

No traffic of a bench leaves this machine; a node whose carrier is not the simulated one would ask the system's
resolver about the domains of the leads' addresses.
"""

from __future__ import annotations

import sys

from speedtolead import cli, outside
from speedtolead.adapters.offline import OfflineMailDomains

if __name__ == "__main__":
    outside.DnsMailDomains = OfflineMailDomains  # type: ignore[assignment, attr-defined]
    sys.exit(cli.main(["serve"]))
