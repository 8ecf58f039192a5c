"""Which column is what in a file as it was opened: one file by itself, or predictions with their labels beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xent_cli.results import Input
from xent_cli.schema import infer

if TYPE_CHECKING:
    from xent_cli.readers.interface import TableFile
    from xent_cli.readers.joined import JoinedFile
    from xent_cli.results import Notice
    from xent_cli.schema import Plan, Stated


def plan_of(file: TableFile, stated: Stated) -> Plan:
    """What the columns of a file are."""
    joined = _joined(file)
    if joined is None:
        return infer(file.names, file.types, stated, file.path)
    from xent_cli.schema.joined import Sides, infer_joined

    types = dict(zip(file.names, file.types, strict=False))
    return infer_joined(Sides(file.path, joined.labels_path, types, joined.of_labels, joined.keys), stated)


def remarks(file: TableFile) -> tuple[tuple[str, Notice], ...]:
    """What the readers noticed about a file that was read to its end, and about its labels, each with its path."""
    joined = _joined(file)
    labels = [] if joined is None else [(joined.labels_path, notice) for notice in joined.labels_notices]
    return (*((file.path, notice) for notice in file.notices), *labels)


def read(file: TableFile, rows: int) -> Input:
    """A file of which so many rows were read."""
    return Input(file.path, file.format, rows, file.bytes, getattr(file, "checksums", None))


def beside(file: TableFile) -> tuple[Input, ...]:
    """What else was read to its end together with a file."""
    joined = _joined(file)
    return () if joined is None or joined.beside is None else (joined.beside,)


def _joined(file: TableFile) -> JoinedFile | None:
    """The file as predictions with their labels beside them, where it is that."""
    if not hasattr(file, "labels_path"):
        return None
    from xent_cli.readers.joined import JoinedFile

    return file if isinstance(file, JoinedFile) else None
