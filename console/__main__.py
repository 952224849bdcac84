"""`python -m console`: the console's process."""

import sys

from console.server import main

if __name__ == "__main__":
    sys.exit(main())
