"""The files of one data set as blocks of scored rows: how score, inspect and compare all read their input.

Chunks are decoded and scored by a small pool of threads and come out in file order. The first file decides which
column is what, its first vectors how many classes there are; both are kept here. What becomes of the rows is left to
the caller.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from xent_cli.columns import resolve
from xent_cli.contract.errors import located_in
from xent_cli.contract.frozen import struct
from xent_cli.engine.opened import input_record, label_input, plan_for, reader_notices, request_for
from xent_cli.engine.part_files import check_part, column_types
from xent_cli.scoring.rows import score_block
from xent_cli.scoring.scheme import Scheme, check_classes, check_width
from xent_cli.scoring.tally.groups import check_block

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from xent_cli.columns import Plan, Stated
    from xent_cli.contract.report import Input, Notice
    from xent_cli.engine.pool import Pool
    from xent_cli.readers.interface import Block, Chunk, Request, TableFile
    from xent_cli.scoring.options import Options
    from xent_cli.scoring.scored_rows import ScoredRows

    Work = Callable[[Block, ScoredRows], "T"]

T = TypeVar("T")

Opener = Callable[[], "TableFile"]
"""What opens a file."""


@struct
class DataFiles:
    """The files of one data set, in order, with how to read and to score them. `on` selects the key columns."""

    openers: Sequence[Opener]
    columns: Stated
    options: Options
    class_weight: Mapping[str, float] | None = None
    on: str | None = None


class DataSet:
    """Files that are read as one data set. What is known of them grows while they are read.

    Each file is opened by the caller, who calls `begin`, iterates over `blocks` and calls `end`.
    """

    def __init__(self, source: DataFiles) -> None:
        self.source = source
        self.inputs: tuple[Input, ...] = ()
        self.notices: tuple[tuple[str, Notice], ...] = ()
        self.keys: tuple[str, ...] = ()
        self._plan: Plan | None = None
        self._scheme: Scheme | None = None
        self._first_path = ""
        self._types: dict[str, str] = {}
        self._width = 0

    def begin(self, file: TableFile) -> None:
        """Infer the columns from the first file; a later one must be read as the first one is."""
        if self._plan is not None:
            if column_types(file) != self._types:
                check_part(self._plan, file, self._first_path, self.source.columns)
            return
        with located_in(None if file.labels is not None else file.path):  # else a column may be that of either file
            self._plan, self._first_path = plan_for(file, self.source.columns), file.path
            self._types = column_types(file)
            if self.source.on is not None:
                self.keys = resolve(self.source.on, file.names, "--on")

    def blocks(self, file: TableFile, pool: Pool, work: Work[T]) -> Iterator[T]:
        """What `work` makes of each chunk of a file, decoded and scored, in order; it runs in any thread."""
        return self.scored(file.chunks(self.request), file.path, pool, work)

    def scored(self, chunks: Iterator[Chunk], path: str, pool: Pool, work: Work[T]) -> Iterator[T]:
        """What `work` makes of each of these chunks."""
        if self._scheme is None:  # the first vectors settle the classes for the others, so they are scored alone
            for chunk in chunks:
                yield self.score(chunk, path, work)
                break
        yield from pool.map(lambda chunk: self.score(chunk, path, work), chunks)

    def score(self, chunk: Chunk, path: str, work: Work[T]) -> T:
        """What `work` makes of a chunk."""
        block = chunk.decode()
        width = 0 if block.matrix is None else block.matrix.shape[1]
        return work(block, score_rows(block, self.settle(width, path), path))

    def end(self, file: TableFile, rows: int) -> None:
        """Remember a file that was read to its end."""
        self.inputs += (input_record(file, rows), *label_input(file))
        self.notices += reader_notices(file)

    def settle(self, width: int, path: str) -> Scheme:
        """The scheme; where it is not known yet, that of vectors of `width` entries."""
        if self._scheme is None:
            self._scheme = self._scheme_for(width)
            self._width = width
            check_classes(self._scheme, path, width)
        return self._scheme

    def settled(self) -> Scheme:
        """The scheme of an input that was read to its end, perhaps without a single row."""
        if self._scheme is None:
            self._scheme = self._scheme_for(0)
        return self._scheme

    def _scheme_for(self, width: int) -> Scheme:
        """The scheme of vectors of `width` entries."""
        return Scheme.of(self.plan, self.source.options, width, self.source.class_weight)

    @property
    def scheme(self) -> Scheme:
        """The scheme, once the first chunk has settled it."""
        assert self._scheme is not None
        return self._scheme

    @property
    def plan(self) -> Plan:
        """Which column is what, once the first file is open."""
        assert self._plan is not None
        return self._plan

    @property
    def width(self) -> int:
        """How many entries the first vectors have, once the first chunk has settled it."""
        return self._width

    @property
    def request(self) -> Request:
        """The columns to read: those of scoring, and the keys."""
        wanted = request_for(self.plan)
        return replace(wanted, text=tuple(dict.fromkeys((*wanted.text, *self.keys)))) if self.keys else wanted


def score_rows(block: Block, scheme: Scheme, path: str) -> ScoredRows:
    """The scored rows of a decoded block: a pure function, which threads and processes run."""
    check_width(scheme, path, 0 if block.matrix is None else block.matrix.shape[1], block.rows)
    scored = score_block(block, scheme, path)
    check_block(scored.groups, scheme.plan, path)
    return scored
