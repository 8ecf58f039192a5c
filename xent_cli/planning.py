"""Which column is what in a file as it was opened: one file by itself, or predictions with their labels beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xent_cli.readers.joined import JoinedFile
from xent_cli.schema import Sides, infer, infer_joined

if TYPE_CHECKING:
    from xent_cli.readers.interface import TableFile
    from xent_cli.results import Input, Notice
    from xent_cli.schema import Plan, Stated


def plan_of(file: TableFile, stated: Stated) -> Plan:
    """What the columns of a file are."""
    if not isinstance(file, JoinedFile):
        return infer(file.names, file.types, stated, file.path)
    types = dict(zip(file.names, file.types, strict=False))
    return infer_joined(Sides(file.path, file.labels_path, types, file.of_labels, file.keys), stated)


def remarks(file: TableFile) -> tuple[tuple[str, Notice], ...]:
    """What the readers noticed about a file that was read to its end, and about its labels, each with its path."""
    labels = [(file.labels_path, notice) for notice in file.labels_notices] if isinstance(file, JoinedFile) else []
    return (*((file.path, notice) for notice in file.notices), *labels)


def beside(file: TableFile) -> tuple[Input, ...]:
    """What else was read to its end together with a file."""
    found = file.beside if isinstance(file, JoinedFile) else None
    return () if found is None else (found,)
