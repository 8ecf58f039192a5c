"""The rules that a row can break, with the wording and the help of each.

A breach is counted over the whole input; its first rows are kept as examples. Row numbers inside a `Breach` are
local to the block it was found in until `shifted` moves them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from xent_cli.contract.errors import Location, Problem
from xent_cli.contract.frozen import struct
from xent_cli.contract.text import grouped
from xent_cli.readers.refusals import HEADER_HELP

if TYPE_CHECKING:
    from collections.abc import Mapping

EXAMPLES = 5  # rows kept for each rule: the first is shown whole, the others by number

SKIP = "--on-bad-row skip scores the other rows and reports what was skipped; --max-skipped 1% bounds that"


@struct
class Rule:
    """How a breach is counted ("3 of 50 rows are off by …": verbs and rest), and its help."""

    one: str
    many: str
    help: str


RULES: Mapping[str, Rule] = {
    "missing-label": Rule("has no label", "have no label", SKIP),
    "missing-value": Rule("lacks a value", "lack a value", SKIP),
    "not-a-number": Rule(
        "has a value that is not a number",
        "have a value that is not a number",
        f"numbers are written like 0.25 or 1e-3; {SKIP}",
    ),
    "encoding": Rule(
        "is not valid UTF-8",
        "are not valid UTF-8",
        "write the file as UTF-8; for Latin-1 CSV: iconv -f ISO-8859-1 -t UTF-8 FILE | xent score -",
    ),
    "ragged-line": Rule(
        "has the wrong number of fields",
        "have the wrong number of fields",
        f"check the delimiter and the quotes; {SKIP}",
    ),
    "repeated-header": Rule("repeats the header", "repeat the header", HEADER_HELP),
    "list-length": Rule(
        "has a list of the wrong length",
        "have a list of the wrong length",
        f"every list holds one value for each class; {SKIP}",
    ),
    "nan-value": Rule("holds NaN", "hold NaN", f"a model that predicts NaN has no loss; {SKIP}"),
    "prob-range": Rule(
        "is outside [0, 1]",
        "are outside [0, 1]",
        "--from logits if these are logits, --from logprobs if they are logarithms",
    ),
    "prob-sum": Rule(
        "is off by more than {tolerance}",
        "are off by more than {tolerance}",
        "--normalize rescales each row; --from logits if these are logits",
    ),
    "logprob-range": Rule(
        "is above 0",
        "are above 0",
        "a log-probability is at most 0; --from logits if these are logits, --from probs if they are probabilities",
    ),
    "unmatched-key": Rule(
        "has a key without a label", "have a key without a label", f"--labels has to hold every key; {SKIP}"
    ),
    "infinite-logit": Rule(
        "holds a logit of +Infinity", "hold a logit of +Infinity", f"a logit of +Infinity has no softmax; {SKIP}"
    ),
    "all-minus-infinity": Rule(
        "rules every class out", "rule every class out", f"at least one logit of a row must be finite; {SKIP}"
    ),
    "unknown-label": Rule("has a label that fits no class", "have a label that fits no class", SKIP),
    "bad-weight": Rule(
        "has a weight that cannot be used",
        "have a weight that cannot be used",
        f"weights are finite and at least 0; {SKIP}",
    ),
    "target-range": Rule(
        "has a target outside [0, 1]", "have a target outside [0, 1]", f"targets are probabilities; {SKIP}"
    ),
    "target-sum": Rule(
        "is not a distribution over the classes",
        "are not distributions over the classes",
        "for independent labels use xent binary with --targets and --preds",
    ),
}


@struct
class Example:
    """One row that breaks a rule, ready to be shown. `row` counts from 0 in its block, from 1 once shifted.

    `home` is where its cells stand if that is another file: labels may be joined to predictions.
    """

    row: int
    message: str
    path: str = ""
    line: int | None = None
    columns: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    help: str | None = None
    home: Location | None = None


@struct
class Breach:
    """How often a rule is broken, and the first rows that break it. Breaches add in file order."""

    count: int
    examples: tuple[Example, ...]

    def __add__(self, later: Breach) -> Breach:
        """Both breaches as one; `later` comes after this one in the input."""
        return Breach(self.count + later.count, (self.examples + later.examples)[:EXAMPLES])

    def shifted(self, rows: int) -> Breach:
        """The same breach with its block placed `rows` rows into its file."""
        return replace(self, examples=tuple(replace(example, row=example.row + rows) for example in self.examples))


def problems(breaches: Mapping[str, Breach], total: int, tolerance: float) -> tuple[Problem, ...]:
    """One problem for each broken rule, the rule that is broken first coming first."""
    ordered = sorted(breaches.items(), key=lambda item: (item[1].examples[0].path, item[1].examples[0].row))
    found = tuple(_problem(rule, breach, total, tolerance) for rule, breach in ordered)
    if "target-sum" not in breaches:
        return found
    # rows with several labels or none: rescaling their probabilities would give a number that means nothing
    independent = RULES["target-sum"].help
    return tuple(replace(each, help=independent) if each.rule == "prob-sum" else each for each in found)


def _problem(rule: str, breach: Breach, total: int, tolerance: float) -> Problem:
    """The text of one broken rule."""
    words, first = RULES[rule], breach.examples[0]
    verb = (words.one if breach.count == 1 else words.many).format(tolerance=f"{tolerance:g}")
    tail = "" if breach.count == 1 else "; this is the first"
    detail = f"{grouped(breach.count)} of {grouped(total)} {'row' if total == 1 else 'rows'} {verb}{tail}"
    where, rows = _place(first), tuple(example.row for example in breach.examples if example.path == first.path)
    if first.home is not None:
        rows = tuple(each.home.row for each in breach.examples if each.home is not None and each.home.row is not None)
    return Problem(rule, first.message, where, detail, first.help or words.help, breach.count, rows)


def _place(example: Example) -> Location:
    """Where an example is to be looked up."""
    if example.home is not None:
        return replace(example.home, columns=example.columns, values=example.values)
    return Location(example.path, example.row, example.line, example.columns, example.values)
