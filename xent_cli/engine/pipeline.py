"""The pipeline: files → chunks → scored rows → tally. Memory does not grow with the number of rows.

Chunks are scored by threads, or sections of a file by processes, and merged in file order by the calling thread, which
alone knows how many rows came before; nothing that is merged depends on how the input was cut.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from xent_cli.contract.errors import Problem, UsageError
from xent_cli.contract.frozen import struct
from xent_cli.engine.data_set import DataFiles, DataSet, Opener
from xent_cli.engine.limits import check_limits
from xent_cli.engine.pool import Pool
from xent_cli.engine.sections import SECTIONS, Task, tally_sections
from xent_cli.scoring.options import SMALLEST_TABLE, WORST, Options
from xent_cli.scoring.scored_rows import sample_columns
from xent_cli.scoring.tally.groups import check_clusters, check_groups
from xent_cli.scoring.tally.outcome import Outcome
from xent_cli.scoring.tally.samples import Wanted
from xent_cli.scoring.tally.tally import Tally, append, tally_rows
from xent_cli.system import processes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from xent_cli.columns import Stated
    from xent_cli.contract.row_columns import SampleColumns
    from xent_cli.readers.interface import Block, Section, TableFile
    from xent_cli.scoring.scheme import Scheme
    from xent_cli.scoring.scored_rows import ScoredRows


class SampleWriter(Protocol):
    """Where per-sample rows go while they are scored."""

    def write(self, columns: SampleColumns) -> None:
        """Take the scored rows of one block."""


@struct
class Job:
    """What to score and how. `writer` is opened once the columns are known.

    `progress` is called with the number of rows read so far.
    `processes`: maximum number of workers per file.
    """

    openers: Sequence[Opener]
    columns: Stated
    options: Options
    writer: Callable[[Scheme], SampleWriter] | None = None
    progress: Callable[[int], None] | None = None
    processes: int = 1


def run(job: Job) -> Outcome:
    """Read and score the whole input. Bad rows are counted here and refused by the caller."""
    weight = job.options.conventions.class_weight
    if weight != "balanced":
        return _Run(job, weight).outcome()
    # the weights need the size of each class first, so the input is read twice
    silent = replace(job, options=replace(job.options, bootstrap=None), writer=None, progress=None)
    counted = _Run(silent, None).outcome()
    return _Run(job, balanced(counted)).outcome()


def balanced(outcome: Outcome) -> dict[str, float]:
    """Class weights n / (k·n_c), by which every class weighs the same (scikit-learn's definition)."""
    if outcome.tally.soft.rows:
        message = "--class-weight balanced counts the rows of each class, and these targets are shared by several"
        raise UsageError(Problem("option", message, help="give the weights: --class-weight A=X,B=Y"))
    names, parts = outcome.scheme.class_names, outcome.tally.classes.table()
    present = {names[c]: part.rows for c, part in parts.items()}
    n = sum(present.values())
    return {name: n / (len(names) * rows) for name, rows in present.items()}


@dataclass(slots=True, eq=False, repr=False)
class _Piece:
    """The result of a chunk, or of a whole file that was divided: its tally, and what else the merge needs."""

    tally: Tally
    columns: SampleColumns | None = None
    scored: ScoredRows | None = None


class _Run:
    """One pass over the files of a job."""

    def __init__(self, job: Job, class_weight: Mapping[str, float] | None) -> None:
        self.job = job
        self.data = DataSet(DataFiles(job.openers, job.columns, job.options, class_weight))
        self.tally = Tally.empty()
        self.writer: SampleWriter | None = None
        self.wanted = _wanted(job.options)

    def outcome(self) -> Outcome:
        """Read every file to its end."""
        with Pool(self.job.options.threads or 2) as pool:
            for opener in self.job.openers:
                with opener() as file:
                    self._read(file, pool)
        tally = replace(self.tally, classes=self.tally.classes.settled()).trimmed(self.wanted)
        return Outcome(self.data.settled(), tally, self.data.inputs, self.data.notices)

    def _read(self, file: TableFile, pool: Pool) -> None:
        """Read one file, after the ones before it."""
        self.data.begin(file)
        before = self.tally.rows.read
        for piece in self._pieces(file, pool):
            self._merge(piece, before)
            check_limits(self.tally.rows.read, self.job.options, file.path)
            check_groups(self.tally.groups, self.data.plan, file.path)
            check_clusters(self.tally.clusters.largest, self.data.plan, file.path)
        self.data.end(file, self.tally.rows.read - before)

    def _pieces(self, file: TableFile, pool: Pool) -> Iterator[_Piece]:
        """The pieces of a file in order, or, where processes can work on it, all of them as one."""
        chunks, first = file.chunks(self.data.request), None
        if self.data.request.lists():  # sections must know the length of the lists, which the first chunk has
            first = next((self.data.score(chunk, file.path, self._piece) for chunk in chunks), None)
            if first is None:
                return
        # a bad row has to be named by its number in the file, which only a read from the start knows
        sections = () if first is not None and first.tally.breaches else self._sections(file)
        if len(sections) > 1:
            del chunks  # and with it what it holds in memory
            whole = self._divided(sections, file)
            if whole is not None:
                yield whole
                return
            # a bad row or a process that failed: threads read the file again from its start, and name all that is wrong
            chunks = file.chunks(self.data.request)
            if first is not None:
                next(chunks)
        if first is not None:
            yield first
        yield from self.data.scored(chunks, file.path, pool, self._piece)

    def _piece(self, block: Block, scored: ScoredRows) -> _Piece:
        """What becomes of one chunk (in any thread)."""
        del block
        scheme = self.data.scheme
        columns = None if self.job.writer is None else sample_columns(scored, scheme, 0)
        # the tally so far may lack chunks that other threads work on: it saves work and changes no result
        tally = tally_rows(scored, scheme, self.wanted, self.tally)
        return _Piece(tally, columns, None if self.job.options.bootstrap is None else scored)

    def _sections(self, file: TableFile) -> Sequence[Section]:
        """The sections on which processes can work: what needs the number of every row is done by one process."""
        job, options = self.job, self.job.options
        needed = job.writer is not None or options.bootstrap is not None or options.max_rows is not None
        if job.processes < 2 or needed or options.bad_rows.skip or self.wanted.first is None:
            return ()
        if not processes.possible():
            return ()
        wanted = self.data.request
        if wanted.lists():
            wanted = replace(wanted, width=self.data.width)
        # more sections than numbers that fit the pipe of the workers could block it
        sections = file.sections(wanted, min(SECTIONS * job.processes, processes.MOST_ITEMS))
        return sections if len(sections) <= processes.MOST_ITEMS else ()

    def _divided(self, sections: Sequence[Section], file: TableFile) -> _Piece | None:
        """All sections as one piece; None where they have to be read from the start of the file after all."""
        scheme = self.data.settle(len(self.data.plan.predictions), file.path)
        # ignored rows are counted only when they are read: the number of losses is not known before
        expected = 0 if self.job.options.conventions.ignore else sum(section.rows for section in sections)
        task = Task(scheme, file.path, self.wanted, self.tally.samples.floor(self.wanted), expected)
        read = self.tally.rows.read

        def progress(more: int) -> None:
            nonlocal read
            read += more
            if self.job.progress is not None:
                self.job.progress(read)

        try:
            tally = tally_sections(sections, file, task, self.job.processes, progress)
        except OSError:  # the system may refuse more processes or pipes: threads do the same work
            return None
        return None if tally is None else _Piece(tally)

    def _merge(self, piece: _Piece, rows_before_file: int) -> None:
        """Append a scored piece to the ones before it."""
        before = self.tally.rows.read
        if piece.columns is not None and (self.job.options.bad_rows.skip or not self.tally.breaches):
            self._write(piece.columns.shifted(before))
        # bootstrap counts are drawn by row number, which only the merge in file order knows
        tally = piece.tally if piece.scored is None else piece.tally.resampled(piece.scored, self.job.options, before)
        self.tally = append(self.tally, tally, self.wanted, rows_before_file)
        if self.job.progress is not None:
            self.job.progress(self.tally.rows.read)

    def _write(self, columns: SampleColumns) -> None:
        """Hand rows to the per-sample outputs, which open with the first of them."""
        assert self.job.writer is not None
        self.writer = self.writer or self.job.writer(self.data.scheme)
        self.writer.write(columns)


def _wanted(options: Options) -> Wanted:
    """The samples that a report shows, or may show where the input turns out to be short."""
    if options.samples == "all":
        return Wanted(None, 0)
    if options.samples is None:
        return Wanted(SMALLEST_TABLE, WORST)
    return Wanted(options.samples if options.sort == "file" else SMALLEST_TABLE, options.samples)
