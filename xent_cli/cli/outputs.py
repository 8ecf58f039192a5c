"""Where the results of a run go: checked before the run, written whole or not at all."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Self

from xent_cli.cli.terminal import error_view, view
from xent_cli.contract.errors import Problem, UsageError
from xent_cli.contract.frozen import struct
from xent_cli.renderers.formats import BY_NAME, format_of_path, formats_of, render
from xent_cli.renderers.view import View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xent_cli.contract.comparison import Comparison
    from xent_cli.contract.leaderboard import Leaderboard
    from xent_cli.contract.report import Report
    from xent_cli.contract.row_columns import PairColumns, SampleColumns
    from xent_cli.scoring.scheme import Scheme
    from xent_cli.sinks import Output, SampleSink
    from xent_cli.system.standard_streams import Stage


@struct
class OutputRequest:
    """What is asked for as output: `format` on standard output (`explicit` where a flag says so), copies, rows.

    `copies` are pairs of format and path, `rows` of path and format (None: the extension says it). `formats` are those
    that the command has; `samples` says that `format` is one of samples.
    """

    formats: tuple[str, ...]
    format: str
    explicit: bool
    copies: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, str | None], ...]
    raw_text: bool
    gradient: bool
    samples: bool

    @classmethod
    def of(cls, flags: dict[str, Any], document: str) -> OutputRequest:
        """What the flags ask for; `document` is "score", "compare" or "each"."""
        if flags["json"] and flags["format"] not in {None, "json"}:
            message = f"--json and --format {flags['format']} say different things"
            raise UsageError(Problem("option", message, help="give one of them"))
        formats = formats_of(document, rows=document != "each")
        format_ = "json" if flags["json"] else flags["format"] or "table"
        named = [_named(text, formats) for text in flags["output"]]
        rows: list[tuple[str, str | None]] = [
            (path, name) for name, path in named if BY_NAME[name].shows_samples(document)
        ]
        if format_ not in formats or (document == "each" and flags["losses"] is not None):
            message = f"--each cannot write {'--losses' if flags['losses'] else f'--format {format_}'}"
            help = f"leave --each out to score the files as one, or take --format {' or '.join(formats)}"
            raise UsageError(Problem("option", message, help=help))
        if flags["losses"] is not None:
            rows.append((flags["losses"], None))
        samples = BY_NAME[format_].shows_samples(document)
        if samples:
            rows.append(("-", format_))
        return cls(
            formats=formats,
            format=format_,
            explicit=flags["json"] or flags["format"] is not None,
            copies=tuple(each for each in named if not BY_NAME[each[0]].shows_samples(document)),
            rows=tuple(rows),
            raw_text=flags["raw_text"],
            gradient=bool(flags.get("with_")),
            samples=samples,
        )


def _named(text: str, formats: Sequence[str]) -> tuple[str, str]:
    """One --output FORMAT=PATH."""
    name, equals, path = text.partition("=")
    if not equals or not path or name not in formats:
        likely = None if "=" in text else format_of_path(text)
        meant = f"{likely}={text}: " if likely in formats else ""
        help = f"write --output {meant}FORMAT=PATH with FORMAT one of {', '.join(formats)}"
        raise UsageError(Problem("option", f"--output cannot read {text!r}", help=help))
    return name, path


class Outputs:
    """Where a run's results go: checked before the run, written whole or not at all."""

    def __init__(self, request: OutputRequest, inputs: Sequence[str], stage: Stage) -> None:
        self.stage = stage
        self.request = request
        self.inputs = inputs
        self.rows = request.rows
        self.sinks: list[SampleSink] = []
        self._check()

    def _check(self) -> None:
        """Refuse what cannot be written before any work is done."""
        request = self.request
        paths = [path for path, _ in request.rows] + [path for _, path in request.copies]
        to_stdout = paths.count("-") + (request.explicit and not request.samples and "-" in paths)
        if to_stdout > 1:
            raise UsageError(
                Problem(
                    "option",
                    "two results want standard output",
                    help="write one of them to a file: --losses PATH or --output FORMAT=PATH",
                )
            )
        if request.gradient and not request.rows:
            raise UsageError(
                Problem(
                    "option",
                    "--with says what the rows of --losses carry, and there are none",
                    help="add --losses PATH",
                )
            )
        if paths:
            from xent_cli.sinks import check_outputs

            check_outputs(paths, self.inputs)
        if self.report_on_stdout and self.stage.fills_a_file:
            from xent_cli.sinks import check_is_no_input

            check_is_no_input("-", self.inputs)

    @property
    def report_on_stdout(self) -> bool:
        """Whether standard output gets the report (and not rows, or a copy)."""
        places = [path for path, _ in self.request.rows] + [path for _, path in self.request.copies]
        return not self.request.samples and "-" not in places

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for sink in self.sinks:
            sink.abort()

    def open_samples(self, scheme: Scheme) -> Outputs:
        """Open the per-sample outputs of a score, now that the columns are known."""
        from xent_cli.api.score import gradient_fields
        from xent_cli.sinks import open_samples

        has_id, raw = scheme.plan.id is not None, self.request.raw_text
        for path, format_ in self.rows:
            self.sinks.append(open_samples(path, format_, has_id=has_id, **gradient_fields(scheme), raw_formulas=raw))
        return self

    def open_pairs(self, candidates: int, *, has_id: bool) -> Outputs:
        """Open the per-sample outputs of a comparison."""
        from xent_cli.sinks import PairFields, open_rows

        fields = PairFields(has_id, candidates)
        for path, format_ in self.rows:
            self.sinks.append(open_rows(path, format_, fields, raw_formulas=self.request.raw_text))
        return self

    def write(self, columns: SampleColumns | PairColumns) -> None:
        """Take the scored or compared rows of one block."""
        for sink in self.sinks:
            sink.write(columns)

    def finish(self, report: Report | Comparison | Leaderboard) -> None:
        """Put every output in its place, none before all of them are whole, and show the report."""
        plain = View(width=None, color=False)
        written = [(path, render(report, format_, plain)) for format_, path in self.request.copies]
        if self.sinks or written:
            self._put(written)
        for path, text in written:
            if path == "-":
                self.stage.write(text)
        if self.report_on_stdout:
            self.stage.write(render(report, self.request.format, view(self.stage)))
        if not self.stage.quiet:
            self._report_gates(report)

    def _report_gates(self, report: Report | Comparison | Leaderboard) -> None:
        """Say on standard error what there is to know: the notices, and gates that standard output has no words for."""
        shown = self.report_on_stdout and BY_NAME[self.request.format].shows_gates
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
