"""``python -m genesys_assets.cli``."""

import sys

from genesys_assets.cli import main

if __name__ == "__main__":
    sys.exit(main())
