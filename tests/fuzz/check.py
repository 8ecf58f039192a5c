"""Runs xent on a case and holds the answer against the promises and against the slow reader."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import time
import warnings
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tests.fuzz import layouts
from tests.fuzz.exact import CONTEXT, UNITS
from tests.fuzz.slow import Refused, Row, Unclear
from tests.fuzz.verdict import Verdict, check_columns, refuses, verdict
from tests.running import Answer, xent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.fuzz.cases import Case

ULPS = 12 * 2.0**-53
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b-\u200f]")
SHOWN = {
    "json": ("--json", "--samples", "all"),
    "table": (),
    "csv": ("--format", "csv"),
    "jsonl": ("--format", "jsonl"),
    "inspect": ("--json",),
}
FILE_RULES = frozenset({"ragged-line", "encoding"})


@dataclass
class Outcome:
    """What a case came to, and what is wrong with it."""

    kind: str = ""
    findings: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def expect(self, holds: bool, message: str) -> bool:
        """Note a finding where something does not hold."""
        if not holds:
            self.findings.append(message)
        return holds


def check(case: Case, folder: Path) -> Outcome:
    """Run a case in a folder of its own."""
    outcome = Outcome()
    began = time.process_time()
    answer = run(case, folder)
    outcome.seconds = time.process_time() - began
    _general(case, answer, outcome)
    found: Verdict | None = None
    refused: bool | None = None
    try:
        found = expectation(case)
    except Unclear:
        outcome.kind = "unclear"
    except Refused:
        refused = True
        outcome.kind = "refused"
    if found is not None:
        refused = refuses(found, case.options)
        outcome.kind = "bad rows" if refused else "scored"
    if case.show == "inspect" or outcome.findings:
        return outcome
    if refused is True:
        _refusal(case, answer, found, outcome)
    elif found is not None:
        _number(case, answer, found, outcome)
    elif answer.status == 0 and case.show == "json":
        _consistent(answer.document, outcome)
    return outcome


def run(case: Case, folder: Path) -> Answer:
    """The answer of xent, every warning being an error."""
    paths: list[object] = []
    for name, data in case.files:
        (folder / name).write_bytes(data)
        paths.append(folder / name)
    words = list(case.words)
    stdin = b""
    if case.stdin:
        paths, stdin = ["-"], case.files[0][1]
    if case.show == "inspect":
        words = ["inspect"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        answer = xent(words[0], *paths, *words[1:], *SHOWN[case.show], stdin=stdin)
    for name, _ in case.files:
        (folder / name).unlink()
    return answer


def _general(case: Case, answer: Answer, outcome: Outcome) -> None:
    """What holds for every run."""
    outcome.expect(answer.status in (0, 2, 3), f"status {answer.status}: {answer.err[:300]}")
    outcome.expect("Traceback" not in answer.err, "a traceback")
    outcome.expect("internal error" not in answer.err, "an internal error")
    if answer.status and case.show != "inspect":
        outcome.expect(answer.out == "", f"standard output on refusal: {answer.out[:100]!r}")
        outcome.expect(answer.err != "", "a refusal without a word")
    outcome.expect(not CONTROLS.search(answer.err), f"control characters on standard error: {answer.err[:300]!r}")
    if case.show != "csv":
        outcome.expect(not CONTROLS.search(answer.out), f"control characters on standard output: {answer.out[:300]!r}")
    if answer.status == 2:
        outcome.expect("Error" in answer.err or "error" in answer.err, "wrong use without a reason")


def expectation(case: Case) -> Verdict:
    """What a correct program makes of the files."""
    rows: list[Row] = []
    for name, data in case.files:
        table = layouts.read_any(data, case.form, case.codec, case.delimiter, name, case.roles.needed())
        if case.damage and not _same_names(table.names, case):
            raise Unclear("other names")
        check_columns(table.names, case.roles)
        rows += table.rows
    return verdict(rows, case.roles, case.options)


def _same_names(names: Sequence[str], case: Case) -> bool:
    """Whether the damage spared the header."""
    if case.form == "text":
        return tuple(names) == tuple(name.strip() for name in case.names)
    return set(names) == set(case.roles.needed())


def _refusal(case: Case, answer: Answer, found: Verdict | None, outcome: Outcome) -> None:
    """A file that must not yield a number; bad rows are told with their rows and lines."""
    wanted = (2, 3) if case.damage or found is None else (3,)  # 2: a flag names a column that is not there
    if not outcome.expect(answer.status in wanted, f"status {answer.status}, not a refusal: {answer.out[:200]}"):
        return
    if found is None or case.show != "json" or not found.bad or case.options.skip or len(case.files) > 1:
        return
    told = {error["rule"]: error for error in answer.errors}
    if _may_be_damaged(case, answer) or (case.form != "text" and "raw" in case.damage and "bad-classes" in told):
        return  # a damaged schema may state another length of lists
    if not told.keys() <= found.broken.keys() and not case.sure:
        return  # names of classes that only xent knows
    outcome.expect(told.keys() == found.broken.keys(), f"rules {sorted(told)}, not {sorted(found.broken)}")
    for rule in told.keys() & found.broken.keys():
        _told(told[rule], found.broken[rule], outcome)


def _may_be_damaged(case: Case, answer: Answer) -> bool:
    """Whether damage to bytes is refused as such: a frame or footer may be, where another reader reads on.

    Damage to a schema may state another type of a column; without its first bytes a file is taken for text.
    """
    packed = case.codec and "raw-after" in case.damage
    columnar = case.form != "text" and "raw" in case.damage
    words = ["corrupt-file", *["unsupported-type", "target-mismatch", "bad-header"] * columnar]
    beheaded = case.form == "parquet" and any(data[:4] != b"PAR1" for _, data in case.files)
    told = any(word in answer.err for word in words)
    return bool(packed or columnar) and answer.status == 3 and (told or (columnar and beheaded))


def _told(error: dict[str, Any], rows: list[Row], outcome: Outcome) -> None:
    """Count, first row and line of one rule."""
    where = error["where"]
    stated = (error["count"], where["row"], where["line"])
    expected = (len(rows), rows[0].row, rows[0].line)
    outcome.expect(stated == expected, f"{error['rule']}: count, row, line {stated}, not {expected}")
    first = [row.row for row in rows[:5]]
    outcome.expect(error["rows"] == first, f"{error['rule']}: rows {error['rows']}, not {first}")


def _number(case: Case, answer: Answer, found: Verdict, outcome: Outcome) -> None:
    """A file that must yield its number."""
    if _may_be_damaged(case, answer):
        return
    if not outcome.expect(answer.status == 0, f"status {answer.status}, not 0: {answer.err[:300]}"):
        return
    if case.show == "json":
        document = answer.document
        _counts(document, found, outcome)
        _losses(case, document["samples"], found, outcome)
        _consistent(document, outcome)
        _accuracy(document, found, case, outcome)
    elif case.show != "table":
        _losses(case, _printed(answer, case.show), found, outcome)


def _printed(answer: Answer, form: str) -> list[dict[str, Any]]:
    """The rows on standard output."""
    if form == "jsonl":
        return [json.loads(line) for line in answer.out.splitlines()]
    rows = list(csv.DictReader(io.StringIO(answer.out, newline="")))
    return [{**row, "row": int(row["row"]), "loss": float(row["loss"]), "weight": float(row["weight"]),
             "p": float(row["p"])} for row in rows]  # fmt: skip


def _counts(document: dict[str, Any], found: Verdict, outcome: Outcome) -> None:
    """Rows read, scored, ignored, skipped, and the bad ones by rule."""
    rows = document["rows"]
    stated = (rows["read"], rows["scored"], rows["ignored"], rows["skipped"])
    expected = (found.read, len(found.scored), found.ignored, len(found.bad))
    outcome.expect(stated == expected, f"rows {stated}, not {expected}")
    bad = {rule: len(rows) for rule, rows in found.broken.items()}
    outcome.expect(rows["bad"] == bad, f"bad rows {rows['bad']}, not {bad}")


def _losses(case: Case, samples: list[dict[str, Any]], found: Verdict, outcome: Outcome) -> None:
    """The loss of every row against decimal arithmetic."""
    if not outcome.expect(
        [sample["row"] for sample in samples] == [row.place for row in found.scored], "other rows are scored"
    ):
        return
    unit = UNITS[case.options.unit]
    for sample, row in zip(samples, found.scored, strict=True):
        loss, wanted = _value(sample["loss"]), _in_unit(row.loss, unit)
        slack = case.options.slack / unit + max(1.0, case.options.pos_weight) * 1e-323
        close = loss == wanted or abs(loss - wanted) <= ULPS * wanted + slack
        if not outcome.expect(close and loss >= 0.0, f"row {row.place}: loss {loss!r}, not {wanted!r}"):
            return
        weight = _value(sample["weight"])
        outcome.expect(
            abs(weight - row.weight) <= 4 * ULPS * row.weight, f"row {row.place}: weight {weight!r}, not {row.weight!r}"
        )
        if row.p is not None:
            outcome.expect(_value(sample["p"]) == row.p, f"row {row.place}: p {sample['p']!r}, not {row.p!r}")


def _in_unit(loss: Decimal, unit: float) -> float:
    """A loss in nats as the double that is shown in another unit."""
    with localcontext(CONTEXT):
        return math.inf if math.isinf(float(loss)) else float(loss / Decimal(unit))


def _value(stated: Any) -> float:
    """A number of JSON, non-finite ones being strings."""
    return float(stated)


def _consistent(document: dict[str, Any], outcome: Outcome) -> None:
    """The mean is the exact mean of the losses beside it, rounded once; so are sum, least and largest."""
    samples = document["samples"]
    losses = [_value(sample["loss"]) for sample in samples]
    weights = [_value(sample["weight"]) for sample in samples]
    if len(samples) != document["rows"]["scored"]:
        outcome.expect(len(samples) == document["rows"]["scored"], "samples are missing")
        return
    outcome.expect(not any(map(math.isnan, losses)), "a loss that is not a number")
    loss = document["loss"]
    outcome.expect((_value(loss["min"]), _value(loss["max"])) == (min(losses), max(losses)), "least and largest loss")
    if any(w > 0 and math.isinf(x) for w, x in zip(weights, losses, strict=True)):
        outcome.expect(loss["mean"] == "Infinity", f"mean {loss['mean']}, not Infinity")
        return
    total = sum((Fraction(w) * Fraction(x) for w, x in zip(weights, losses, strict=True) if w), Fraction(0))
    by_count = "|div:count" in document["signature"]
    divisor = Fraction(len(samples)) if by_count else sum(map(Fraction, weights), Fraction(0))
    outcome.expect(
        _value(loss["mean"]) == _rounded(total / divisor), f"mean {loss['mean']!r} is not {_rounded(total / divisor)!r}"
    )
    outcome.expect(_value(loss["sum"]) == _rounded(total), f"sum {loss['sum']!r} is not {_rounded(total)!r}")


def _rounded(value: Fraction) -> float:
    """The nearest double, infinite above the largest."""
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _accuracy(document: dict[str, Any], found: Verdict, case: Case, outcome: Outcome) -> None:
    """The weighted share of right predictions, where no rounding decides a tie."""
    if case.options.normalize or not found.scored:
        return
    total = sum(Fraction(_value(sample["weight"])) for sample in document["samples"])
    right = sum(
        Fraction(row.hit) * Fraction(_value(sample["weight"]))
        for row, sample in zip(found.scored, document["samples"], strict=True)
    )
    stated = _value(document["accuracy"])
    outcome.expect(abs(stated - float(right / total)) <= ULPS, f"accuracy {stated!r}, not {float(right / total)!r}")
