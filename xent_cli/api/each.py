"""Several files scored separately: one report per file, the lowest mean loss first."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from xent_cli._version import __version__
from xent_cli.api.score import scored
from xent_cli.contract.leaderboard import Leaderboard
from xent_cli.contract.report import Notice
from xent_cli.contract.text import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from xent_cli.api.requests import ScoreRequest
    from xent_cli.contract.report import Report


def each_scored(request: ScoreRequest, progress: Callable[[int], None] | None = None) -> Leaderboard:
    """Score each input of a request by itself. One that cannot be scored ends the run: a place would be missing."""
    before, reports = 0, []
    for target in request.inputs.targets:
        alone = replace(request, inputs=replace(request.inputs, targets=(target,)))
        report = scored(alone, None, _after(progress, before))
        before += report.rows.read
        reports.append(report)
    ordered = tuple(sorted(reports, key=lambda report: report.loss.mean))
    gates = tuple(replace(gate, group=_named(report, gate.group)) for report in ordered for gate in report.gates)
    status = "none" if not gates else "fail" if any(report.status == "fail" for report in ordered) else "pass"
    return Leaderboard(
        "xent.each/1", __version__, status, ordered[0].loss.unit, ordered, gates, tuple(_notices(ordered))
    )


def _after(progress: Callable[[int], None] | None, before: int) -> Callable[[int], None] | None:
    """A progress callback that adds the rows of the files before."""
    return None if progress is None else lambda rows: progress(before + rows)


def _named(report: Report, group: str | None) -> str:
    """The file of a gate, with its slice where it is of one."""
    path = redact(report.inputs[0].path)
    return path if group is None else f"{path}: {group}"


def _notices(reports: Sequence[Report]) -> list[Notice]:
    """Notices about the files together: means that are not comparable, and files with notices of their own."""
    found = []
    signatures = Counter(report.signature.rpartition("|n:")[0] for report in reports)
    if len(signatures) > 1:
        message = f"the files are scored in {len(signatures)} ways (kind, space, classes): the means do not compare"
        found.append(Notice("not-comparable", message))
    elif len({report.rows.scored for report in reports}) > 1:
        message = "the files have different numbers of rows: means of different samples do not rank models"
        found.append(Notice("not-comparable", message))
    noted = [report for report in reports if report.notices]
    if noted:
        codes = ", ".join(dict.fromkeys(notice.code for report in noted for notice in report.notices))
        message = f"{len(noted)} of {len(reports)} files have notices of their own ({codes}); --json has them"
        found.append(Notice("notices-apart", message))
    return found
