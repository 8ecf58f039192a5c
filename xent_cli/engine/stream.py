"""The stream: files → chunks → scored rows → tally. Memory does not grow with the number of rows.

Chunks are decoded and scored by a small pool of threads and merged in file order by the calling thread, which alone
knows how many rows came before; nothing that is merged depends on how the input was cut.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING, Protocol

from xent_cli.contract.errors import Problem, UsageError
from xent_cli.contract.frozen import struct
from xent_cli.engine.blocks import Opener, check_limits
from xent_cli.engine.opened import beside, plan_of, read, remarks, request
from xent_cli.engine.part_files import check_part
from xent_cli.engine.pool import Pool
from xent_cli.readers.interface import Divisible, NotDivisibleError, Told
from xent_cli.scoring.options import SMALLEST_TABLE, WORST, Options
from xent_cli.scoring.rows import score_block
from xent_cli.scoring.scheme import Scheme, check_classes, check_width
from xent_cli.scoring.scored_rows import sample_columns
from xent_cli.scoring.tally import groups
from xent_cli.scoring.tally.outcome import Outcome
from xent_cli.scoring.tally.tally import Tally, Wanted
from xent_cli.statistics.quantiles import Quantiles
from xent_cli.system import heap, processes
from xent_cli.system.memory import restored, share_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from xent_cli.columns import Plan, Stated
    from xent_cli.contract.report import Input, Notice
    from xent_cli.contract.row_columns import SampleColumns
    from xent_cli.readers.interface import Chunk, Section, TableFile
    from xent_cli.scoring.scored_rows import ScoredRows


PLENTY = 8
"""How many times what is fetched at once a process must have, so that there is enough for the rest."""


SECTIONS = 8
"""Into how many sections a file is divided for each process: many, so that all are done at about the same time."""


class SampleWriter(Protocol):
    """Where per-sample rows go while they are scored."""

    def write(self, columns: SampleColumns) -> None:
        """Take the scored rows of one block."""


@struct
class Job:
    """What to score and how. `writer` is opened once the columns are known; `progress` hears rows read so far.

    Up to so many `processes` work on one file, where that is possible.
    """

    openers: Sequence[Opener]
    stated: Stated
    options: Options
    writer: Callable[[Scheme], SampleWriter] | None = None
    progress: Callable[[int], None] | None = None
    processes: int = 1


def run(job: Job) -> Outcome:
    """Read and score the whole input. Bad rows are counted, not judged: see `reporting.judge`."""
    weight = job.options.conventions.class_weight
    if weight != "balanced":
        return _Stream(job, weight).outcome()
    # the weights need the size of each class first, so the input is read twice
    silent = replace(job, options=replace(job.options, bootstrap=None), writer=None, progress=None)
    counted = _Stream(silent, None).outcome()
    return _Stream(job, balanced(counted)).outcome()


def balanced(outcome: Outcome) -> dict[str, float]:
    """Class weights n / (k·n_c), by which every class weighs the same (scikit-learn's definition)."""
    if outcome.tally.soft:
        message = "--class-weight balanced counts the rows of each class, and these targets are shared by several"
        raise UsageError(Problem("option", message, help="state the weights: --class-weight A=X,B=Y"))
    names, parts = outcome.scheme.class_names, outcome.tally.classes.table()
    present = {names[c]: part.rows for c, part in parts.items()}
    n = sum(present.values())
    return {name: n / (len(names) * rows) for name, rows in present.items()}


@dataclass(slots=True, eq=False, repr=False)
class _Piece:
    """What a worker made of a chunk."""

    tally: Tally
    columns: SampleColumns | None
    scored: ScoredRows | None


class _Stream:
    """One pass over the files of a job."""

    def __init__(self, job: Job, class_weight: Mapping[str, float] | None) -> None:
        self.job = job
        self.class_weight = class_weight
        self.scheme: Scheme | None = None
        self.width = 0
        self.first_path = ""
        self.plan: Plan | None = None
        self.tally = Tally.empty()
        self.writer: SampleWriter | None = None
        self.remarks: list[tuple[str, Notice]] = []
        self.beside: tuple[Input, ...] = ()
        self.quantiles = Quantiles.empty()
        self.reached = -inf
        samples, sort = job.options.samples, job.options.sort
        self.wanted = Wanted(SMALLEST_TABLE, WORST)
        if samples == "all":
            self.wanted = Wanted(None, 0)
        elif samples is not None:
            self.wanted = Wanted(samples if sort == "file" else SMALLEST_TABLE, samples)

    def outcome(self) -> Outcome:
        """Read every file to its end."""
        threads = self.job.options.threads or 2
        with Pool(threads) as pool:
            inputs = tuple(self._file(opener, pool) for opener in self.job.openers)
        if self.scheme is None:
            assert self.plan is not None
            self.scheme = Scheme.of(self.plan, self.job.options, 0, self.class_weight)
        self.tally = replace(self.tally, classes=self.tally.classes.settled())
        return Outcome(self.scheme, self.tally.trimmed(self.wanted), inputs + self.beside, tuple(self.remarks))

    def _file(self, opener: Opener, pool: Pool) -> Input:
        """Read one file, behind the ones before it."""
        with opener() as file:
            if self.plan is None:
                self.plan, self.first_path = plan_of(file, self.job.stated), file.path
            else:
                check_part(self.plan, file, self.first_path, self.job.stated)
            before = self.tally.read
            for piece in self._pieces(file, pool):
                self._merge(piece, before)
                check_limits(self.tally, self.job.options, file.path)
                groups.check_groups(self.tally.groups, self.plan, file.path)
                groups.check_clusters(self.tally.clusters.largest, self.plan, file.path)
            self.remarks += remarks(file)
            self.beside += beside(file)
            return read(file, self.tally.read - before)

    def _pieces(self, file: TableFile, pool: Pool) -> Iterator[_Piece]:
        """The pieces of a file in order, or all of them as one, made in processes, where they can work."""
        assert self.plan is not None
        wanted = request(self.plan)
        chunks, first = file.chunks(wanted), None
        if wanted.lists():  # the first of them tells how long they are
            first = next((self._piece(chunk, file.path) for chunk in chunks), None)
            if first is None:
                return
        sections = () if first is not None and first.tally.breaches else self._sections(file)
        if len(sections) > 1:
            assert isinstance(file, Divisible)
            del chunks  # and with it what it holds in memory
            try:
                done = self._divided(sections, file)
            except OSError:  # there may be no more processes or pipes to be had
                done = None
            if done is not None:
                yield done
                return
            chunks = file.chunks(wanted)
            if first is not None:
                next(chunks)
        if first is not None:
            yield first
        yield from pool.map(lambda chunk: self._piece(chunk, file.path), chunks)

    def _sections(self, file: TableFile) -> Sequence[Section]:
        """The sections on which processes can work: what needs the number of every row is left to one process."""
        job, options = self.job, self.job.options
        needed = job.writer is not None or options.bootstrap is not None or options.max_rows is not None
        if job.processes < 2 or needed or options.bad_rows.skip or self.wanted.first is None:
            return ()
        if not isinstance(file, Divisible) or not processes.possible():
            return ()
        assert self.plan is not None
        wanted = request(self.plan)
        if wanted.lists():
            wanted = replace(wanted, width=self.width)
        sections = file.sections(wanted, min(SECTIONS * job.processes, processes.MOST_ITEMS))
        return sections if len(sections) <= processes.MOST_ITEMS else ()

    def _divided(self, sections: Sequence[Section], file: Divisible) -> _Piece | None:
        """All sections as one piece, worked on in processes; None where one of them has anything to refuse."""
        assert self.plan is not None
        self._settle(len(self.plan.predictions), file.path)
        tally, quantiles, heard = Tally.empty(), Tally.empty(), list[Told]()
        early: dict[int, Tally] = {}
        place, rows, workers = 0, self.tally.read, min(self.job.processes, len(sections))
        stated = 0 if self.job.options.conventions.ignore else sum(section.rows for section in sections)
        worker = copy(self)  # what each process finds stays apart from what is put together here
        with restored(), processes.Counters(len(sections)) as counters:
            for result in processes.divided(
                lambda item: worker.section(item, file.path, counters, stated),
                tuple(enumerate(sections)),
                workers,
                lambda: _begin(workers),
                lambda: (replace(Tally.empty(), quantiles=worker.quantiles), Told()),
            ):
                if result is None:
                    return None
                number, (part, found) = result
                if number == processes.LAST:
                    quantiles += part
                    continue
                heard.append(found)
                rows += part.read
                if self.job.progress is not None:
                    self.job.progress(rows)
                early[number] = part
                while place in early:
                    tally = _behind(tally, early.pop(place), self.wanted)
                    place += 1
        for told in heard:
            file.hear(told)
        return _Piece(tally + quantiles, None, None)

    def section(
        self, item: tuple[int, Section], path: str, counters: processes.Counters, stated: int
    ) -> tuple[Tally, Told]:
        """The tally of a section (in a process of its own), but for the quantiles, which the process sends at its end.

        So many rows in all are `stated` to have a loss; where they or those that were scored are too many for exact
        quantiles, no value is kept.
        """
        number, section = item
        self.reached = self._floor()  # the worst rows of other sections stay known
        tally = self.tally = Tally.empty()
        for chunk in section.chunks():
            if self.wanted.losses and max(stated, counters.total()) > self.wanted.losses:
                self.wanted = replace(self.wanted, losses=0)
            piece = self._piece(chunk, path).tally
            if piece.breaches:
                raise NotDivisibleError
            tally = self.tally = _behind(tally, piece, self.wanted)
            counters[number] = tally.quantiles.n
        self.quantiles += tally.quantiles
        return replace(tally, quantiles=Quantiles.empty(), classes=tally.classes.settled()), section.told()

    def _piece(self, chunk: Chunk, path: str) -> _Piece:
        """Decode and score one chunk (in any thread)."""
        block = chunk.decode()
        width = 0 if block.matrix is None else block.matrix.shape[1]
        scheme = self._settle(width, path)
        check_width(scheme, path, width, block.rows)
        scored = score_block(block, scheme, path)
        groups.check_block(scored.groups, scheme.plan, path)
        enough = self.wanted.first is not None and len(self.tally.first) >= self.wanted.first
        wanted = Wanted(0, self.wanted.worst, self.wanted.losses) if enough else self.wanted
        columns = None if self.job.writer is None else sample_columns(scored, scheme, 0)
        tally = Tally.of(scored, scheme, wanted, self._floor())
        return _Piece(tally, columns, None if self.job.options.bootstrap is None else scored)

    def _settle(self, width: int, path: str) -> Scheme:
        """The scheme, which the first vectors settle: the first chunk is always scored alone."""
        if self.scheme is None:
            assert self.plan is not None
            self.scheme = Scheme.of(self.plan, self.job.options, width, self.class_weight)
            self.width = width
            check_classes(self.scheme, path, width)
        return self.scheme

    def _floor(self) -> float:
        """A loss that a row has to reach to be among the worst: what is known so far can only be too low."""
        worst = self.tally.worst
        enough = len(worst) >= self.wanted.worst
        return max(self.reached, min((sample.loss for sample in worst), default=0.0) if enough else -inf)

    def _merge(self, piece: _Piece, rows_before_file: int) -> None:
        """Put a scored chunk behind the ones before it."""
        before = self.tally.read
        if (
            self.job.writer is not None
            and piece.columns is not None
            and (self.job.options.bad_rows.skip or not self.tally.breaches)
        ):
            assert self.scheme is not None
            self.writer = self.writer or self.job.writer(self.scheme)
            self.writer.write(piece.columns.shifted(before))
        tally = piece.tally if piece.scored is None else piece.tally.resampled(piece.scored, self.job.options, before)
        self.tally = _behind(self.tally, tally, self.wanted, rows_before_file)
        if self.job.progress is not None:
            self.job.progress(self.tally.read)


def _begin(workers: int) -> None:
    """What one of so many processes does first."""
    share = share_memory(workers)
    if share is None or share > PLENTY * heap.ROOM:
        heap.keep()


def _behind(tally: Tally, later: Tally, wanted: Wanted, rows_before_file: int = 0) -> Tally:
    """A tally with a later one behind it, and no more samples than wanted."""
    before = tally.read
    return (tally + later.shifted(before, before - rows_before_file + 1)).trimmed(wanted)
