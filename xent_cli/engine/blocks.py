"""What opens a file, and the limits that hold while its blocks are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from xent_cli.contract.errors import DataError, Location, Problem
from xent_cli.contract.text import grouped
from xent_cli.system.memory import check_memory

if TYPE_CHECKING:
    from xent_cli.readers.interface import TableFile
    from xent_cli.scoring.options import Options
    from xent_cli.scoring.tally.tally import Tally


Opener = Callable[[], "TableFile"]


def check_limits(tally: Tally, options: Options, path: str) -> None:
    """Stop an input that is longer than --max-rows allows, or takes more than --max-memory."""
    check_memory()
    if options.max_rows is not None and tally.read > options.max_rows:
        message = f"there are more rows than --max-rows allows ({grouped(options.max_rows)})"
        raise DataError(Problem("too-many-rows", message, Location(path), help="raise --max-rows, or split the input"))
