"""The rows of one model of a comparison, scored and in a form in which they can be put beside those of another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from xent_cli.columns import resolve
from xent_cli.contract.errors import Location
from xent_cli.contract.frozen import record, struct
from xent_cli.engine.blocks import check_limits
from xent_cli.engine.opened import beside, plan_of, read, remarks, request
from xent_cli.engine.part_files import check_part
from xent_cli.readers.joins.keys import key_texts
from xent_cli.scoring.rows import score_block
from xent_cli.scoring.scheme import IGNORED, Scheme, check_classes, check_width
from xent_cli.scoring.tally.by_class import ByClass, Part
from xent_cli.scoring.tally.groups import check_clusters
from xent_cli.scoring.tally.outcome import Outcome
from xent_cli.scoring.tally.tally import EXAMPLES, Tally, negative_labels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from xent_cli.columns import Plan, Stated
    from xent_cli.contract.report import Input, Notice
    from xent_cli.engine.blocks import Opener
    from xent_cli.engine.pool import Pool
    from xent_cli.readers.interface import Block, Chunk, Origin, Request, TableFile
    from xent_cli.scoring.options import Options
    from xent_cli.scoring.scored_rows import ScoredRows

    Floats = NDArray[np.float64]
    Marks = NDArray[np.bool_]


@struct
class Place:
    """Where rows stand: behind `before` rows of their file, then `skip` rows of their chunk, which are cut off."""

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
    """Rows of one model as arrays of one entry a row, faulty and ignored rows among them.

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
        """The marked rows; where they stood is forgotten."""
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
        """The labels and weights of these rows in this order, NaN for row −1; where they stood is forgotten."""
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


@struct
class Reading:
    """How the files of a comparison are read and scored."""

    options: Options
    class_weight: Mapping[str, float] | None = None
    on: str | None = None
    progress: Callable[[int], None] | None = None


class Model:
    """The files of one model as a stream of scored rows; what is known of them grows while they are read."""

    def __init__(self, path: str, openers: Sequence[Opener], stated: Stated, reading: Reading) -> None:
        self.path = path
        self.openers = openers
        self.stated = stated
        self.reading = reading
        self.plan: Plan | None = None
        self.scheme: Scheme | None = None
        self.tally = Tally.empty()
        self.inputs: tuple[Input, ...] = ()
        self.remarks: tuple[tuple[str, Notice], ...] = ()
        self.keys: tuple[str, ...] = ()
        self.clusters: dict[tuple[str, ...], int] = {}

    def rows(self, pool: Pool) -> Iterator[Rows]:
        """Every row, in order."""
        for opener in self.openers:
            yield from self._file(opener, pool)
        if self.scheme is None:
            assert self.plan is not None
            self.scheme = Scheme.of(self.plan, self.reading.options, 0, self.reading.class_weight)

    def outcome(self) -> Outcome:
        """What was read, once it is read, in the terms of a scoring run; losses and weights are not in it."""
        assert self.scheme is not None
        return Outcome(self.scheme, self.tally, self.inputs, self.remarks)

    def _file(self, opener: Opener, pool: Pool) -> Iterator[Rows]:
        """The rows of one file, behind the ones before it."""
        with opener() as file:
            if self.plan is None:
                self.plan = plan_of(file, self.stated)
                self.keys = () if self.reading.on is None else resolve(self.reading.on, file.names, "--on")
            else:
                check_part(self.plan, file, self.inputs[0].path, self.stated)
            before = self.tally.read
            for block, scored in self._scored(file, pool):
                seen = self.tally.read
                yield self._rows(block, scored, Place(file.path, seen - before, block.origin))
                assert self.scheme is not None
                self.tally += _light(scored, self.scheme).shifted(seen, seen - before + 1)
                check_limits(self.tally, self.reading.options, file.path)
                check_clusters(self.clusters, self.plan, file.path)
                if self.reading.progress is not None:
                    self.reading.progress(scored.read)
            self.inputs += (read(file, self.tally.read - before), *beside(file))
            self.remarks += remarks(file)

    def _scored(self, file: TableFile, pool: Pool) -> Iterator[tuple[Block, ScoredRows]]:
        """The chunks of a file, decoded and scored; the first one of all settles the classes before others start."""
        assert self.plan is not None
        chunks = file.chunks(self._wanted(request(self.plan)))
        work: Callable[[Chunk], tuple[Block, ScoredRows]] = lambda chunk: self._piece(chunk, file.path)  # noqa: E731
        for chunk in chunks:
            yield work(chunk)
            break
        yield from pool.map(work, chunks)

    def _wanted(self, base: Request) -> Request:
        """The columns to read: those of scoring, and the keys."""
        return replace(base, text=tuple(dict.fromkeys((*base.text, *self.keys))))

    def _piece(self, chunk: Chunk, path: str) -> tuple[Block, ScoredRows]:
        """Decode and score one chunk (in any thread)."""
        block = chunk.decode()
        width = 0 if block.matrix is None else block.matrix.shape[1]
        if self.scheme is None:
            assert self.plan is not None
            self.scheme = Scheme.of(self.plan, self.reading.options, width, self.reading.class_weight)
            check_classes(self.scheme, path, width)
        check_width(self.scheme, path, width, block.rows)
        return block, score_block(block, self.scheme, path)

    def _rows(self, block: Block, scored: ScoredRows, place: Place) -> Rows:
        """The rows of a block in the form in which they are paired."""
        assert self.scheme is not None
        plan = self.scheme.plan
        return Rows(
            loss=_spread(scored.loss, scored, block.rows),
            labels=_labels(block, self.scheme),
            weight=None if scored.weight is None else _spread(scored.weight, scored, block.rows),
            clusters=None if plan.cluster is None else self._cluster_numbers(block, plan.cluster),
            keys=key_texts(block, self.keys) if self.keys else None,
            ids=None if plan.id is None else block.text[plan.id],
            place=place,
        )

    def _cluster_numbers(self, block: Block, column: str) -> NDArray[np.int64]:
        """The clusters of a block as numbers that hold for the whole input."""
        coded = block.coded[column]
        numbers = [self.clusters.setdefault((name,), len(self.clusters)) for name in coded.names]
        return np.array([*numbers, -1], dtype=np.int64)[coded.codes]


def _light(scored: ScoredRows, scheme: Scheme) -> Tally:
    """What a scoring run would tell of a block besides the statistics of its losses."""
    infinite = np.isinf(scored.loss)
    endless = np.flatnonzero(infinite)
    negatives = negative_labels(scored, scheme)
    # which classes occur tells a positive class that no row has; their losses are nobody's concern here
    counted = enumerate(np.bincount(scored.y).tolist()) if negatives and scored.y is not None else ()
    return Tally(
        read=scored.read,
        ignored=scored.ignored,
        skipped=scored.skipped,
        infinite=int(endless.size),
        endless=int(np.count_nonzero(infinite if scored.weight is None else infinite & (scored.weight > 0.0))),
        infinite_rows=tuple((scored.numbers(endless[:EXAMPLES]) + 1).tolist()),
        above_one=scored.seen.above_one,
        deviation=scored.seen.deviation,
        deviating=scored.seen.deviating,
        distributions=scored.seen.distributions or not len(scored.loss),
        classes=ByClass({c: Part(rows) for c, rows in counted if rows}),
        negatives=negatives,
        breaches=scored.breaches,
    )


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
        negative = block.targets < 0.0  # no targets, and no codes either
        return np.where(negative, np.nan, block.targets) if negative.any() else block.targets
    if plan.kind == "sparse":
        assert plan.label is not None
        coded = block.coded[plan.label]
        return scheme.lookup(coded.names)[coded.codes].astype(np.float64)[:, None]
    columns = (block.coded[column] for column in plan.labels)
    return np.stack([scheme.truths(coded.names)[coded.codes] for coded in columns], axis=1)
