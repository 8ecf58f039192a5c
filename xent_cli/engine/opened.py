"""The columns, notices and record of an open file, and those of the file of labels joined to it, if any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xent_cli.columns.reading_of import infer_with_values
from xent_cli.contract.report import Input
from xent_cli.readers.interface import Request

if TYPE_CHECKING:
    from xent_cli.columns import Plan, Stated
    from xent_cli.contract.report import Notice
    from xent_cli.readers.interface import TableFile


def plan_for(file: TableFile, flags: Stated) -> Plan:
    """Which column is what."""
    labels = file.labels
    if labels is None:
        return infer_with_values(file.names, file.types, file.peek(), flags, file.path)
    from xent_cli.columns.two_files import Sides, infer_joined

    types = dict(zip(file.names, file.types, strict=False))
    return infer_joined(Sides(file.path, labels.path, types, labels.columns, labels.keys), flags, file.peek())


def reader_notices(file: TableFile) -> tuple[tuple[str, Notice], ...]:
    """What the readers noticed about a file that was read to its end, and about its labels, each with its path."""
    labels = () if file.labels is None else tuple((file.labels.path, notice) for notice in file.labels.notices)
    return (*((file.path, notice) for notice in file.notices), *labels)


def input_record(file: TableFile, rows: int) -> Input:
    """A file of which `rows` rows were read, as the report names it."""
    return Input(file.path, file.format, rows, file.bytes, file.checksums)


def label_input(file: TableFile) -> tuple[Input, ...]:
    """The file of labels that was read to its end together with a file of predictions; none in most runs."""
    return () if file.labels is None or file.labels.input is None else (file.labels.input,)


def request_for(plan: Plan) -> Request:
    """The columns that a plan needs, by the way they are read."""
    labels = plan.labels if plan.kind == "binary" else _some(plan.label) if plan.kind == "sparse" else ()
    return Request(
        coded=tuple(dict.fromkeys((*labels, *_some(plan.decision), *plan.by, *_some(plan.cluster)))),
        numbers=() if plan.weight is None else (plan.weight,),
        matrix=plan.predictions,
        matrix_list=plan.predictions_list,
        width=len(plan.classes) if plan.predictions_list and plan.classes is not None else None,
        targets=plan.targets if plan.kind == "categorical" else (),
        targets_list=plan.targets_list,
        text=() if plan.id is None else (plan.id,),
    )


def _some(name: str | None) -> tuple[str, ...]:
    """A column that may be absent, as a tuple."""
    return () if name is None else (name,)
