"""`python -m xent_cli` is `xent`."""

import sys

from xent_cli.cli import main

sys.exit(main())
