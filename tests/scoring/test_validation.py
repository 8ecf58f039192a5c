"""The checks of whole arrays: which rows break which rule, what is remembered, what is handed on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.running import xent
from xent_cli.contract.errors import Location
from xent_cli.readers.interface import Block, CellFault
from xent_cli.scoring import validation
from xent_cli.scoring.validation import BlockBreaches, Checked

COLUMNS = ("p_a", "p_b", "p_c")
INF, NAN = math.inf, math.nan
COMMA = "a decimal comma is not read: write decimals with a point"
THOUSANDS = "separators of thousands are not read: write 1000.5"
APART, TOGETHER = {"together": False}, {"together": True}


@dataclass(frozen=True)
class Grid:
    """Where rows come from in these tests: row i stands on line 2 i + 2, cell (i, c) reads "c@i"."""

    def line(self, row: int) -> int | None:
        """The line of a row."""
        return 2 * row + 2

    def cell(self, row: int, column: str) -> str:
        """The text of a cell."""
        return f"{column}@{row}"

    def home(self, row: int, columns: Sequence[str]) -> Location | None:
        """Its own file."""
        del row, columns


def block(rows: int, *faults: CellFault) -> Block:
    """A block of which only the faults count."""
    return Block(rows, {}, {}, None, None, {}, faults, Grid())


def fault(rule: str, rows: list[int], column: str, values: list[str]) -> CellFault:
    """What a reader found."""
    return CellFault(rule, np.array(rows, dtype=np.int64), column, tuple(values))


def found(breaches: BlockBreaches) -> dict[str, tuple[int, list[int]]]:
    """The rules that are broken: how many rows, and the first of them."""
    return {
        rule: (breach.count, [example.row for example in breach.examples]) for rule, breach in breaches.breaches.items()
    }


def array(rows: list[Any]) -> Any:
    """Rows as the readers hand them over."""
    return np.array(rows, dtype=np.float64, order="F")


def checked(name: str, values: list[Any], *more: Any, **flags: Any) -> tuple[BlockBreaches, Checked, Any]:
    """What a check finds in rows of three columns, what it has seen, and what it hands on."""
    x = array(values)
    breaches, seen = BlockBreaches(block(len(x)), "f.csv"), Checked()
    columns = COLUMNS[: x.shape[1]] if x.ndim > 1 else COLUMNS[0]
    if name in {"weights", "some_mass"}:
        result = getattr(validation, name)(x, breaches, columns, *more)
    elif name == "targets":
        result = validation.targets(x, breaches, COLUMNS[: x.shape[1]], *more)
    elif name == "logits":
        result = validation.logits(x, breaches, COLUMNS[: x.shape[1]], seen, **flags)
    else:
        result = getattr(validation, name)(x, breaches, columns, *more, seen)
    return breaches, seen, result


# --- what is clean


CLEAN: tuple[tuple[str, list[Any], tuple[Any, ...], dict[str, Any]], ...] = (
    ("probabilities", [[0.2, 0.8], [1.0, 0.0]], (0.01,), {}),
    ("probabilities", [[0.2], [1.0], [0.0]], (None,), {}),
    ("log_probabilities", [[math.log(0.25), math.log(0.75)], [0.0, -INF]], (0.01,), {}),
    ("logits", [[1e308, -1e308], [0.0, -1.0]], (), TOGETHER),
    ("logits", [[-INF], [2.0]], (), APART),
    ("targets", [[0.0, 1.0], [0.5, 0.5]], (0.01,), {}),
    ("weights", [0.0, -0.0, 1.0, math.nextafter(INF, 0.0)], (), {}),
)


@pytest.mark.parametrize(
    ("name", "values", "more", "flags"),
    [
        *CLEAN,
        ("logits", [[1e308, -1e308], [0.0, -INF]], (), TOGETHER),
        ("some_mass", [[0.0, 5e-324]], (0.0,), {}),
        ("some_mass", [[-INF, -1e308]], (-INF,), {}),
    ],
)
def test_clean_arrays_break_no_rule(name: str, values: list[Any], more: tuple[Any, ...], flags: dict[str, Any]) -> None:
    """The ends of every range belong to it, and nothing is remembered of honest rows."""
    breaches, seen, result = checked(name, values, *more, **flags)
    assert (breaches.breaches, breaches.bad, seen) == ({}, None, Checked())
    if result is not None:
        assert result.tolist() == array(values).tolist()


@pytest.mark.parametrize("name", ["probabilities", "log_probabilities"])
@pytest.mark.parametrize("tolerance", [None, 0.01])
def test_no_rows_break_no_rule(name: str, tolerance: float | None) -> None:
    """An empty block is checked like any other."""
    empty = np.empty((0, 2))
    breaches, seen = BlockBreaches(block(0), "f"), Checked()
    assert getattr(validation, name)(empty, breaches, COLUMNS[:2], tolerance, seen).shape == (0, 2)
    validation.logits(empty, breaches, COLUMNS[:2], seen, together=True)
    validation.targets(empty, breaches, COLUMNS[:2], 0.01)
    validation.weights(np.empty(0), breaches, "w")
    assert (breaches.breaches, seen) == ({}, Checked())


@pytest.mark.parametrize(("name", "values", "more", "flags"), CLEAN)
def test_clean_arrays_are_not_searched(
    name: str, values: list[Any], more: tuple[Any, ...], flags: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One question of the whole array is enough where the answer is yes: no row is looked for, none is reported."""
    monkeypatch.setattr(BlockBreaches, "report", lambda *_: pytest.fail("rows were looked for"))
    checked(name, values, *more, **flags)


def test_clean_arrays_are_handed_on_as_they_are() -> None:
    """Clean data costs a pass and no copy, also where it touches the ends of its range."""
    for name, values in (
        ("probabilities", [[0.5, 0.5], [1.0, 0.0], [-0.0, 1.0]]),
        ("log_probabilities", [[-1.0, -1.0], [0.0, -INF], [-0.0, -2.0]]),
    ):
        x = array(values)
        seen = Checked()
        assert getattr(validation, name)(x, BlockBreaches(block(3), "f"), COLUMNS[:2], None, seen) is x
        assert seen == Checked()


def test_nothing_is_seen_at_first() -> None:
    """The material of notices starts from nothing."""
    assert Checked() == Checked(above_one=0, deviation=0.0, deviating=0, distributions=False)


# --- ranges


@pytest.mark.parametrize(
    ("name", "values", "more", "flags", "rules"),
    [
        ("probabilities", [[0.5, 0.5], [-1e-300, 1.0], [0.0, 1.0 + 2e-6]], (0.01,), {}, {"prob-range": (2, [1, 2])}),
        ("probabilities", [[NAN, 0.5], [0.5, NAN], [0.5, 0.5]], (0.01,), {}, {"nan-value": (2, [0, 1])}),
        ("probabilities", [[NAN, 1.5]], (0.01,), {}, {"nan-value": (1, [0]), "prob-range": (1, [0])}),
        ("probabilities", [[2.0, 0.5], [0.5, 0.6]], (0.05,), {}, {"prob-range": (1, [0]), "prob-sum": (1, [1])}),
        ("probabilities", [[0.5, 0.6], [0.5, 0.4]], (0.05,), {}, {"prob-sum": (2, [0, 1])}),
        ("log_probabilities", [[2e-6, -1.0], [-INF, 0.0]], (None,), {}, {"logprob-range": (1, [0])}),
        ("log_probabilities", [[NAN, -1.0]], (None,), {}, {"nan-value": (1, [0])}),
        ("log_probabilities", [[-1.0, -1.0], [INF, 0.0]], (None,), {}, {"logprob-range": (1, [1])}),
        ("log_probabilities", [[-1.0, -1.0], [-0.7, -0.7]], (0.01,), {}, {"prob-sum": (1, [0])}),
        ("logits", [[1.0, 2.0], [INF, 0.0]], (), TOGETHER, {"infinite-logit": (1, [1])}),
        ("logits", [[NAN, 2.0], [NAN, INF]], (), TOGETHER, {"nan-value": (2, [0, 1]), "infinite-logit": (1, [1])}),
        ("logits", [[-INF, -INF], [-INF, 1.0], [-1e308, -INF]], (), TOGETHER, {"all-minus-infinity": (1, [0])}),
        ("logits", [[NAN], [-INF]], (), APART, {"nan-value": (1, [0])}),
        ("targets", [[0.5, 0.5], [-0.5, 1.5], [1.0 + 1e-9, 0.0]], (0.01,), {}, {"target-range": (2, [1, 2])}),
        ("targets", [[NAN, 0.5], [0.5, 0.6]], (0.01,), {}, {"nan-value": (1, [0]), "target-sum": (1, [1])}),
        ("targets", [[NAN, 0.5], [0.0, 1.0], [-0.0, 1.0]], (0.01,), {}, {"nan-value": (1, [0])}),
        ("targets", [[0.25, -0.25], [0.5, 2.0], [0.5, 0.5]], (0.01,), {}, {"target-range": (2, [0, 1])}),
        ("targets", [[0.5, 0.48], [0.5, 0.52], [0.5, 0.5]], (0.01,), {}, {"target-sum": (2, [0, 1])}),
        ("targets", [[-0.25, 0.5, 0.75]], (0.01,), {}, {"target-range": (1, [0])}),
        ("targets", [[1.5, 0.0]], (0.01,), {}, {"target-range": (1, [0])}),
        ("weights", [1.0, -1e-300, NAN, INF, 0.0], (), {}, {"bad-weight": (3, [1, 2, 3])}),
        ("some_mass", [[0.0, 0.0], [0.0, 1.0], [-0.0, 0.0]], (0.0,), {}, {"prob-sum": (2, [0, 2])}),
        ("some_mass", [[-INF, -INF], [-INF, 0.0]], (-INF,), {}, {"prob-sum": (1, [0])}),
    ],
)  # fmt: skip
def test_rows_outside_are_found(
    name: str, values: list[Any], more: tuple[Any, ...], flags: dict[str, Any], rules: dict[str, Any]
) -> None:
    """Every bad row is counted under each rule that it breaks, and no other; `bad` marks just these rows."""
    breaches, _, _ = checked(name, values, *more, **flags)
    assert found(breaches) == rules
    assert breaches.bad is not None
    assert np.flatnonzero(breaches.bad).tolist() == sorted({row for _, rows in rules.values() for row in rows})


def test_just_above_one_counts_as_one() -> None:
    """What float32 arithmetic puts above 1 is set to 1 and counted by row; beyond 1e-6 it is an error."""
    edge = 1.0 + validation.ABOVE_ONE
    breaches, seen, p = checked("probabilities", [[edge, 0.0], [0.5, 0.5], [math.nextafter(1.0, 2.0), 0.0]], 0.01)
    assert (breaches.breaches, seen.above_one) == ({}, 2)
    assert p.tolist() == [[1.0, 0.0], [0.5, 0.5], [1.0, 0.0]]
    assert found(checked("probabilities", [[math.nextafter(edge, 2.0), 0.0]], 0.01)[0]) == {"prob-range": (1, [0])}
    breaches, seen, lp = checked("log_probabilities", [[1e-6, -INF], [-1.0, -2.0], [1e-9, 1e-9]], None)
    assert (breaches.breaches, seen.above_one) == ({}, 2)
    assert lp.tolist() == [[0.0, -INF], [-1.0, -2.0], [0.0, 0.0]]


def test_one_itself_is_not_above_one() -> None:
    """A row that holds just 1, or the logarithm 0, is not counted as rounded."""
    assert checked("probabilities", [[1.0 + 1e-7, 0.0], [1.0, 0.0], [0.5, 0.5]], None)[1].above_one == 1
    assert checked("log_probabilities", [[1e-7, -INF], [0.0, -INF], [-1.0, -1.0]], None)[1].above_one == 1


def test_rows_outside_are_not_handed_on() -> None:
    """A row outside becomes NaN as a whole, so that nothing is made of it by mistake; the others are untouched."""
    for name, bad, good in (
        ("probabilities", [1.5, 0.2], [0.25, 0.5]),
        ("log_probabilities", [0.5, -1.0], [-1.0, -2.0]),
    ):
        _, seen, handed = checked(name, [bad, good], None)
        assert np.isnan(handed[0]).all()
        assert (handed[1].tolist(), seen.above_one) == (good, 0)


# --- sums


def test_sums_are_held_to_the_tolerance() -> None:
    """A sum may be off by the tolerance and no more, to either side; how far the kept rows stray is remembered."""
    rows = [[0.5, 0.5], [0.5, 0.5 + 0.0625], [0.5, 0.5 - 0.0625], [0.5, 0.5 + 0.125], [NAN, 0.5]]
    breaches, seen, _ = checked("probabilities", rows, 0.0625)
    assert found(breaches) == {"nan-value": (1, [4]), "prob-sum": (1, [3])}
    assert (seen.deviation, seen.deviating) == (0.0625, 2)
    assert found(checked("probabilities", rows[:4], 0.05)[0]) == {"prob-sum": (3, [1, 2, 3])}
    assert found(checked("probabilities", [[0.5, 0.5 + 1e-6]], 0.0)[0]) == {"prob-sum": (1, [0])}


def test_small_deviations_are_not_worth_a_word() -> None:
    """Up to 1e-3, as honest float32 and rounded decimals stray, nothing is remembered; above it is, by row."""
    assert checked("probabilities", [[0.5, 0.5 + 2.0**-10]], 0.01)[1] == Checked()
    assert checked("probabilities", [[0.5, 0.5 + 2.0**-11]], 2.0**-11)[1] == Checked()
    seen = checked("probabilities", [[0.5, 0.5 + 2.0**-9], [0.5, 0.5 + 2.0**-8], [0.5, 0.5 + 2.0**-11]], 0.01)[1]
    assert (seen.deviation, seen.deviating) == (2.0**-8, 2)


def test_deviations_add_over_blocks() -> None:
    """What was seen in one block is kept where the next strays less."""
    breaches, seen = BlockBreaches(block(1), "f"), Checked(deviation=0.25, deviating=3, above_one=2)
    validation.probabilities(array([[0.5, 0.5 + 2.0**-9]]), breaches, COLUMNS[:2], 0.5, seen)
    assert (seen.deviation, seen.deviating, seen.above_one) == (0.25, 4, 2)
    validation.probabilities(array([[1.0 + 1e-7, 0.0]]), breaches, COLUMNS[:2], 0.5, seen)
    assert seen.above_one == 3


@pytest.mark.parametrize(
    ("rows", "together", "expected"),
    [
        ([[0.2, 0.8], [1.0, 0.0]], True, True),
        ([[0.2, 0.8], [1.0, 0.0], [0.5, 0.5]], True, True),
        ([[0.2, 0.8], [0.9, 0.2]], True, False),
        ([[0.2, 0.9], [1.0, 0.0]], True, False),
        ([[0.2, 0.8 + 2.0**-10]], True, True),
        ([[1.2, -0.2]], True, False),
        ([[0.5, 1.5, -1.0]], True, False),
        ([[0.2], [1.0], [0.0]], False, True),
        ([[0.2], [1.01]], False, False),
        ([[-0.01], [0.5]], False, False),
    ],
)
def test_logits_that_could_be_probabilities(rows: list[list[float]], together: bool, expected: bool) -> None:
    """Logits are suspicious where every row is a distribution (of single ones: lies in [0, 1]), and only then."""
    assert checked("logits", rows, together=together)[1].distributions is expected


# --- what is told


def test_examples_say_where() -> None:
    """The first five rows of a rule, each with file, line, the first column at fault and its text."""
    rows = [[0.5, 0.5], *[[0.5, 2.0 + i] for i in range(7)]]
    (breach,) = checked("probabilities", rows, None)[0].breaches.values()
    assert breach.count == 7
    assert [example.row for example in breach.examples] == [1, 2, 3, 4, 5]
    first = breach.examples[0]
    assert (first.path, first.line, first.columns, first.values) == ("f.csv", 4, ("p_b",), ("p_b@1",))
    assert first.message == "probability 2 is outside [0, 1]"


@pytest.mark.parametrize(
    ("name", "values", "more", "flags", "message", "columns"),
    [
        ("probabilities", [[0.5, -0.25, 7.0]], (None,), {}, "probability -0.25 is outside [0, 1]", ("p_b",)),
        ("probabilities", [[0.5, 0.25, NAN]], (None,), {}, "value is NaN", ("p_c",)),
        ("probabilities", [[0.5, 0.25, 0.5]], (0.01,), {}, "probabilities of a row sum to 1.25, not 1", COLUMNS),
        ("log_probabilities", [[0.5, 1.0, -1.0]], (None,), {}, "log-probability 0.5 is above 0", ("p_a",)),
        ("log_probabilities", [[-1.0, INF, -1.0]], (None,), {}, "log-probability Infinity is above 0", ("p_b",)),
        ("logits", [[0.5, INF, NAN]], (), TOGETHER, "value is NaN", ("p_c",)),
        ("logits", [[0.5, INF]], (), TOGETHER, "logit is Infinity", ("p_b",)),
        ("logits", [[-INF, -INF]], (), TOGETHER, "all logits of the row are -Infinity", COLUMNS[:2]),
        ("targets", [[0.5, -2.0, 0.5]], (0.01,), {}, "target -2 is outside [0, 1]", ("p_b",)),
        ("probabilities", [[0.9999999, 0]], (1e-9,), {}, "probabilities of a row sum to 0.9999999, not 1", COLUMNS[:2]),
        ("targets", [[0.9999999, 0]], (1e-9,), {}, "targets of a row sum to 0.9999999, not 1", COLUMNS[:2]),
        ("targets", [[0.5, 0.25, 0.125]], (0.01,), {}, "targets of a row sum to 0.875, not 1", COLUMNS),
        ("weights", [-0.5], (), {}, "weight -0.5 is negative", ("p_a",)),
        ("weights", [INF], (), {}, "weight inf is not finite", ("p_a",)),
        ("weights", [NAN], (), {}, "weight nan is not finite", ("p_a",)),
        ("some_mass", [[0.0] * 3], (0.0,), {}, "probabilities of a row sum to 0, so they cannot be rescaled", COLUMNS),
    ],
)  # fmt: skip
def test_messages_name_value_and_column(
    name: str, values: list[Any], more: tuple[Any, ...], flags: dict[str, Any], message: str, columns: tuple[str, ...]
) -> None:
    """The first value at fault, as short as it can be written, and the column that it stands in."""
    breach = next(iter(checked(name, values, *more, **flags)[0].breaches.values()))
    assert (breach.examples[0].message, breach.examples[0].columns) == (message, columns)


def test_entries_of_a_list_have_a_place() -> None:
    """In a list column the entry is told by its place, counted from 1."""
    breaches = BlockBreaches(block(1), "f")
    validation.probabilities(array([[0.5, 0.25, 1.25]]), breaches, ("probs",), None, Checked())
    example = breaches.breaches["prob-range"].examples[0]
    assert (example.message, example.columns) == ("probability 1.25 is outside [0, 1] at position 3", ("probs",))


PERCENT = "these look like percentages: divide by 100"
LOGITS = "--from logits if these are logits"


@pytest.mark.parametrize(
    ("rows", "cure"),
    [
        ([[70.0, 20.0, 10.0], [33.0, 33.0, 33.0]], PERCENT),
        ([[70.0, 20.0, 10.0], [33.0, 33.0, 32.9]], LOGITS),
        ([[70.0, 31.1, -0.1]], LOGITS),
        ([[70.0, 20.0, 10.0], [NAN, 20.0, 80.0]], PERCENT),
        ([[INF, 20.0, 10.0]], LOGITS),
        ([[12.0], [0.5]], PERCENT),
        ([[100.0], [0.0], [97.5]], PERCENT),
        ([[12.0], [0.5], [0.5]], LOGITS),
        ([[12.0], [1.5], [0.5]], PERCENT),
        ([[12.0], [1.0], [0.5]], LOGITS),
        ([[10.5], [2.0]], PERCENT),
        ([[10.0], [2.0]], LOGITS),
        ([[-0.5], [0.75]], LOGITS),
        ([[12.0], [-2.0]], LOGITS),
        ([[101.0], [97.0]], LOGITS),
        ([[-0.5], [-2.0]], None),
        ([[-0.5, 0.0], [-0.25, -2.0]], None),
    ],
)
def test_values_out_of_range_are_taken_for_what_they_can_be(rows: list[list[float]], cure: str | None) -> None:
    """Percentages lie in [0, 100]: rows sum to 100, or one column is mostly above 1; logarithms are never above 0."""
    breaches = checked("probabilities", rows, 0.01)[0]
    assert breaches.breaches["prob-range"].examples[0].help == cure


# --- what readers found


def test_faults_of_readers_come_first() -> None:
    """A row that could not be read is judged by no other rule: what stands in its place is not its value."""
    given = block(4, fault("not-a-number", [1, 3], "p_a", ["oops", "x"]))
    breaches = BlockBreaches(given, "f.csv")
    assert breaches.bad is not None
    assert breaches.bad.tolist() == [False, True, False, True]
    rows = [[0.5, 0.5], [NAN, 0.5], [NAN, 0.5], [5.0, 0.5]]
    validation.probabilities(array(rows), breaches, COLUMNS[:2], 0.01, Checked())
    assert found(breaches) == {"not-a-number": (2, [1, 3]), "nan-value": (1, [2])}
    assert breaches.bad.tolist() == [False, True, True, True]


def test_a_row_counts_once_for_each_rule() -> None:
    """Of a row that several columns report the first column is shown, and it is one row."""
    faults = [
        fault("missing-value", [2, 4], "p_a", ["", ""]),
        fault("missing-value", [0, 2, 3, 4, 5, 6], "p_b", [""] * 6),
        fault("missing-label", [2], "label", [""]),
    ]
    breaches = BlockBreaches(block(8, *faults), "f.csv")
    assert found(breaches) == {"missing-value": (6, [0, 2, 3, 4, 5]), "missing-label": (1, [2])}
    examples = breaches.breaches["missing-value"].examples
    assert [example.columns for example in examples] == [("p_b",), ("p_a",), ("p_b",), ("p_a",), ("p_b",)]


@pytest.mark.parametrize(
    ("rule", "value", "message", "shown", "cure"),
    [
        ("missing-label", "", "label is missing", (), None),
        ("missing-value", "", "value is missing", (), None),
        ("missing-value", "NA", "value is missing: NA", (), None),
        ("unmatched-key", "k7", "no label has the key 'k7'", (), None),
        ("unmatched-key", "", "the key is missing", (), None),
        ("not-a-number", "oops", "'oops' is not a number", ("oops",), None),
        ("not-a-number", "0,5", "'0,5' is not a number", ("0,5",), COMMA),
        ("not-a-number", "50% ", "'50% ' is not a number", ("50% ",), "percentages are not read: divide by 100"),
        ("not-a-number", " 1,234,567", "' 1,234,567' is not a number", (" 1,234,567",), THOUSANDS),
        ("not-a-number", "-1,000.5", "'-1,000.5' is not a number", ("-1,000.5",), THOUSANDS),
        ("not-a-number", "1,000", "'1,000' is not a number", ("1,000",), COMMA),
        ("encoding", "caf\ufffd", "column p_a is not valid UTF-8", ("caf\ufffd",), None),
        ("list-length", "3 values, expected 2", "list has 3 values, expected 2", (), None),
        ("list-length", "", "list is missing", (), None),
    ],
)  # fmt: skip
def test_faults_of_readers_in_words(
    rule: str, value: str, message: str, shown: tuple[str, ...], cure: str | None
) -> None:
    """What a reader found is told with its value where that says more, and with a cure where the value suggests one."""
    (example,) = BlockBreaches(block(1, fault(rule, [0], "p_a", [value])), "f").breaches[rule].examples
    assert (example.message, example.values, example.help) == (message, shown, cure)
    assert (example.columns, example.path, example.line) == (("p_a",), "f", 2)


def test_ragged_lines_have_no_column() -> None:
    """A line with the wrong number of fields is at fault as a whole."""
    (example,) = (
        BlockBreaches(block(3, fault("ragged-line", [2], "", ["3 fields, expected 2"])), "f")
        .breaches["ragged-line"]
        .examples
    )
    assert (example.message, example.columns, example.row, example.line) == (
        "line has 3 fields, expected 2", (), 2, 6,
    )  # fmt: skip


def test_counts_of_the_whole_program(tmp_path: Path) -> None:
    """A row that lacks two values is one row of the count (it was counted twice once)."""
    path = tmp_path / "f.csv"
    path.write_text("label,p_a,p_b\na,,\nb,0.5,0.5\n")
    answer = xent("score", path)
    assert "1 of 2 rows lacks a value" in answer.err
    skipped = xent("score", path, "--on-bad-row", "skip", "--json").document["rows"]
    assert (skipped["skipped"], skipped["bad"]) == (1, {"missing-value": 1})
