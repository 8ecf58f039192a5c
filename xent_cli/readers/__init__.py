"""Reading of prediction files: CSV and its kin, Parquet, Arrow, tables in memory; local, piped or in object stores."""

from __future__ import annotations

from xent_cli.readers.expected import expected_rows
from xent_cli.readers.interface import Block, CellFault, Chunk, ColumnType, Request, TableFile, Target
from xent_cli.readers.opening import open_file
from xent_cli.readers.sources.expand import expand

__all__ = [
    "Block",
    "CellFault",
    "Chunk",
    "ColumnType",
    "Request",
    "TableFile",
    "Target",
    "expand",
    "expected_rows",
    "open_file",
]
