"""Gates: thresholds that a report is held against, also those that another report sets. A gate never passes on a doubt.

What cannot be judged is no gate: a baseline that is missing, corrupt or of another signature, and a skill that does not
exist, are `DataError`s. A number that is infinite or undefined where a limit is finite fails.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import KW_ONLY, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeGuard

from xent_cli._values import struct
from xent_cli.errors import DataError, Location, Problem, UsageError
from xent_cli.results import Gate, Notice
from xent_cli.text import apart, exact, grouped, short

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from xent_cli.results import Interval, Report
    from xent_cli.uncertainty_differences import Difference

SCHEMA = "xent.score/1"
_ROWS = 1 << 63  # no file has as many
_REMADE = "write it anew: xent score FILE --output json=baseline.json"
_POWERS: Mapping[str, Callable[[float], float]] = {
    "nats": math.exp,
    "bits": math.exp2,
    "bans": lambda value: math.pow(10.0, value),
}


class Tolerance(Protocol):
    """How much worse than a baseline a mean may be; `share` is the part of the baseline where it is one."""

    @property
    def share(self) -> float | None:
        """The part of the baseline's mean that this is, None for an amount."""
        ...

    def of(self, baseline: float) -> float:
        """The amount, in the unit of the losses, given the mean of the baseline."""
        ...


@struct
class Recorded:
    """What a report of an earlier run says about its mean. `n` counts the rows or clusters its error rests on."""

    path: str
    signature: str
    mean: float
    se: float
    n: int
    clustered: bool = False


@struct
class Thresholds:
    """What the user said about the limits.

    `gate_on` is "mean", or "upper" for the upper end of the interval; `baseline` names the file of a report.
    """

    _: KW_ONLY
    max_loss: float | None = None
    max_perplexity: float | None = None
    min_skill: float | None = None
    max_group_loss: float | None = None
    gate_on: Literal["mean", "upper"] = "mean"
    baseline: str | None = None
    tolerance: Tolerance | None = None
    strict: bool = False

    def __post_init__(self) -> None:
        """Refuse limits that are none."""
        for flag in ("max-loss", "max-perplexity", "min-skill", "max-group-loss"):
            _check_limit(flag, getattr(self, flag.replace("-", "_")), 1.0 if flag == "min-skill" else math.inf)
        if self.baseline is None and (self.tolerance is not None or self.strict):
            flag = "--strict" if self.tolerance is None else "--max-regression"
            cure = "add --baseline FILE.json, a report that xent wrote"
            raise UsageError(Problem("option", f"{flag} needs a baseline", help=cure))


def _check_limit(flag: str, limit: float | None, most: float) -> None:
    """Refuse a limit that is no number, negative, infinite or out of reach."""
    if limit is not None and not (0 <= limit <= most and limit < math.inf):
        wanted = "a number from 0 to 1" if most == 1 else "a finite number that is not negative"
        raise UsageError(Problem("option", f"--{flag} {limit} is no limit", help=f"--{flag} takes {wanted}"))


def recorded(path: str) -> Recorded:
    """Read a baseline: a JSON report that xent wrote. Whatever leaves its mean open to doubt is a `DataError`."""
    document = _document(path)
    schema = document.get("schema")
    if schema != SCHEMA:
        shown = repr(schema)[:80] if isinstance(schema, str) else "no schema"
        raise _refused(path, "baseline-schema", f"the baseline has {shown}, not '{SCHEMA}'", _REMADE)
    loss, rows, signature = document.get("loss"), document.get("rows"), document.get("signature")
    if not (isinstance(loss, dict) and isinstance(rows, dict) and isinstance(signature, str)):
        raise _refused(path, "baseline-corrupt", "the baseline lacks its loss, its rows or its signature", _REMADE)
    scored = rows.get("scored")
    if not _is_count(scored):
        raise _refused(path, "baseline-rows", f"the baseline has no scored rows: {scored!r}"[:120], _REMADE)
    if f"|n:{scored}|" not in f"{signature}|":
        message = f"the baseline contradicts itself: {scored} scored rows are not those of its signature"
        raise _refused(path, "baseline-corrupt", message, _REMADE)
    clusters = loss.get("clusters")
    if clusters is not None and not _is_count(clusters):
        raise _refused(path, "baseline-rows", f"the baseline has no clusters: {clusters!r}"[:120], _REMADE)
    n = scored if clusters is None else min(clusters, scored)
    mean, se = _number(loss, "mean", path), _number(loss, "se", path)
    return Recorded(path, signature, mean, se, n, clusters is not None)


def _is_count(value: object) -> TypeGuard[int]:
    """Whether this can be a number of rows."""
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value < _ROWS


def _document(path: str) -> Mapping[str, Any]:
    """The JSON object in a file."""
    import json
    from pathlib import Path

    try:
        document = json.loads(Path(path).read_text(encoding="utf-8-sig"), object_pairs_hook=_once)
    except OSError as error:
        cure = "write it first: xent score FILE --output json=PATH; a missing baseline never passes"
        reason = error.strerror or "it cannot be read"
        raise _refused(path, "no-baseline", f"the baseline cannot be read: {reason}", cure) from error
    except (ValueError, RecursionError) as error:  # JSONDecodeError and UnicodeDecodeError are ValueErrors
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "it is no JSON text"
        raise _refused(path, "baseline-corrupt", f"the baseline is no JSON: {reason}", _REMADE) from error
    if not isinstance(document, dict):
        raise _refused(path, "baseline-corrupt", "the baseline is no JSON object", _REMADE)
    return document


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; of two values under one name nobody could say which counts."""
    names = Counter(name for name, _ in pairs)
    if len(names) < len(pairs):
        name = names.most_common(1)[0][0]
        from json import JSONDecodeError

        raise JSONDecodeError(f"{name!r} is in an object more than once"[:120], "", 0)
    return dict(pairs)


def _number(loss: Mapping[str, Any], name: str, path: str) -> float:
    """A finite number of the baseline's loss."""
    value = loss.get(name)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if math.isfinite(number) and number >= 0:
            return number
    what = {"mean": "mean loss", "se": "standard error"}[name]
    shown = "null" if value is None else repr(value)
    message = f"the baseline has no finite {what}: {shown}"[:120]
    raise _refused(path, "baseline-undefined", message, "take a baseline of at least two rows, all of finite loss")


def _refused(path: str, rule: str, message: str, cure: str) -> DataError:
    """A baseline that nothing can be compared with."""
    return DataError(Problem(rule, message, Location(path), help=cure))


def judge(report: Report, thresholds: Thresholds, baseline: Recorded | None = None) -> Report:
    """The report with every gate that was asked for, passed or not, and the status that follows."""
    if (baseline is None) != (thresholds.baseline is None):
        raise ValueError("a baseline is judged where the thresholds name one")
    gates = tuple(_gates(report, thresholds, baseline))
    failed = any(gate.status != "pass" for gate in gates)
    told = report.notices
    if baseline is not None:
        told = (*told, *_doubts(report, baseline), *large_tolerance(thresholds.tolerance, baseline.mean))
    return replace(report, gates=gates, status="fail" if failed else "pass" if gates else "none", notices=told)


def _doubts(report: Report, base: Recorded) -> Iterator[Notice]:
    """What makes the test of a difference less than it seems."""
    clustered = report.loss.clusters is not None
    if clustered != base.clustered:
        kinds = ("clusters", "rows") if clustered else ("rows", "clusters")
        message = f"the standard error counts {kinds[0]} here and {kinds[1]} in {base.path}; use --cluster for both"
        yield Notice("baseline-clusters", message)


def large_tolerance(tolerance: Tolerance | None, baseline: float) -> Iterator[Notice]:
    """A notice where an amount is larger than the mean it is added to: perhaps a % was forgotten."""
    if tolerance is None or tolerance.share is not None:
        return
    amount = tolerance.of(baseline)
    if amount > baseline > 0:
        meant = f"did you mean --max-regression {amount:.12g}%?" if amount <= 100 else "a share is written with %"
        message = (
            f"--max-regression {amount:.12g} lets the mean be more than twice the baseline's {short(baseline)}; {meant}"
        )
        yield Notice("large-tolerance", message)


def _gates(report: Report, limits: Thresholds, base: Recorded | None) -> Iterator[Gate]:
    """Every gate in a fixed order."""
    loss, upper = report.loss, limits.gate_on == "upper"
    yield from mean_gates(limits, loss.mean, loss.ci, loss.unit)
    if limits.min_skill is not None:
        value, reason = _looked_at(limits, loss.mean, loss.ci)
        skill = _skill(report, value)
        yield Gate("min-skill", limits.min_skill, skill, "pass" if skill >= limits.min_skill else "fail", reason)
    if limits.max_group_loss is not None:
        yield from _group_gates(report, limits.max_group_loss, upper=upper)
    if base is not None:
        yield _regression(report, base, limits)


def mean_gates(limits: Thresholds, mean: float, ci: Interval, unit: str, group: str | None = None) -> Iterator[Gate]:
    """The gates that a mean and its interval are enough for."""
    value, reason = _looked_at(limits, mean, ci)
    if limits.max_loss is not None:
        yield _at_most("max-loss", limits.max_loss, value, reason, group)
    if limits.max_perplexity is not None:
        yield _at_most("max-perplexity", limits.max_perplexity, _raised(value, unit), reason, group)


def _looked_at(limits: Thresholds, mean: float, ci: Interval) -> tuple[float, str | None]:
    """What gates look at: the mean, or the upper end of its interval, with the words for it."""
    if limits.gate_on == "mean":
        return mean, None
    # the interval of an infinite mean is undefined, but what would be its upper end is not
    return mean if math.isinf(mean) else ci.high, _bound_reason(ci.method, ci.level)


def _at_most(rule: str, limit: float, value: float, reason: str | None, group: str | None = None) -> Gate:
    """A gate that passes where the value is no more than the limit: NaN never is."""
    return Gate(rule, limit, value, "pass" if value <= limit else "fail", reason, group)


def _bound_reason(method: str, level: float) -> str:
    """What the upper end of an interval is, or why there is none."""
    if method.startswith("undefined"):
        return f"no upper end of the interval, {method}"
    return f"upper end of the {100 * level:g}% interval"


def _raised(value: float, unit: str) -> float:
    """The perplexity of a mean loss."""
    try:
        return float(_POWERS[unit](value))
    except OverflowError:
        return math.inf


def _skill(report: Report, mean: float) -> float:
    """The skill at a mean loss, or at the upper end of its interval: skill is worst where loss is largest."""
    base = report.baseline
    if base.mean <= 0:
        cure = "leave --min-skill out, or score rows of more than one class"
        message = f"the skill is undefined: {base.reason or 'the baseline is 0'}"
        raise DataError(Problem("no-skill", message, Location(report.inputs[0].path), help=cure))
    return base.skill if base.skill is not None and mean == report.loss.mean else 1.0 - mean / base.mean


def _group_gates(report: Report, limit: float, *, upper: bool) -> Iterator[Gate]:
    """A gate for each group."""
    if not report.groups:
        raise UsageError(Problem("option", "--max-group-loss needs groups", help="add --by COLUMN"))
    for group in report.groups:
        value = group.ci.high if upper and not math.isinf(group.mean) else group.mean
        reason = _bound_reason(group.ci.method, group.ci.level) if upper else None
        if math.isnan(group.mean):
            reason = f"no mean: {'none of its rows has weight' if group.rows else 'all of its rows were skipped'}"
        yield _at_most("max-group-loss", limit, value, reason, group.group)


def _regression(report: Report, base: Recorded, limits: Thresholds) -> Gate:
    """The mean against that of the baseline.

    Fails where it is worse by more than the limit and significantly so (the interval of the difference lies above 0);
    strict: unless the interval shows that it is not worse by more than the limit.
    """
    from xent_cli.uncertainty_differences import Estimate, welch

    _check_signature(report.signature, base)
    loss, tolerance = report.loss, limits.tolerance
    limit = 0.0 if tolerance is None else tolerance.of(base.mean)
    here = Estimate(loss.mean, loss.se, report.rows.scored if loss.clusters is None else loss.clusters)
    found = welch(here, Estimate(base.mean, base.se, base.n), loss.ci.level)
    verdict = _verdict(found, limit)
    if limits.strict:
        value = found.mean if math.isinf(found.mean) else found.high
        status = "pass" if value <= limit else "fail"
    else:
        value, status = found.mean, "fail" if verdict in {"worse", "unknown"} else "pass"
    return Gate("max-regression", limit, value, status, _words(report, base, found, limits, verdict))


def _verdict(found: Difference, limit: float) -> str:
    """What the difference shows; "unknown" where it has no interval."""
    if math.isinf(found.mean):
        return "worse"
    if math.isnan(found.high):
        return "unknown"
    if found.mean > limit and found.low > 0:
        return "worse"
    if found.high < 0:
        return "better"
    return "no worse" if found.high <= limit else "undecided"


def _words(report: Report, base: Recorded, found: Difference, limits: Thresholds, verdict: str) -> str:
    """The verdict with the two means, the interval of their difference and the doubt, if any, that it leaves."""
    here, there = _told_apart(report.loss.mean, base.mean)
    if verdict == "unknown":
        method = report.loss.ci.method.removeprefix("undefined: ")
        return f"no verdict without a standard error ({method}): {here} here, {there} in {base.path}"
    means = f"{verdict}: {here} here, {there} in {base.path}"
    if math.isnan(found.high):
        return means
    limit = 0.0 if limits.tolerance is None else limits.tolerance.of(base.mean)
    low, high = apart(found.low, 0.0)[0], apart(found.high, limit)[0]
    interval = f"{100 * report.loss.ci.level:g}% interval of the difference {low} to {high}"
    counts = ", of which --strict judges the upper end" if limits.strict else ""
    doubt = _doubt(found.mean > limit, strict=limits.strict) if verdict == "undecided" else ""
    return f"{means}{_in_percent(found.mean, base.mean, limits.tolerance)}; {interval}{counts}{doubt}"


def _in_percent(difference: float, baseline: float, tolerance: Tolerance | None) -> str:
    """The difference as a share of the baseline's mean, and the tolerance where it was given as one."""
    share = difference / baseline if baseline > 0 else math.inf
    texts = [f"{100 * share:+.3g}%"] if math.isfinite(share) else []
    if tolerance is not None and tolerance.share is not None:
        texts.append(f"limit {100 * tolerance.share:.12g}% of the baseline")
    return f" ({', '.join(texts)})" if texts else ""


def _doubt(above: bool, *, strict: bool) -> str:  # noqa: FBT001  (the condition is the argument)
    """What an undecided verdict means, in plain words."""
    what = (
        "above the limit, but not significantly: this many rows cannot tell"
        if above
        else "within the limit, but this many rows do not show that it stays there"
    )
    passes = "" if strict else "; it passes without --strict"
    return f"; {what}{passes}; xent compare pairs the rows and sees more"


def _told_apart(one: float, other: float) -> tuple[str, str]:
    """Two numbers with as few digits, from six on, as show which is larger."""
    for digits in range(6, 17):
        texts = f"{one:.{digits}g}", f"{other:.{digits}g}"
        if one == other or texts[0] != texts[1]:
            return texts
    return exact(one), exact(other)


def _check_signature(signature: str, base: Recorded) -> None:
    """Refuse a baseline whose number was made in another way."""
    if signature == base.signature:
        return
    here, there = signature.split("|"), base.signature.split("|")
    mine = [part for part in here if part not in there]
    theirs = [part for part in there if part not in here]
    shown = f"here {_listed(mine)}; in the baseline {_listed(theirs)}"
    message = "the baseline was made under other conventions, so the two means cannot be compared"
    cure = "score both with the same options on the same rows, or write the baseline anew"
    counts = [part.removeprefix("n:") for part in (*mine, *theirs) if part.startswith("n:")]
    if len(mine) == len(theirs) == 1 and len(counts) == 2 and all(map(str.isdecimal, counts)):
        n, base_n = (grouped(int(count)) for count in counts)
        message = f"another number of rows: {n} here, {base_n} in the baseline: not the same samples"
        cure = (
            "write the baseline anew on these rows: xent score BASELINE.csv --output json=PATH; "
            "or xent compare the prediction files of both models on these rows"
        )
    detail = shown if mine or theirs else "the same parts in another order"
    raise DataError(Problem("signature-mismatch", message, Location(base.path), detail, cure))


def _listed(parts: list[str]) -> str:
    """Parts of a signature, or that there are none."""
    return ", ".join(parts) or "nothing of it"
