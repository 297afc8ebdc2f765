"""``python -m speedtolead``."""

import sys

from speedtolead.cli import main

sys.exit(main())
