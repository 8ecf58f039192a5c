"""The rows of one model of a comparison, scored and in the form in which they are paired with those of another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from xent_cli.contract.errors import Location
from xent_cli.contract.frozen import record, struct
from xent_cli.engine.data_set import DataSet
from xent_cli.engine.limits import check_limits
from xent_cli.readers.joins.keys import key_texts
from xent_cli.scoring.scheme import IGNORED
from xent_cli.scoring.tally.groups import check_clusters
from xent_cli.scoring.tally.outcome import Outcome
from xent_cli.scoring.tally.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from xent_cli.engine.data_set import DataFiles
    from xent_cli.engine.pool import Pool
    from xent_cli.readers.interface import Block, Origin, TableFile
    from xent_cli.scoring.scheme import Scheme
    from xent_cli.scoring.scored_rows import ScoredRows

    Floats = NDArray[np.float64]
    Marks = NDArray[np.bool_]


@struct
class Place:
    """The position of rows: after `before` rows of their file and `skip` rows of their chunk, which are cut off."""

    path: str
    before: int
    origin: Origin | None = None
    skip: int = 0

    def location(self, row: int, columns: tuple[str, ...] = ()) -> Location:
        """A row for a message."""
        line = None if self.origin is None else self.origin.line(self.skip + row)
        return Location(self.path, self.before + self.skip + row + 1, line, columns)


@record
class Rows:
    """Rows of one model as arrays with one entry per row, bad and ignored rows included.

    `loss` and `weight` are NaN where a row was not scored. `labels` (n, m) holds class indices, truths or targets, or
    the codes of `scheme` for what is none. `clusters` are numbers of clusters; `keys` and `ids` Arrow strings.
    """

    loss: Floats
    labels: Floats
    weight: Floats | None
    clusters: NDArray[np.int64] | None
    keys: Any
    ids: Any
    place: Place

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.loss)

    def part(self, start: int, stop: int) -> Rows:
        """Some of the rows."""
        if start == 0 and stop == len(self):
            return self
        cut, place = slice(start, stop), replace(self.place, skip=self.place.skip + start)
        return Rows(
            loss=self.loss[cut],
            labels=self.labels[cut],
            weight=None if self.weight is None else self.weight[cut],
            clusters=None if self.clusters is None else self.clusters[cut],
            keys=None if self.keys is None else self.keys[cut],
            ids=None if self.ids is None else self.ids[cut],
            place=place,
        )

    def chosen(self, marks: Marks) -> Rows:
        """The marked rows, without their positions."""
        texts = pa.array(marks)
        return Rows(
            loss=self.loss[marks],
            labels=self.labels[marks],
            weight=None if self.weight is None else self.weight[marks],
            clusters=None if self.clusters is None else self.clusters[marks],
            keys=None if self.keys is None else self.keys.filter(texts),
            ids=None if self.ids is None else self.ids.filter(texts),
            place=self.place,
        )

    def gathered(self, rows: NDArray[np.int64]) -> Rows:
        """The labels and weights of these rows in this order, NaN for row −1, without their positions."""
        absent, rows = rows < 0, np.maximum(rows, 0)
        labels, weight = self.labels[rows], None if self.weight is None else self.weight[rows]
        labels[absent] = np.nan
        if weight is not None:
            weight[absent] = np.nan
        return Rows(self.loss[rows], labels, weight, None, None, None, self.place)

    @property
    def ignored(self) -> Marks:
        """Which rows have a label that is left out."""
        return np.asarray((self.labels == IGNORED).any(axis=1))

    @property
    def labelled(self) -> Marks:
        """Which rows have a label at all, if only one that is left out."""
        with np.errstate(invalid="ignore"):
            return np.asarray(((self.labels >= 0) | (self.labels == IGNORED)).all(axis=1))


class Model:
    """The files of one model as a stream of scored rows; what is known of them grows while they are read."""

    def __init__(self, path: str, source: DataFiles, progress: Callable[[int], None] | None = None) -> None:
        self.path = path
        self.data = DataSet(source)
        self.tally = Tally.empty()
        self.clusters: dict[tuple[str, ...], int] = {}
        self._progress = progress

    def rows(self, pool: Pool) -> Iterator[Rows]:
        """Every row, in order."""
        for opener in self.data.source.openers:
            with opener() as file:
                yield from self._file(file, pool)
        self.data.settled()

    def outcome(self) -> Outcome:
        """What was read, once it is read, in the terms of a scoring run; losses and weights are not in it."""
        return Outcome(self.data.scheme, self.tally, self.data.inputs, self.data.notices)

    @property
    def scheme(self) -> Scheme:
        """How the columns are used, once the first chunk is scored."""
        return self.data.scheme

    def _file(self, file: TableFile, pool: Pool) -> Iterator[Rows]:
        """The rows of one file, after the ones before it."""
        self.data.begin(file)
        before = self.tally.rows.read
        for block, scored in self.data.blocks(file, pool, _both):
            seen = self.tally.rows.read
            yield self._rows(block, scored, Place(file.path, seen - before, block.origin))
            self.tally += Tally.of_counts(scored, self.scheme).shifted(seen, seen - before + 1)
            check_limits(self.tally.rows.read, self.data.source.options, file.path)
            check_clusters(self.clusters, self.data.plan, file.path)
            if self._progress is not None:
                self._progress(scored.read)
        self.data.end(file, self.tally.rows.read - before)

    def _rows(self, block: Block, scored: ScoredRows, place: Place) -> Rows:
        """The rows of a block in the form in which they are paired."""
        plan, keys = self.scheme.plan, self.data.keys
        return Rows(
            loss=_spread(scored.loss, scored, block.rows),
            labels=_labels(block, self.scheme),
            weight=None if scored.weight is None else _spread(scored.weight, scored, block.rows),
            clusters=None if plan.cluster is None else self._cluster_numbers(block, plan.cluster),
            keys=key_texts(block, keys) if keys else None,
            ids=None if plan.id is None else block.text[plan.id],
            place=place,
        )

    def _cluster_numbers(self, block: Block, column: str) -> NDArray[np.int64]:
        """The clusters of a block as numbers that hold for the whole input."""
        coded = block.coded[column]
        numbers = [self.clusters.setdefault((name,), len(self.clusters)) for name in coded.names]
        return np.array([*numbers, -1], dtype=np.int64)[coded.codes]


def _both(block: Block, scored: ScoredRows) -> tuple[Block, ScoredRows]:
    """What pairing needs of a chunk: its labels and keys as they were decoded, and its losses."""
    return block, scored


def _spread(values: Floats, scored: ScoredRows, rows: int) -> Floats:
    """Values of the scored rows at their places among all rows, NaN elsewhere."""
    if scored.kept is None:
        return values
    spread = np.full(rows, np.nan)
    spread[scored.kept] = values
    return spread


def _labels(block: Block, scheme: Scheme) -> Floats:
    """The label of each row (n, m): class index, truth of each label, or targets; below 0 or NaN where it is none."""
    plan = scheme.plan
    if plan.kind == "categorical":
        assert block.targets is not None
        negative = block.targets < 0.0  # negative numbers are no targets, and would be taken for codes of `scheme`
        return np.where(negative, np.nan, block.targets) if negative.any() else block.targets
    if plan.kind == "sparse":
        assert plan.label is not None
        coded = block.coded[plan.label]
        return scheme.lookup(coded.names)[coded.codes].astype(np.float64)[:, None]
    columns = (block.coded[column] for column in plan.labels)
    return np.stack([scheme.truths(coded.names)[coded.codes] for coded in columns], axis=1)
