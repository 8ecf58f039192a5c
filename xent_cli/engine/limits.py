"""The limits that hold while rows are read: --max-rows and --max-memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xent_cli.contract.errors import DataError, Location, Problem
from xent_cli.contract.text import grouped
from xent_cli.system.memory import check_memory

if TYPE_CHECKING:
    from xent_cli.scoring.options import Options


def check_limits(rows: int, options: Options, path: str) -> None:
    """Stop an input that is longer than --max-rows allows, or takes more than --max-memory."""
    check_memory()
    if options.max_rows is not None and rows > options.max_rows:
        message = f"there are more rows than --max-rows allows ({grouped(options.max_rows)})"
        raise DataError(Problem("too-many-rows", message, Location(path), help="raise --max-rows, or split the input"))
