"""What a command does with its flags: parse → open → score → judge → render. It returns the exit status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xent_cli.api.inspect import inspected
from xent_cli.api.score import scored
from xent_cli.cli.outputs import Outputs
from xent_cli.cli.requests import inputs_of, options_of, processes_of, stated_of, thresholds_of
from xent_cli.cli.terminal import progress_line, view
from xent_cli.renderers.formats import render
from xent_cli.reports import baseline as reports_baseline
from xent_cli.reports import gates
from xent_cli.scoring.options import (
    BadRows,
    Options,
)

if TYPE_CHECKING:
    from xent_cli.contract.settings import Settings
    from xent_cli.system.standard_streams import Stage


def score(kind: str | None, flags: dict[str, Any], stage: Stage) -> int:
    """Score files, judge and show the report; the status is 0, or 1 where a gate failed."""
    options = options_of(flags)
    thresholds = thresholds_of(flags)
    baseline = None if thresholds.baseline is None else reports_baseline.recorded(thresholds.baseline)
    inputs = inputs_of(flags, stage)
    read = inputs.files() if thresholds.baseline is None else (*inputs.files(), thresholds.baseline)
    outputs = Outputs.of(flags, read, stage, "score")
    with outputs, progress_line(stage) as progress:
        writer = outputs.open_writer if outputs.rows else None
        report = scored(inputs, stated_of(kind, flags), options, writer, progress, processes_of(flags))
        report = gates.apply(report, thresholds, baseline)
        outputs.finish(report)
    return 1 if report.status == "fail" else 0


def inspect(flags: dict[str, Any], stage: Stage) -> int:
    """Show what the files are and everything wrong with them; the status says whether they could be scored."""
    inputs = inputs_of(flags, stage)
    options = Options(
        bad_rows=BadRows(skip=True, sum_tolerance=flags["sum_tolerance"]),
        threads=flags["threads"],
        max_rows=flags["max_rows"],
    )
    with progress_line(stage) as progress:
        inspection = inspected(inputs, stated_of(None, flags), options, progress)
    form = "json" if flags["json"] else flags["format"] or "table"
    stage.write(render(inspection, form, view(stage)))
    return 0 if inspection.scorable else 3


def show_settings(settings: Settings, *, as_json: bool, stage: Stage) -> None:
    """Show what is configured."""
    stage.write(render(settings, "json" if as_json else "table", view(stage)))
