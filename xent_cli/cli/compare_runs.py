"""What `xent compare` does with its flags: parse → open → pair → judge → render. It returns the exit status."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from xent_cli.api.compare import Contest, compared, entries
from xent_cli.cli.outputs import Outputs
from xent_cli.cli.requests import delimiter_of, options_of, stated_of
from xent_cli.cli.terminal import progress_line
from xent_cli.reports.thresholds import Thresholds
from xent_cli.scoring.options import parse_tolerance

if TYPE_CHECKING:
    from xent_cli.system.standard_streams import Stage

NOT_COMPARED: dict[str, Any] = {"with_": (), "samples": None, "sort": None}
"""The flags of scoring that a comparison has not."""


def compare(flags: dict[str, Any], stage: Stage) -> int:
    """Compare models and show the verdicts; the status is 0, or 1 where a gate failed."""
    flags = defaultdict(lambda: None, NOT_COMPARED | flags)
    options, stated = options_of(flags), stated_of(flags["kind"], flags)
    tolerance = parse_tolerance(flags["max_regression"])
    limits = Thresholds(
        max_loss=flags["max_loss"], max_perplexity=flags["max_perplexity"], gate_on=flags["gate_on"] or "mean"
    )
    paths = (flags["baseline"], *flags["candidates"])
    files = entries(paths, flags["input_format"], delimiter_of(flags["delimiter"]), stage, flags["labels"], flags["on"])
    outputs = Outputs.of(flags, files.local, stage, "compare")
    with outputs, progress_line(stage) as progress:
        contest = Contest(
            entries=files.entries,
            stated=stated,
            options=options,
            on=flags["on"],
            tolerance=tolerance,
            strict=flags["strict"],
            limits=limits,
            writer=(lambda has_id: open_pairs(outputs, len(paths) - 1, has_id=has_id)) if outputs.rows else None,
            progress=progress,
        )
        result = compared(contest)
        outputs.finish(result)
    return 1 if result.status == "fail" else 0


def open_pairs(outputs: Outputs, candidates: int, *, has_id: bool) -> Outputs:
    """Open the per-sample outputs of a comparison."""
    from xent_cli.sinks import PairFields, open_rows

    fields = PairFields(has_id, candidates)
    for path, format_ in outputs.rows:
        outputs.sinks.append(open_rows(path, format_, fields, raw_formulas=outputs.raw))
    return outputs
