"""From flags to requests: inputs, columns, options and thresholds as typed values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xent_cli.api import inputs as api_inputs
from xent_cli.columns import Stated, selectors
from xent_cli.contract.errors import Problem, UsageError
from xent_cli.reports import thresholds
from xent_cli.scoring.options import (
    BadRows,
    Conventions,
    Options,
    parse_class_weight,
    parse_max_skipped,
    parse_samples,
    parse_tolerance,
)

if TYPE_CHECKING:
    from xent_cli.system.standard_streams import Stage


def processes_of(flags: dict[str, Any]) -> int:
    """How many processes may work: as many as threads may, but a stated memory is that of one process."""
    return (flags["threads"] or 2) if flags["max_memory"] is None else 1


def inputs_of(flags: dict[str, Any], stage: Stage) -> api_inputs.Inputs:
    """The files that the user named."""
    inputs = api_inputs.Inputs.of(flags["files"], flags["input_format"], delimiter_of(flags["delimiter"]), stage)
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
        classes=None if classes is None else selectors.split_names(classes),
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


def thresholds_of(flags: dict[str, Any]) -> thresholds.Thresholds:
    """What the user said about the gates."""
    if flags["max_group_loss"] is not None and flags["by"] is None:
        raise UsageError(Problem("option", "--max-group-loss needs groups", help="add --by COLUMN"))
    return thresholds.Thresholds(
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
