"""What a command does with its flags: parse → open → score → judge → render. It returns the exit status."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import TYPE_CHECKING, Any, Self, cast

from xent_cli import api, gates
from xent_cli.errors import Problem, UsageError, XentError
from xent_cli.options import (
    BadRows,
    Conventions,
    Options,
    parse_class_weight,
    parse_max_skipped,
    parse_samples,
    parse_tolerance,
)
from xent_cli.renderers import Format, View, render
from xent_cli.schema import Stated
from xent_cli.stage import Stage, is_terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from xent_cli.errors import Problem as ProblemType
    from xent_cli.results import Report, SampleColumns
    from xent_cli.results_comparison import Comparison, PairColumns
    from xent_cli.results_settings import Settings
    from xent_cli.scheme import Scheme
    from xent_cli.sinks import Output, SampleSink

ROW_FORMATS = ("jsonl", "csv", "tsv")
GATE_FORMATS = ("table", "json", "markdown", "github", "junit")
"""Formats of a report that tell of each gate in words."""
_EXTENSIONS = {
    "json": "json", "md": "markdown", "txt": "table", "xml": "junit", "prom": "openmetrics", "jsonl": "jsonl",
    "csv": "csv", "tsv": "tsv",
}  # fmt: skip
LONG = 1.0  # seconds of work before a progress line appears
EVERY = 0.1  # seconds between two changes of it


def score(kind: str | None, flags: dict[str, Any], stage: Stage) -> int:
    """Score files, judge and show the report; the status is 0, or 1 where a gate failed."""
    options = options_of(flags)
    thresholds = thresholds_of(flags)
    baseline = None if thresholds.baseline is None else gates.recorded(thresholds.baseline)
    inputs = inputs_of(flags, stage)
    read = inputs.files() if thresholds.baseline is None else (*inputs.files(), thresholds.baseline)
    outputs = Outputs.of(flags, read, stage, tuple(Format))
    with outputs, progress_line(stage) as progress:
        writer = outputs.open_writer if outputs.rows else None
        report = api.scored(inputs, stated_of(kind, flags), options, writer, progress, processes_of(flags))
        report = gates.judge(report, thresholds, baseline)
        outputs.finish(report)
    return 1 if report.status == "fail" else 0


def processes_of(flags: dict[str, Any]) -> int:
    """How many processes may work: as many as threads may, but a stated memory is that of one process."""
    return (flags["threads"] or 2) if flags["max_memory"] is None else 1


def inspect(flags: dict[str, Any], stage: Stage) -> int:
    """Show what the files are and everything wrong with them; the status says whether they could be scored."""
    inputs = inputs_of(flags, stage)
    options = Options(
        bad_rows=BadRows(skip=True, sum_tolerance=flags["sum_tolerance"]),
        threads=flags["threads"],
        max_rows=flags["max_rows"],
    )
    with progress_line(stage) as progress:
        inspection = api.inspected(inputs, stated_of(None, flags), options, progress)
    if flags["json"] or flags["format"] == "json":
        from xent_cli.renderers.json_document import render_json

        stage.write(render_json(inspection))
    else:
        from xent_cli.renderers.inspection import render_inspection

        stage.write(render_inspection(inspection, view(stage)))
    return 0 if inspection.scorable else 3


def show_settings(settings: Settings, *, as_json: bool, stage: Stage) -> None:
    """Show what is configured."""
    if as_json:
        from xent_cli.renderers.json_document import render_json

        stage.write(render_json(settings))
    else:
        from xent_cli.renderers.settings import render_settings

        stage.write(render_settings(settings, view(stage)))


def inputs_of(flags: dict[str, Any], stage: Stage) -> api.Inputs:
    """The files that the user named."""
    inputs = api.Inputs.of(flags["files"], flags["input_format"], delimiter_of(flags["delimiter"]), stage)
    return inputs.with_labels(flags["labels"], flags["on"])


def stated_of(kind: str | None, flags: dict[str, Any]) -> Stated:
    """What the user said about the columns."""
    classes = flags["classes"]
    return Stated(
        kind=kind,
        label=flags["label"],
        targets=flags["targets"],
        preds=flags["preds"],
        weight=flags["weight"],
        id=flags["id"],
        by=flags["by"],
        cluster=flags["cluster"],
        from_=flags["from_"],
        classes=None if classes is None else api.split_names(classes),
        positive=flags["positive"],
    )


def options_of(flags: dict[str, Any]) -> Options:
    """What the user said about the numbers."""
    conventions = Conventions(
        class_weight=parse_class_weight(flags["class_weight"]),
        pos_weight=flags["pos_weight"],
        smoothing=flags["label_smoothing"],
        ignore=tuple(flags["ignore_label"]),
        clip=flags["clip"],
        normalize=flags["normalize"],
        divide_by=flags["divide_by"],
        unit=flags["unit"],
    )
    most, share = parse_max_skipped(flags["max_skipped"])
    skip = flags["on_bad_row"] == "skip"
    if flags["max_skipped"] is not None and not skip:
        raise UsageError(Problem("option", "--max-skipped needs --on-bad-row skip", help="add --on-bad-row skip"))
    return Options(
        conventions=conventions,
        bad_rows=BadRows(skip, most, share, flags["sum_tolerance"]),
        confidence=flags["confidence"],
        samples=parse_samples(flags["samples"]),
        sort=flags["sort"],
        gradient="gradient" in flags["with_"],
        gradient_norm="gradient-norm" in flags["with_"],
        threads=flags["threads"],
        max_rows=flags["max_rows"],
        bootstrap=flags["bootstrap"],
        seed=flags["seed"] or 0,
    )


def thresholds_of(flags: dict[str, Any]) -> gates.Thresholds:
    """What the user said about the gates."""
    if flags["max_group_loss"] is not None and flags["by"] is None:
        raise UsageError(Problem("option", "--max-group-loss needs groups", help="add --by COLUMN"))
    return gates.Thresholds(
        max_loss=flags["max_loss"],
        max_perplexity=flags["max_perplexity"],
        min_skill=flags["min_skill"],
        max_group_loss=flags["max_group_loss"],
        gate_on=flags["gate_on"],
        baseline=flags["baseline"],
        tolerance=parse_tolerance(flags["max_regression"]),
        strict=flags["strict"],
    )


def delimiter_of(text: str | None) -> str | None:
    """The delimiter as one character."""
    if text is None or len(text) == 1:
        return text
    if text in {"\\t", "tab"}:
        return "\t"
    raise UsageError(
        Problem(
            "option", f"--delimiter {text!r} is not one character", help="write it as one character, or \\t for a tab"
        )
    )


class Outputs:
    """Where a run's results go: checked before the run, written whole or not at all."""

    def __init__(self, flags: dict[str, Any], inputs: Sequence[str], stage: Stage, formats: Sequence[str]) -> None:
        self.stage = stage
        self.formats = formats
        self.format: str = "json" if flags["json"] else flags["format"] or "table"
        if flags["json"] and flags["format"] not in {None, "json"}:
            raise UsageError(
                Problem(
                    "option", f"--json and --format {flags['format']} say different things", help="give one of them"
                )
            )
        self.stated = flags["json"] or flags["format"] is not None
        self.documents: list[tuple[str, str]] = []
        self.rows: list[tuple[str, str | None]] = []
        self.raw: bool = flags["raw_text"]
        self.inputs = inputs
        self.gradient = bool(flags["with_"])
        self.sinks: list[SampleSink] = []
        self.render: Callable[[Any, str, View], str] = render

    @classmethod
    def of(
        cls, flags: dict[str, Any], inputs: Sequence[str], stage: Stage, formats: Sequence[str] = ("table", "json")
    ) -> Outputs:
        """The outputs that the flags ask for, each of them possible; `formats` are those of the report."""
        outputs = cls(flags, inputs, stage, formats)
        for text in flags["output"]:
            outputs._add(text)
        if flags["losses"] is not None:
            outputs.rows.append((flags["losses"], None))
        if outputs.format in ROW_FORMATS:
            outputs.rows.append(("-", outputs.format))
        outputs._check()
        return outputs

    def _add(self, text: str) -> None:
        """One --output FORMAT=PATH."""
        format_, equals, path = text.partition("=")
        if not equals or not path or format_ not in (*self.formats, *ROW_FORMATS):
            raise UsageError(
                Problem(
                    "option",
                    f"--output cannot read {text!r}",
                    help=f"write --output {self._meant(text)}FORMAT one of {', '.join((*self.formats, *ROW_FORMATS))}",
                )
            )
        if format_ in ROW_FORMATS:
            self.rows.append((path, format_))
        else:
            self.documents.append((format_, path))

    def _meant(self, text: str) -> str:
        """The form of --output, for a path alone with the format that its extension says."""
        format_ = _EXTENSIONS.get(text.rpartition(".")[2].lower(), "")
        known = "=" not in text and format_ in (*self.formats, *ROW_FORMATS)
        return f"{format_}={text}: FORMAT=PATH with " if known else "FORMAT=PATH with "

    def _check(self) -> None:
        """Refuse what cannot be written before any work is done."""
        to_stdout = [path for path, _ in self.rows if path == "-"] + [path for _, path in self.documents if path == "-"]
        if self.format not in ROW_FORMATS and self.stated and to_stdout:
            to_stdout.append("-")
        if len(to_stdout) > 1:
            raise UsageError(
                Problem(
                    "option",
                    "two results want standard output",
                    help="write one of them to a file: --losses PATH or --output FORMAT=PATH",
                )
            )
        if self.gradient and not self.rows:
            raise UsageError(
                Problem(
                    "option",
                    "--with says what the rows of --losses carry, and there are none",
                    help="add --losses PATH",
                )
            )
        paths = [path for path, _ in self.rows] + [path for _, path in self.documents]
        if paths:
            from xent_cli.sinks import check_outputs

            check_outputs(paths, self.inputs)
        if self.report_on_stdout and self.stage.fills_a_file:
            from xent_cli.sinks import check_is_no_input

            check_is_no_input("-", self.inputs)

    @property
    def report_on_stdout(self) -> bool:
        """Whether standard output gets the report (and not rows)."""
        return (
            self.format not in ROW_FORMATS
            and not any(path == "-" for path, _ in self.rows)
            and not any(path == "-" for _, path in self.documents)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for sink in self.sinks:
            sink.abort()

    def open_writer(self, scheme: Scheme) -> Outputs:
        """Open the per-sample outputs, now that the columns are known."""
        from xent_cli.sinks import open_samples

        for path, format_ in self.rows:
            has_id = scheme.plan.id is not None
            self.sinks.append(
                open_samples(path, format_, has_id=has_id, **api.gradient_fields(scheme), raw_formulas=self.raw)
            )
        return self

    def write(self, columns: SampleColumns | PairColumns) -> None:
        """Take the scored or compared rows of one block."""
        for sink in self.sinks:
            sink.write(columns)

    def finish(self, report: Report | Comparison) -> None:
        """Put every output in its place, none before all of them are whole, and show the report."""
        plain = View(width=None, color=False)
        written = [(path, self.render(report, format_, plain)) for format_, path in self.documents]
        if self.sinks or written:
            self._put(written)
        for path, text in written:
            if path == "-":
                self.stage.write(text)
        if self.report_on_stdout:
            self.stage.write(self.render(report, self.format, view(self.stage)))
        if not self.stage.quiet:
            self._tell(report)

    def _tell(self, report: Report | Comparison) -> None:
        """Say on standard error what there is to know: the notices, and gates that standard output has no words for."""
        shown = self.report_on_stdout and self.format in GATE_FORMATS
        if (report.gates and not shown) or report.notices:
            from xent_cli.renderers.problems import render_gates, render_notices

            gates = "" if shown else render_gates(report.gates, error_view(self.stage))
            self.stage.tell(gates + render_notices(report.notices, error_view(self.stage)))

    def _put(self, written: Sequence[tuple[str, str]]) -> None:
        """Put rows and documents in their places: first everything that may fail, standard output last."""
        from xent_cli.sinks import open_output

        with contextlib.ExitStack() as stack:
            outputs: list[SampleSink | Output] = [*self.sinks]
            for path, text in written:
                if path != "-":
                    outputs.append(open_output(path))
                    stack.callback(outputs[-1].abort)
                    outputs[-1].write(text.encode())
            for output in outputs:
                output.prepare()
            for output in sorted(outputs, key=lambda output: output.turn):
                output.commit()


def view(stage: Stage) -> View:
    """How standard output is seen."""
    return _view(stage, sys.stdout)


def error_view(stage: Stage) -> View:
    """How standard error is seen."""
    return _view(stage, sys.stderr)


def _view(stage: Stage, stream: Any) -> View:
    """How a stream is seen: the width of a terminal, none elsewhere."""
    terminal = is_terminal(stream)
    width = max(40, _columns()) if terminal else None
    encoding = (getattr(stream, "encoding", None) or "ascii").lower().replace("-", "").replace("_", "")
    return View(width=width, color=stage.colored(stream), unicode=encoding.startswith("utf"), verbose=stage.verbose)


def _columns() -> int:
    """The width of the terminal."""
    import shutil

    return shutil.get_terminal_size().columns


def error_text(error: XentError, *, format: str | None, stage: Stage) -> str:
    """A failure as text, for json as a line of JSON, for github with annotations below it."""
    from xent_cli.renderers.problems import render_problems, render_problems_github, render_problems_json

    problems = cast("Sequence[ProblemType]", error.problems)
    if format == "json":
        return render_problems_json(problems, error.exit_code)
    text = render_problems(problems, error_view(stage))
    return text + render_problems_github(problems, View()) if format == "github" else text


@contextlib.contextmanager
def progress_line(stage: Stage) -> Iterator[Any]:
    """A progress line on standard error where that is a terminal and the work is long; yields what hears the rows."""
    if stage.quiet or not is_terminal(sys.stderr):
        yield None
        return
    line = _ProgressLine()
    try:
        yield line
    finally:
        line.close()


class _ProgressLine:
    """Rows read so far, shown from the first second on and wiped at the end."""

    def __init__(self) -> None:
        self.start = self.due = time.monotonic()
        self.shown: Any = None
        self.task: Any = None

    def __call__(self, rows: int) -> None:
        """Hear how many rows were read."""
        if self.shown is None:
            if time.monotonic() - self.start < LONG:
                return
            from rich.console import Console
            from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

            console = Console(stderr=True, markup=False, emoji=False, highlight=False)
            self.shown = Progress(
                SpinnerColumn(),
                TextColumn("{task.completed:,.0f} rows", markup=False),
                TimeElapsedColumn(),
                console=console,
                transient=True,
                auto_refresh=False,  # which would take a thread
            )
            self.task = self.shown.add_task("scoring", total=None)
            self.shown.start()
        if time.monotonic() > self.due:
            self.due = time.monotonic() + EVERY
            self.shown.update(self.task, completed=rows, refresh=True)

    def close(self) -> None:
        """Wipe the line."""
        if self.shown is not None:
            self.shown.stop()
