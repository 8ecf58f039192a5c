"""What a command does: request → open → run → gate → render. Each function returns the exit status.

Flags become a request here; nothing below sees them by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xent_cli.api.requests import compare_request, inspect_request, score_request
from xent_cli.api.score import scored
from xent_cli.cli.outputs import OutputRequest, Outputs
from xent_cli.cli.terminal import progress_line, view
from xent_cli.renderers.formats import render

if TYPE_CHECKING:
    from xent_cli.api.requests import ScoreRequest
    from xent_cli.contract.settings import Settings
    from xent_cli.system.standard_streams import Stage


def score(kind: str | None, flags: dict[str, Any], stage: Stage) -> int:
    """Score files, apply the gates and show the report; the status is 0, or 1 where a gate failed."""
    # as many processes as threads, but a memory that is given is that of one process
    processes = (flags["threads"] or 2) if flags["max_memory"] is None else 1
    request = score_request(flags["files"], flags | {"kind": kind, "processes": processes}, stage)
    if flags["each"]:
        return _each(request, flags, stage)
    outputs = Outputs(OutputRequest.of(flags, "score"), request.paths(), stage)
    with outputs:
        with progress_line(stage, request.inputs.expected_rows) as progress:
            report = scored(request, outputs.open_samples if outputs.rows else None, progress)
        outputs.finish(report)
    return 1 if report.status == "fail" else 0


def _each(request: ScoreRequest, flags: dict[str, Any], stage: Stage) -> int:
    """Score each file apart and show them, the best first; the status is 1 where a gate of one failed."""
    from xent_cli.api.each import each_scored

    outputs = Outputs(OutputRequest.of(flags, "each"), request.paths(), stage)
    with outputs:
        with progress_line(stage, request.inputs.expected_rows) as progress:
            board = each_scored(request, progress)
        outputs.finish(board)
    return 1 if board.status == "fail" else 0


def inspect(flags: dict[str, Any], stage: Stage) -> int:
    """Show what the files are and everything wrong with them; the status says whether they could be scored."""
    from xent_cli.api.inspect import inspected

    request = inspect_request(flags["files"], flags, stage)
    with progress_line(stage, request.inputs.expected_rows) as progress:
        inspection = inspected(request, progress)
    form = "json" if flags["json"] else flags["format"] or "table"
    stage.write(render(inspection, form, view(stage)))
    return 0 if inspection.scorable else 3


def compare(flags: dict[str, Any], stage: Stage) -> int:
    """Compare models and show the verdicts; the status is 0, or 1 where a gate failed."""
    from xent_cli.api.compare import compared

    request = compare_request((flags["baseline"], *flags["candidates"]), flags, stage)
    outputs = Outputs(OutputRequest.of(flags, "compare"), request.paths(), stage)
    with outputs:
        candidates = len(request.models) - 1
        writer = (lambda has_id: outputs.open_pairs(candidates, has_id=has_id)) if outputs.rows else None
        with progress_line(stage, request.expected_rows) as progress:
            result = compared(request, writer, progress)
        outputs.finish(result)
    return 1 if result.status == "fail" else 0


def show_settings(settings: Settings, *, as_json: bool, stage: Stage) -> None:
    """Show what is configured."""
    stage.write(render(settings, "json" if as_json else "table", view(stage)))
