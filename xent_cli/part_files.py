"""Several files as one data set: a later file must be read as the first one is, or the mean would mix two meanings."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from xent_cli.errors import DataError, Location, Problem, XentError
from xent_cli.planning import plan_of
from xent_cli.results import Notice

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xent_cli.readers.interface import TableFile
    from xent_cli.results import Input
    from xent_cli.schema import Plan, Stated

ONE_DATA_SET = "several files are one data set: give them the same columns, or score them one by one"
SHOWN = 10


def check_part(plan: Plan, file: TableFile, first: str, stated: Stated) -> None:
    """Refuse a later file that lacks a column of the first, or whose own columns would be read otherwise.

    A class more in a later file would change every softmax of it without a word. The order of columns may differ.
    """
    missing = [name for name in plan.roles() if name not in file.names]
    if missing:
        message = f"column {missing[0]} of {first} is not in {file.path}"
        raise _mismatch(message, file, f"its columns are {_listed(file.names, 2 * SHOWN)}")
    try:
        own = plan_of(file, stated)
    except XentError as error:
        raise _mismatch(f"{file.path} cannot be read like {first}: {error}", file) from None
    for what, here, there in _facts(own, plan):
        if sorted(here) != sorted(there):
            raise _mismatch(f"{what} {_listed(here)} in {file.path}, and {_listed(there)} in {first}", file)


def file_notices(inputs: Sequence[Input], remarks: Sequence[tuple[str, Notice]]) -> tuple[Notice, ...]:
    """What the readers noticed, each remark once however many files it is about."""
    empty = Notice("empty-part", "the file has no rows")
    empties = ((file.path, empty) for file in inputs if not file.rows and len(inputs) > 1)
    found = dict.fromkeys([*remarks, *empties])  # a file may be read more than once
    paths: dict[str, list[str]] = {}
    for path, notice in found:
        paths.setdefault(notice.code, []).append(path)
    first = {notice.code: notice for _, notice in reversed(list(found))}
    if len(inputs) == 1:
        return tuple(first[code] for code in paths)
    return tuple(Notice(code, f"{_files(paths[code])}: {first[code].message}") for code in paths)


def repeated_files(inputs: Sequence[Input]) -> tuple[Notice, ...]:
    """A remark on files of one data set that are there more than once, by a path named twice or a glob beside it."""
    twice = [path for path, times in Counter(file.path for file in inputs).items() if times > 1 and path != "<stdin>"]
    if not twice:
        return ()
    message = f"{_files(twice)}: named more than once, and its rows count as often"
    return (Notice("repeated-file", message),)


def _files(paths: Sequence[str]) -> str:
    """The first file, and how many others."""
    more = len(paths) - 1
    return paths[0] if not more else f"{paths[0]} and {more:,} more file{'' if more == 1 else 's'}"


def _facts(own: Plan, plan: Plan) -> Iterator[tuple[str, Sequence[str], Sequence[str]]]:
    """What has to agree: the words for it, and what it is in a later file and in the first."""
    yield "the kind is", (own.kind,), (plan.kind,)
    yield "the predictions are", own.predictions, plan.predictions
    yield "the form of the predictions is", (_form(own),), (_form(plan),)
    yield "the labels are", _labels(own), _labels(plan)
    yield "the classes are", own.classes or (), plan.classes or ()
    yield "the space is", (own.space,), (plan.space,)


def _form(plan: Plan) -> str:
    """Whether the predictions stand in columns or in a list."""
    return "a list" if plan.predictions_list else "columns"


def _labels(plan: Plan) -> tuple[str, ...]:
    """The columns that hold what was to be predicted."""
    return plan.targets or plan.labels or (() if plan.label is None else (plan.label,))


def _listed(names: Sequence[str], most: int = SHOWN) -> str:
    """The first names, and how many there are in all."""
    shown = ", ".join(names[:most]) or "not named"
    return shown if len(names) <= most else f"{shown}, … ({len(names):,} in all)"


def _mismatch(message: str, file: TableFile, detail: str | None = None) -> DataError:
    """The refusal of a later file."""
    return DataError(Problem("schema-mismatch", message, Location(file.path), detail, ONE_DATA_SET))
