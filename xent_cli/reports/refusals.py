"""When an input gives no number: bad rows, no rows, nothing of the positive class, one cluster."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from xent_cli.contract.errors import DataError, Location, Problem
from xent_cli.contract.text import closest, grouped
from xent_cli.reports import contradictions
from xent_cli.reports.totals import total_weight
from xent_cli.scoring import rules
from xent_cli.scoring.tally.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xent_cli.scoring.options import Options
    from xent_cli.scoring.tally.outcome import Outcome
    from xent_cli.scoring.tally.tally import Tally


TWO = 2


def refuse_unscorable(outcome: Outcome, options: Options) -> None:
    """Refuse an input that cannot be scored: bad rows, no rows, more skipped than allowed, no weight at all."""
    tally = outcome.tally
    contradictions.check(outcome)
    problems = bad_rows(tally, options)
    if problems and not options.bad_rows.skip:
        raise DataError(*problems)
    check_skipped(tally, options, problems)
    none = no_rows(outcome)
    if none is not None:
        raise DataError(*problems, none)
    check_positive(outcome)
    if not total_weight(tally):
        raise DataError(
            Problem(
                "no-weight",
                "all weights are 0, so there is no mean",
                Location(outcome.inputs[0].path),
                help="check --weight and --class-weight",
            )
        )


def check_skipped(tally: Tally, options: Options, problems: tuple[Problem, ...]) -> None:
    """Refuse more skipped rows than --max-skipped allows."""
    most, share = options.bad_rows.max_skipped, options.bad_rows.max_skipped_share
    limit = most if share is None else math.floor(share * tally.rows.read)
    if limit is not None and tally.rows.skipped > limit:
        allowed = grouped(limit) if share is None else f"{float(100 * share):g}% of {grouped(tally.rows.read)}"
        message = f"{grouped(tally.rows.skipped)} rows would be skipped, more than --max-skipped allows ({allowed})"
        raise DataError(
            Problem("too-many-skipped", message, help="fix the rows below, or raise --max-skipped"), *problems
        )


def check_positive(outcome: Outcome) -> None:
    """Refuse --positive where the other labels are not one class."""
    names = sorted(outcome.tally.seen.negatives)
    plan = outcome.scheme.plan
    if plan.of == "decision":
        if len(names) > TWO:
            message = f"--of decision is for two classes, and there are more: {', '.join(map(repr, names))}, …"
            where = Location(outcome.inputs[0].path, columns=plan.labels)
            cure = "a loss over more than two classes needs a probability for each of them"
            raise DataError(Problem("wrong-kind", message, where, help=cure))
        return
    if len(names) > 1 and (known := outcome.tally.classes.table()) and 1 not in known:
        raise DataError(_no_positive(str(plan.positive), names, Location(outcome.inputs[0].path, columns=plan.labels)))
    if len(names) > 1:
        message = f"--positive {plan.positive} leaves more than one other label: {', '.join(map(repr, names))}"
        raise DataError(
            Problem(
                "unknown-label",
                message,
                Location(outcome.inputs[0].path, columns=plan.labels),
                help="a binary file has two labels; for more classes give a prediction column for each",
            )
        )


def _no_positive(positive: str, names: Sequence[str], where: Location) -> Problem:
    """A positive class that no row has: the labels there are, and the one that was meant."""
    from shlex import quote

    alike = [name for name in names if name.strip().casefold() == positive.strip().casefold()]
    near = alike or closest(positive, names, 1)
    flags = " or ".join(f"--positive {quote(name)}" for name in near or names)
    help = f"did you mean {flags}?" if near else f"{flags} says which is the positive class"
    message = f"no row has the label {positive!r}: the labels are {', '.join(names)}"
    return Problem("unknown-label", message, where, help=help)


def one_cluster(column: str | None, path: str) -> Problem:
    """Clusters that cannot give the standard error that was asked for."""
    message = f"all rows with weight are in one cluster of column {column}, so there is no standard error over clusters"
    help = "--cluster names a column with two clusters or more; without it rows count as independent"
    return Problem("one-cluster", message, Location(path), help=help)


def bad_rows(tally: Tally, options: Options) -> tuple[Problem, ...]:
    """Every broken rule of the input as a problem."""
    return rules.problems(tally.breaches, tally.rows.read, options.bad_rows.sum_tolerance)


def no_rows(outcome: Outcome) -> Problem | None:
    """The problem of an input that has no row to score."""
    tally = outcome.tally
    if tally.rows.scored:
        return None
    path = outcome.inputs[0].path if outcome.inputs else ""
    if not tally.rows.read:
        return Problem(
            "no-rows",
            "there are no rows to score",
            Location(path),
            "the file has a header and no data" if len(outcome.inputs) == 1 else None,
            "check the step that wrote it",
        )
    left = (
        f"{grouped(tally.rows.read)} read, {grouped(tally.rows.ignored)} ignored, {grouped(tally.rows.skipped)} skipped"
    )
    return Problem("no-rows", "no row is left to score", Location(path), left, "check --ignore-label and --on-bad-row")
