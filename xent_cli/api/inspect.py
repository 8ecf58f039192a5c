"""Everything about an input short of its score: its columns, its problems, and the explicit command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xent_cli._version import __version__
from xent_cli.columns.selectors import join_names
from xent_cli.contract.errors import DataError, Problem
from xent_cli.contract.inspection import ColumnView, Inspection, InspectionProblem
from xent_cli.contract.report import Input, Notice, RowCounts
from xent_cli.engine import pipeline
from xent_cli.reports import refusals
from xent_cli.reports.notices import file_notices, row_notices
from xent_cli.reports.report import report_of
from xent_cli.reports.roles import columns_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from xent_cli.api.requests import InspectRequest
    from xent_cli.columns import Stated
    from xent_cli.engine.data_set import Opener
    from xent_cli.readers.interface import TableFile
    from xent_cli.scoring.options import Options
    from xent_cli.scoring.scheme import Scheme
    from xent_cli.scoring.tally.outcome import Outcome


def inspected(request: InspectRequest, progress: Callable[[int], None] | None = None) -> Inspection:
    """Everything about an input short of its score."""
    inputs, columns, options = request.inputs, request.columns, request.options
    opened_files = _OpenedFiles(progress)
    openers = tuple(opened_files.opener(opener) for opener in inputs.openers())
    try:
        outcome = pipeline.run(pipeline.Job(openers, columns, options, None, opened_files.count))
    except DataError as error:
        if not opened_files.files:
            raise
        return _failed(opened_files, error.problems)
    problems = list(refusals.bad_rows(outcome.tally, options))
    report = None
    try:
        refusals.refuse_unscorable(outcome, options)
        report = report_of(outcome, options) if outcome.tally.rows.scored and not problems else None
    except DataError as error:
        # without skipping, bad rows end the run: that no row is left is not a second problem
        none_left = bool(problems) and not outcome.tally.rows.ignored
        problems = [problem for problem in error.problems if not (none_left and problem.rule == "no-rows")]
    plan = outcome.scheme.plan
    tally = outcome.tally
    # flags would insist on what the values speak against
    contradicted = any(problem.rule in {"hard-predictions", "probability-of-decision"} for problem in problems)
    return Inspection(
        schema="xent.inspect/1",
        xent=__version__,
        scorable=not problems,
        command=None if contradicted else command_line(outcome.scheme, columns, inputs.words(outcome.inputs)),
        inputs=outcome.inputs,
        header=_header(opened_files.files[0], plan.roles()),
        columns=columns_of(outcome.scheme),
        rows=RowCounts(
            tally.rows.read,
            tally.rows.scored,
            tally.rows.ignored,
            tally.rows.skipped,
            bad={rule: breach.count for rule, breach in sorted(tally.breaches.items())},
        ),
        problems=tuple(_fault(problem) for problem in problems),
        notices=report.notices if report is not None else _notices(outcome, options),
    )


def _notices(outcome: Outcome, options: Options) -> tuple[Notice, ...]:
    """The notices of an input that has no score."""
    return (*file_notices(outcome.inputs, outcome.remarks), *row_notices(outcome, options))


class _OpenedFiles:
    """Files opened and rows read, kept even if the run fails."""

    def __init__(self, progress: Callable[[int], None] | None) -> None:
        self.files: list[TableFile] = []
        self.rows = 0
        self._before: list[int] = []
        self._progress = progress

    def opener(self, opener: Opener) -> Opener:
        """An opener whose files are remembered."""

        def opened() -> TableFile:
            file = opener()
            self.files.append(file)
            self._before.append(self.rows)
            return file

        return opened

    def count(self, rows: int) -> None:
        """Progress callback: the rows read so far."""
        self.rows = rows
        if self._progress is not None:
            self._progress(rows)

    def inputs(self) -> tuple[Input, ...]:
        """What was read of each file."""
        bounds = zip(self._before, [*self._before[1:], self.rows], strict=True)
        rows = [after - before for before, after in bounds]
        return tuple(Input(file.path, file.format, n, file.bytes) for file, n in zip(self.files, rows, strict=True))


def _failed(opened_files: _OpenedFiles, problems: Sequence[Problem]) -> Inspection:
    """The inspection of a file whose columns could not be inferred, or whose run failed."""
    return Inspection(
        "xent.inspect/1", __version__, scorable=False, command=None, inputs=opened_files.inputs(),
        header=_header(opened_files.files[0], {}), columns=None, rows=None,
        problems=tuple(_fault(problem) for problem in problems),
    )  # fmt: skip


def _header(file: TableFile, roles: Mapping[str, str]) -> tuple[ColumnView, ...]:
    """The columns of a file with their roles."""
    return tuple(
        ColumnView(name, kind.text, roles.get(name)) for name, kind in zip(file.names, file.types, strict=True)
    )


def _fault(problem: Problem) -> InspectionProblem:
    """A problem as `inspect` lists it."""
    from xent_cli.renderers.problems import location_text

    where = None if problem.where is None else location_text(problem.where)
    return InspectionProblem(
        problem.rule, problem.count, problem.message, where, problem.rows, problem.help, problem.detail
    )


def command_line(scheme: Scheme, flags: Stated, files: Sequence[str]) -> str:
    """The command that gives everything that was inferred as explicit flags."""
    import shlex

    plan = scheme.plan
    words = ["xent", plan.kind, *files]
    if plan.kind == "categorical":
        words += ["--targets", join_names(plan.targets)]
    elif plan.multilabel:
        words += ["--targets", join_names(plan.labels)]
    elif plan.label is not None:
        words += ["--label", join_names((plan.label,))]
    words += ["--preds", join_names(plan.predictions), "--from", plan.space]
    if plan.positive is not None and plan.positive_stated:
        words += ["--positive", plan.positive]
    if plan.of != "positive":
        words += ["--of", plan.of]
    if plan.decision is not None:
        words += ["--decision", join_names((plan.decision,))]
    named = plan.named if flags.classes is None else flags.classes
    if named is not None:
        words += ["--classes", join_names(named)]
    for flag, column in (("--weight", plan.weight), ("--id", plan.id)):
        words += [] if column is None else [flag, join_names((column,))]
    return shlex.join(words)
