"""Predictions and their labels from two files as one: by key, or row by row.

The order is that of the predictions. Everything that does not fit is counted over the whole input: keys without a label
are faults of their rows; repeated keys, labels without a prediction and unequal lengths end the run.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from xent_cli.contract.errors import Location, Problem, UsageError
from xent_cli.contract.frozen import record
from xent_cli.contract.report import Input, Notice
from xent_cli.contract.row_columns import Coded
from xent_cli.contract.text import closest
from xent_cli.readers.interface import Block, CellFault, Decoded, JoinedLabels, Request, TableFile
from xent_cli.readers.joins.held import Held, take, take_text
from xent_cli.readers.joins.matching import ByKey, ByPosition
from xent_cli.readers.refusals import refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType

    from numpy.typing import NDArray

    from xent_cli.readers.interface import Chunk, Origin, Peek

    Rows = NDArray[np.int64]

ALIAS = "labels."
"""What goes before the name of a column of the labels that the predictions have as well."""

USAGE = ("usage", "indicator")
SHOWN_NAMES = 20


class Join:
    """The labels of a run: where they are read from, and how they meet the predictions of `parts` files."""

    def __init__(self, opener: Callable[[], TableFile], keys: tuple[str, ...], parts: int) -> None:
        self._opener = opener
        self.keys = keys
        self.parts = parts
        self._file: TableFile | None = None
        self._matcher: ByKey | ByPosition | None = None

    def openers(self, openers: Sequence[Callable[[], TableFile]]) -> tuple[Callable[[], TableFile], ...]:
        """The files of predictions joined with the labels; to be opened in order."""
        return tuple(self._joined(opener, part) for part, opener in enumerate(openers))

    def labels(self, part: int) -> TableFile:
        """The open file of labels; the first part of a pass opens it again."""
        if part == 0:
            self.close()
            self._file = self._opener()
        assert self._file is not None
        return self._file

    def peek(self, part: int) -> Peek:
        """The first rows of the labels; once the first part was read they are no longer to be had."""
        return self.labels(1).peek() if part == 0 else {}

    def matcher(self, request: Request, part: int) -> ByKey | ByPosition:
        """What finds the labels of predictions; the first part of a pass starts it."""
        if part == 0:
            file = self.labels(1)
            self._matcher = ByKey(file, request, self.keys) if self.keys else ByPosition(file, request)
        assert self._matcher is not None
        return self._matcher

    def finish(self) -> Input:
        """Check what can be checked when all predictions were seen; the record of the file of labels."""
        assert self._matcher is not None
        file = self.labels(1)
        return Input(file.path, file.format, self._matcher.finish(), file.bytes, file.checksums)

    def close(self) -> None:
        """Release the file of labels."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _joined(self, opener: Callable[[], TableFile], part: int) -> Callable[[], TableFile]:
        """What opens one file of predictions joined with the labels."""
        return lambda: JoinedFile(opener(), self, part)


class JoinedFile(TableFile):
    """A file of predictions with the columns of a file of labels after its own.

    `names` are those of the predictions, then those of the labels but for the keys. A name that both have is that of
    the predictions; the other becomes `labels.NAME`.
    """

    labels: JoinedLabels

    def __init__(self, predictions: TableFile, join: Join, part: int = 0) -> None:
        self._predictions = predictions
        self._join = join
        self._part = part
        found = self._labels_or_close()
        self.path, self.format, self.bytes = predictions.path, predictions.format, predictions.bytes
        columns = {
            (ALIAS + name if name in predictions.names else name): name for name in found.names if name not in join.keys
        }
        types = dict(zip(found.names, found.types, strict=True))
        self.labels = JoinedLabels(found.path, columns, join.keys)
        self.names = (*predictions.names, *columns)
        self.types = (*predictions.types, *(types[name] for name in columns.values()))
        self.notices = predictions.notices

    def chunks(self, request: Request) -> Iterator[Chunk]:
        """The rows of the predictions in order, each with its labels."""
        mine, theirs = self._split(request)
        matcher = self._join.matcher(theirs, self._part)
        for chunk in self._predictions.chunks(mine):
            block = chunk.decode()
            held, positions = matcher.match(block, self.path)
            yield Decoded(self._block(request, block, held, positions, matcher.unmatched(block, positions)))
        matcher.end(self.path)
        if self._part == self._join.parts - 1:
            read, found = self._join.finish(), self._join.labels(1)
            notices = (*found.notices, *_usage_notices(found, theirs))
            self.labels = replace(self.labels, notices=notices, input=read)

    def peek(self) -> Peek:
        """The first rows of both files, which need not be the same rows, under the names that they have together."""
        theirs = self._join.peek(self._part)
        labels = {name: theirs[own] for name, own in self.labels.columns.items() if own in theirs}
        return {**labels, **self._predictions.peek()}

    def close(self) -> None:
        """Release the predictions, and with the last of them the labels."""
        self._predictions.close()
        if self._part == self._join.parts - 1:
            self._join.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        if kind is not None:
            self._join.close()

    def _labels_or_close(self) -> TableFile:
        """The open labels, in which every key must be; what is refused is not left open."""
        try:
            labels = self._join.labels(self._part)
            for file in (self._predictions, labels):
                _check_keys(self._join.keys, file)
        except BaseException:
            self._predictions.close()
            self._join.close()
            raise
        return labels

    def _split(self, request: Request) -> tuple[Request, Request]:
        """What to ask of each of the files, in its own names."""
        of_labels, keys = self.labels.columns, self.labels.keys
        for role in (request.matrix, request.targets):
            if len({name in of_labels for name in role}) > 1:
                message = f"the columns {', '.join(role[:8])} are in two files, and have to be in one"
                raise refuse("columns-apart", self.path, message, help=f"the other file is {self.labels.path}")
        mine = _chosen(request, lambda names: tuple(name for name in names if name not in of_labels))
        theirs = _chosen(request, lambda names: tuple(of_labels[name] for name in names if name in of_labels))
        twice = () if keys else tuple(name for name in request.text if ALIAS + name in of_labels)
        return (
            replace(mine, text=tuple(dict.fromkeys((*mine.text, *keys)))),
            replace(theirs, text=tuple(dict.fromkeys((*theirs.text, *keys, *twice)))),
        )

    def _block(self, request: Request, block: Block, held: Held, positions: Rows, unmatched: CellFault | None) -> Block:
        """A block of predictions with the columns of its labels."""
        alias = {own: name for name, own in self.labels.columns.items()}
        joined = _Joined(block.origin, held, positions, self.labels, request)
        targets, matrix = block.targets, block.matrix
        if held.targets is not None:
            targets = np.asarray(
                take(held.targets, positions, np.nan), order="F" if len(request.targets) <= 32 else "C"
            )
        if held.matrix is not None:
            matrix = np.asarray(take(held.matrix, positions, np.nan), order="F" if len(request.matrix) <= 32 else "C")
        coded = {alias[own]: Coded(take(it.codes, positions, -1), it.names) for own, it in held.coded.items()}
        numbers = {alias[own]: take(it, positions, np.nan) for own, it in held.numbers.items()}
        wanted = {own: alias[own] for own in held.text if alias.get(own) in request.text}
        text = {name: take_text(held.text[own], positions) for own, name in wanted.items()}
        faults = (*block.faults, *held.faults_of(positions, lambda own: alias.get(own, own)))
        return Block(
            rows=block.rows,
            coded={**block.coded, **coded},
            numbers={**block.numbers, **numbers},
            matrix=matrix,
            targets=targets,
            text={**block.text, **text},
            faults=faults if unmatched is None else (*faults, unmatched),
            origin=joined,
        )


@record
class _Joined:
    """Where the rows of a joined block came from."""

    predictions: Origin
    held: Held
    positions: Rows
    labels: JoinedLabels
    request: Request

    def line(self, row: int) -> int | None:
        """The line in the file of predictions."""
        return self.predictions.line(row)

    def cell(self, row: int, column: str) -> str:
        """The text of a cell, whichever file it stands in."""
        if column not in self.labels.columns:
            return self.predictions.cell(row, column)
        position = int(self.positions[row])
        role = self.request.targets if column in self.request.targets else self.request.matrix
        place = role.index(column) if column in role else None
        return "" if position < 0 else self.held.cell(position, self.labels.columns[column], place)

    def home(self, row: int, columns: Sequence[str]) -> Location | None:
        """The row in the file of labels, where all the columns are there."""
        position = int(self.positions[row])
        if position < 0 or not columns or not all(column in self.labels.columns for column in columns):
            return None
        return Location(self.labels.path, self.held.before + position + 1, self.held.line(position))


def _chosen(request: Request, choose: Callable[[tuple[str, ...]], tuple[str, ...]]) -> Request:
    """The part of a request that one of the files answers."""
    matrix, targets = choose(request.matrix), choose(request.targets)
    return replace(
        request,
        coded=choose(request.coded),
        numbers=choose(request.numbers),
        matrix=matrix,
        matrix_list=request.matrix_list and bool(matrix),
        targets=targets,
        targets_list=request.targets_list and bool(targets),
        text=choose(request.text),
    )


def _check_keys(keys: Sequence[str], file: TableFile) -> None:
    """Refuse a key that one of the files does not have."""
    for key in keys:
        if key not in file.names:
            alike = [name for name in file.names if name.casefold() == key.casefold()]
            close = alike or closest(key, file.names)
            shown = ", ".join(file.names[:SHOWN_NAMES]) + (", …" if len(file.names) > SHOWN_NAMES else "")
            hint = f"did you mean {' or '.join(close)}?" if close else "--on names columns that both files have"
            message = f"no column {key!r} for --on"
            raise UsageError(Problem("no-column", message, Location(file.path), f"its columns are {shown}", hint))


def _usage_notices(labels: TableFile, asked: Request) -> list[Notice]:
    """The notice about Kaggle's column of public and private rows, where no flag uses it."""
    used = {*asked.coded, *asked.numbers, *asked.matrix, *asked.targets, *asked.text}
    names = [name for name in labels.names if name.strip().casefold() in USAGE and name not in used]
    message = "column {} is not used: rows of every kind are scored together; xent score --by {} separates them"
    return [Notice("usage-column", message.format(name, name)) for name in names]
