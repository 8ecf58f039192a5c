"""Where the results of a run go: checked before the run, written whole or not at all."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Self

from xent_cli.api import score
from xent_cli.cli.terminal import error_view, view
from xent_cli.contract.errors import Problem, UsageError
from xent_cli.renderers.formats import BY_NAME, format_of_path, formats_of, render
from xent_cli.renderers.view import View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xent_cli.contract.comparison import Comparison
    from xent_cli.contract.report import Report
    from xent_cli.contract.row_columns import PairColumns, SampleColumns
    from xent_cli.scoring.scheme import Scheme
    from xent_cli.sinks import Output, SampleSink
    from xent_cli.system.standard_streams import Stage


class Outputs:
    """Where a run's results go: checked before the run, written whole or not at all."""

    def __init__(self, flags: dict[str, Any], inputs: Sequence[str], stage: Stage, document: str) -> None:
        self.stage = stage
        self.formats = formats_of(document, rows=True)
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

    @classmethod
    def of(cls, flags: dict[str, Any], inputs: Sequence[str], stage: Stage, document: str) -> Outputs:
        """The outputs that the flags ask for, each of them possible; `document` is "score" or "compare"."""
        outputs = cls(flags, inputs, stage, document)
        for text in flags["output"]:
            outputs._add(text)
        if flags["losses"] is not None:
            outputs.rows.append((flags["losses"], None))
        if BY_NAME[outputs.format].rows:
            outputs.rows.append(("-", outputs.format))
        outputs._check()
        return outputs

    def _add(self, text: str) -> None:
        """One --output FORMAT=PATH."""
        format_, equals, path = text.partition("=")
        if not equals or not path or format_ not in self.formats:
            raise UsageError(
                Problem(
                    "option",
                    f"--output cannot read {text!r}",
                    help=f"write --output {self._meant(text)}FORMAT one of {', '.join(self.formats)}",
                )
            )
        if BY_NAME[format_].rows:
            self.rows.append((path, format_))
        else:
            self.documents.append((format_, path))

    def _meant(self, text: str) -> str:
        """The form of --output, for a path alone with the format that its extension says."""
        format_ = format_of_path(text)
        known = "=" not in text and format_ in self.formats
        return f"{format_}={text}: FORMAT=PATH with " if known else "FORMAT=PATH with "

    def _check(self) -> None:
        """Refuse what cannot be written before any work is done."""
        to_stdout = [path for path, _ in self.rows if path == "-"] + [path for _, path in self.documents if path == "-"]
        if not BY_NAME[self.format].rows and self.stated and to_stdout:
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
            not BY_NAME[self.format].rows
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
                open_samples(path, format_, has_id=has_id, **score.gradient_fields(scheme), raw_formulas=self.raw)
            )
        return self

    def write(self, columns: SampleColumns | PairColumns) -> None:
        """Take the scored or compared rows of one block."""
        for sink in self.sinks:
            sink.write(columns)

    def finish(self, report: Report | Comparison) -> None:
        """Put every output in its place, none before all of them are whole, and show the report."""
        plain = View(width=None, color=False)
        written = [(path, render(report, format_, plain)) for format_, path in self.documents]
        if self.sinks or written:
            self._put(written)
        for path, text in written:
            if path == "-":
                self.stage.write(text)
        if self.report_on_stdout:
            self.stage.write(render(report, self.format, view(self.stage)))
        if not self.stage.quiet:
            self._tell(report)

    def _tell(self, report: Report | Comparison) -> None:
        """Say on standard error what there is to know: the notices, and gates that standard output has no words for."""
        shown = self.report_on_stdout and BY_NAME[self.format].tells_gates
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
