"""Several files as one data set: a later file must be read as the first one is, or the mean would mix two meanings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xent_cli.contract.errors import DataError, Location, Problem, XentError
from xent_cli.contract.text import listed
from xent_cli.engine.opened import plan_for
from xent_cli.scoring.scheme import ONE_DATA_SET

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xent_cli.columns import Plan, Stated
    from xent_cli.readers.interface import TableFile


SHOWN = 10


def column_types(file: TableFile) -> dict[str, str]:
    """The columns of a file with their types: where they are those of the first file, so is what they are read as."""
    return {name: typed.text for name, typed in zip(file.names, file.types, strict=True)}


def check_part(plan: Plan, file: TableFile, first: str, flags: Stated) -> None:
    """Refuse a later file that lacks a column of the first, or whose own columns would be read otherwise.

    A class more in a later file would change every softmax of it silently. The order of columns may differ.
    """
    missing = [name for name in plan.roles() if name not in file.names]
    if missing:
        message = f"column {missing[0]} of {first} is not in {file.path}"
        raise _mismatch(message, file, f"its columns are {listed(file.names, 2 * SHOWN)}")
    try:
        own = plan_for(file, flags)
    except XentError as error:
        raise _mismatch(f"{file.path} cannot be read like {first}: {error}", file) from None
    for what, here, there in _facts(own, plan):
        if sorted(here) != sorted(there):
            raise _mismatch(f"{what} {_listed(here)} in {file.path}, and {_listed(there)} in {first}", file)


def _facts(own: Plan, plan: Plan) -> Iterator[tuple[str, Sequence[str], Sequence[str]]]:
    """What has to agree: the words for it, and what it is in a later file and in the first."""
    yield "the kind is", (own.kind,), (plan.kind,)
    yield "the predictions are", own.predictions, plan.predictions
    yield "the form of the predictions is", (_form(own),), (_form(plan),)
    yield "the labels are", _labels(own), _labels(plan)
    yield "the classes are", own.classes or (), plan.classes or ()
    yield "the space is", (own.space,), (plan.space,)


def _form(plan: Plan) -> str:
    """Whether the predictions are in columns or in one list column."""
    return "a list" if plan.predictions_list else "columns"


def _labels(plan: Plan) -> tuple[str, ...]:
    """The columns of labels or targets."""
    return plan.targets or plan.labels or (() if plan.label is None else (plan.label,))


def _listed(names: Sequence[str]) -> str:
    """The first names, and how many there are in all."""
    return listed(names, SHOWN) or "not named"


def _mismatch(message: str, file: TableFile, detail: str | None = None) -> DataError:
    """The refusal of a later file."""
    return DataError(Problem("schema-mismatch", message, Location(file.path), detail, ONE_DATA_SET))
