"""A report that xent wrote before, as the baseline of a gate."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any, TypeGuard

from xent_cli.contract.errors import DataError, Location, Problem
from xent_cli.contract.frozen import struct
from xent_cli.contract.report import Gate, Notice
from xent_cli.contract.text import apart, exact, grouped
from xent_cli.reports.signature import Signature

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xent_cli.contract.report import Report
    from xent_cli.reports.thresholds import Thresholds
    from xent_cli.scoring.options import Tolerance
    from xent_cli.statistics.two_samples import MeanDifference


SCHEMA = "xent.score/1"
_ROWS = 1 << 63  # no file has as many
_REMADE = "write it again: xent score FILE --output json=baseline.json"


@struct
class Recorded:
    """What a report of an earlier run says about its mean. `n` counts the rows or clusters its error rests on."""

    path: str
    signature: str
    mean: float
    se: float
    n: int
    clustered: bool = False


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
    if ("n", str(scored)) not in Signature.parse(signature).fields:
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
        help = "write it first: xent score FILE --output json=PATH; a missing baseline never passes"
        reason = error.strerror or "it cannot be read"
        raise _refused(path, "no-baseline", f"the baseline cannot be read: {reason}", help) from error
    except (ValueError, RecursionError) as error:  # JSONDecodeError and UnicodeDecodeError are ValueErrors
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "it is not JSON text"
        raise _refused(path, "baseline-corrupt", f"the baseline is not JSON: {reason}", _REMADE) from error
    if not isinstance(document, dict):
        raise _refused(path, "baseline-corrupt", "the baseline is not a JSON object", _REMADE)
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


def _refused(path: str, rule: str, message: str, help: str) -> DataError:
    """A baseline that nothing can be compared with."""
    return DataError(Problem(rule, message, Location(path), help=help))


def baseline_doubts(report: Report, base: Recorded) -> Iterator[Notice]:
    """What makes the test of a difference less than it seems."""
    clustered = report.loss.clusters is not None
    if clustered != base.clustered:
        kinds = ("clusters", "rows") if clustered else ("rows", "clusters")
        message = f"the standard error counts {kinds[0]} here and {kinds[1]} in {base.path}; use --cluster for both"
        yield Notice("baseline-clusters", message)


def regression_gate(report: Report, base: Recorded, limits: Thresholds) -> Gate:
    """The mean against that of the baseline.

    Fails where it is worse by more than the limit and significantly so (the interval of the difference lies above 0);
    strict: unless the interval shows that it is not worse by more than the limit.
    """
    from xent_cli.statistics.two_samples import MeanEstimate, welch

    _check_signature(report.signature, base)
    loss, tolerance = report.loss, limits.tolerance
    limit = 0.0 if tolerance is None else tolerance.of(base.mean)
    here = MeanEstimate(loss.mean, loss.se, report.rows.scored if loss.clusters is None else loss.clusters)
    found = welch(here, MeanEstimate(base.mean, base.se, base.n), loss.ci.level)
    verdict = _verdict(found, limit)
    if limits.strict:
        value = found.mean if math.isinf(found.mean) else found.high
        status = "pass" if value <= limit else "fail"
    else:
        value, status = found.mean, "fail" if verdict in {"worse", "unknown"} else "pass"
    return Gate("max-regression", limit, value, status, _words(report, base, found, limits, verdict))


def _verdict(found: MeanDifference, limit: float) -> str:
    """What the difference shows; "unknown" where it has no interval."""
    from xent_cli.statistics.non_inferiority import WORSE, verdict

    if math.isinf(found.mean):  # the mean here is infinite, that of a baseline never is
        return WORSE
    if math.isnan(found.high):
        return "unknown"
    return verdict(found.mean, found.high, limit, significant=found.low > 0 or found.high < 0)


def _words(report: Report, base: Recorded, found: MeanDifference, limits: Thresholds, verdict: str) -> str:
    """The verdict with the two means, the interval of their difference and the doubt, if any, that it leaves."""
    here, there = _distinct(report.loss.mean, base.mean)
    if verdict == "unknown":
        method = report.loss.ci.method.removeprefix("undefined: ")
        return f"no verdict without a standard error ({method}): {here} here, {there} in {base.path}"
    means = f"{verdict}: {here} here, {there} in {base.path}"
    if math.isnan(found.high):
        return means
    limit = 0.0 if limits.tolerance is None else limits.tolerance.of(base.mean)
    low, high = apart(found.low, 0.0)[0], apart(found.high, limit)[0]
    interval = f"{100 * report.loss.ci.level:g}% interval of the difference {low} to {high}"
    counts = ", of which --strict checks the upper end" if limits.strict else ""
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
        "above the limit, but not significantly: this many rows do not decide it"
        if above
        else "within the limit, but this many rows do not show that it stays there"
    )
    passes = "" if strict else "; it passes without --strict"
    return f"; {what}{passes}; xent compare pairs the rows and detects smaller differences"


def _distinct(one: float, other: float) -> tuple[str, str]:
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
    found = Signature.parse(signature).diff(Signature.parse(base.signature))
    message = "the baseline was made under other conventions, so the two means cannot be compared"
    help = "score both with the same options on the same rows, or write the baseline again"
    if found.row_counts is not None:
        n, base_n = map(grouped, found.row_counts)
        message = f"different numbers of rows: {n} here, {base_n} in the baseline: not the same samples"
        help = (
            "write the baseline again on these rows: xent score BASELINE.csv --output json=PATH; "
            "or xent compare the prediction files of both models on these rows"
        )
    shown = f"here {_listed(found.here)}; in the baseline {_listed(found.there)}"
    detail = shown if found else "the same parts in another order"
    raise DataError(Problem("signature-mismatch", message, Location(base.path), detail, help))


def _listed(signature: Signature) -> str:
    """The fields of a signature, or that there are none."""
    return signature.text.replace("|", ", ") or "nothing of it"
