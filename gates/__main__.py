"""`python -m gates`, the same as the console script `gates`."""

import sys

from .cli.main import main

if __name__ == "__main__":
    sys.exit(main())
