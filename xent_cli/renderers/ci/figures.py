"""The numbers of a report under flat names, for consumers that know nothing of its shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xent_cli.contract.report import Gate, Report


class Figure(NamedTuple):
    """One number: its name, its value, what it is, and whether it is a loss and so has a unit."""

    name: str
    value: float
    help: str
    loss: bool = False


def figures(report: Report) -> Iterator[Figure]:
    """Every number of the whole data set, in a fixed order."""
    yield from _losses(report)
    yield from _scores(report)
    yield from _counts(report)


def gate_figures(gates: Sequence[Gate]) -> Iterator[Figure]:
    """Each gate that is not one of many groups or models: its value, its limit, and whether it passed."""
    for gate in gates:
        if gate.group is None:
            name = f"gate_{gate.rule.replace('-', '_')}"
            yield Figure(f"{name}_value", gate.value, "The value that the gate checks.")
            yield Figure(f"{name}_limit", gate.limit, "The limit of the gate.")
            yield Figure(f"{name}_passed", int(gate.status == "pass"), "1 where the gate passed, else 0.")


def gate_counts(gates: Sequence[Gate]) -> Iterator[Figure]:
    """How many gates passed and failed; nothing where there are none."""
    if gates:
        failed = sum(gate.status != "pass" for gate in gates)
        yield Figure("gates_passed", len(gates) - failed, "Gates passed.")
        yield Figure("gates_failed", failed, "Gates failed.")


def _losses(report: Report) -> Iterator[Figure]:
    """The loss with its spread."""
    loss, level = report.loss, f"{100 * report.loss.ci.level:g}%"
    yield Figure("loss_mean", loss.mean, "Mean loss.", loss=True)
    yield Figure("loss_se", loss.se, "Standard error of the mean loss.", loss=True)
    yield Figure("loss_ci_low", loss.ci.low, f"Lower end of the {level} interval of the mean loss.", loss=True)
    yield Figure("loss_ci_high", loss.ci.high, f"Upper end of the {level} interval of the mean loss.", loss=True)
    yield Figure("loss_sum", loss.sum, "Sum of the losses.", loss=True)
    yield Figure("loss_std", loss.std, "Standard deviation of the losses.", loss=True)
    yield Figure("loss_min", loss.min, "Smallest loss.", loss=True)
    for quantile, value in loss.quantiles.items():
        yield Figure(f"loss_q{100 * float(quantile):g}", value, f"{100 * float(quantile):g}% quantile.", loss=True)
    yield Figure("loss_max", loss.max, "Largest loss.", loss=True)
    if report.macro_mean is not None:
        yield Figure("loss_macro_mean", report.macro_mean, "Mean of the mean losses of the classes.", loss=True)


def _scores(report: Report) -> Iterator[Figure]:
    """What follows from the mean."""
    yield Figure("perplexity", report.perplexity, "Perplexity.")
    yield Figure("log_likelihood", report.log_likelihood, "Log-likelihood.", loss=True)
    yield Figure("geometric_mean_probability", report.geometric_mean_probability, "Geometric mean probability.")
    yield Figure("accuracy", report.accuracy, "Share of the rows that are predicted right.")
    if report.label_entropy is not None:
        yield Figure("label_entropy", report.label_entropy, "Mean entropy of the targets.", loss=True)
    if report.kl is not None:
        yield Figure("kl", report.kl, "Mean divergence of the predictions from the targets.", loss=True)
    yield Figure("baseline_mean", report.baseline.mean, "Loss of always predicting the class shares.", loss=True)
    if report.baseline.skill is not None:
        yield Figure("skill", report.baseline.skill, "1 - mean/baseline.")


def _counts(report: Report) -> Iterator[Figure]:
    """Rows, groups and gates by their fate."""
    rows = report.rows
    for fate in ("read", "scored", "ignored", "skipped", "infinite", "clipped", "normalized"):
        yield Figure(f"rows_{fate}", getattr(rows, fate), f"Rows {fate}.")
    if report.groups:
        yield Figure("groups", len(report.groups), "Groups of rows.")
        yield Figure("groups_flagged", sum(group.flagged for group in report.groups), "Groups unlike the rest.")
    yield from gate_counts(report.gates)
