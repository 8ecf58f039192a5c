"""Made-up comparisons, for the tests of what shows them."""

from __future__ import annotations

from dataclasses import replace
from math import inf, isnan, nan

from xent_cli.contract.comparison import Candidate, Comparison, Difference, PairCounts, Pairing, Reference
from xent_cli.contract.interval import Interval
from xent_cli.contract.report import Columns, Gate, Input, Notice


def candidate(path: str, verdict: str, mean: float, ci: tuple[float, float], p: float, rank: int = 1) -> Candidate:
    """One candidate whose difference from a baseline of 1 has this mean and interval."""
    method = "undefined: 2 infinite differences" if isnan(p) else "student-t"
    difference = Difference(mean, 0.125, Interval(0.95, *ci, method), p, None if isnan(p) else p / 2, p)
    return Candidate(path, "probs", 1 + mean, 0.25, difference, 30, 50, 20, 0.36, verdict, rank)


WORSE = candidate("worse.csv", "worse", 0.5, (0.25, 0.75), 0.0001)
UNDECIDED = candidate("undecided.csv", "undecided", 0.125, (-0.125, 0.375), 0.32, 3)
NO_WORSE = candidate("no-worse.csv", "no worse", -0.03125, (-0.28, 0.2), 0.8, 2)
BETTER = candidate("better.csv", "better", -0.5, (-0.75, -0.25), 0.0001)
INFINITE = candidate("infinite.csv", "worse", inf, (nan, nan), nan, 5)


def comparison(*candidates: Candidate, margin: float = 0.25) -> Comparison:
    """A comparison of these candidates."""
    fails = {"worse": "fail"}
    gates = tuple(
        Gate("max-regression", margin, each.difference.mean, fails.get(each.verdict, "pass"), f"{each.verdict}: why")
        for each in candidates
    )
    return Comparison(
        schema="xent.compare/1",
        xent="0.1.0",
        signature="xent:0.1|kind:binary|from:probs|unit:nat|clip:none|norm:no|w:none|ignore:none|smooth:0|k:2|n:100",
        status="fail" if any(gate.status == "fail" for gate in gates) else "pass",
        unit="nats",
        inputs=tuple(Input(path, "csv", 103, 2048) for path in ("main.csv", *(each.path for each in candidates))),
        columns=Columns("binary", "probs", "label", (), ("prob",), None, "id", ("0", "1"), ()),
        pairing=Pairing("key", ("id",), "user"),
        rows=PairCounts(103, 100, 1, 2, 0, {"missing-label": 2}),
        margin=margin,
        baseline=Reference("main.csv", "probs", 1.0, 0.25),
        candidates=candidates,
        best=min(candidates, key=lambda each: each.rank).path,
        gates=gates,
        notices=(Notice("few-clusters", "12 clusters are few"),),
    )


SEVERAL = comparison(replace(WORSE, rank=4), UNDECIDED, NO_WORSE, BETTER, INFINITE)
