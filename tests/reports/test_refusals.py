"""Every rule of bad input: the whole file is read, every rule counted, the first rows shown with a cure."""

from __future__ import annotations

import math
import subprocess
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.running import Answer, xent


def refused(text: str, folder: Path, *flags: object) -> Answer:
    """The answer to a CSV file that must be refused."""
    path = folder / "preds.csv"
    path.write_text(text, encoding="utf-8")
    answer = xent("score", path, *flags)
    assert (answer.status, answer.out) == (3, "")
    return Answer(answer.status, answer.out, answer.err.replace(str(path), "preds.csv"))


SKIP = "--on-bad-row skip scores the other rows and reports what was skipped; --max-skipped 1% bounds that"


JOINED = (
    "files were put together with their headers: give them one by one (xent score A.csv B.csv), or leave the repeated "
    "lines out: awk 'NR == 1 {h = $0} NR == 1 || $0 != h' FILE | xent score -"
)


CASES = {
    "missing label": (
        "label,prob\n1,0.5\n,0.5\n1,0.25\n",
        [
            "error[missing-label]: label is missing",
            "  --> preds.csv: row 2, line 3, column label",
            "   |  1 of 3 rows has no label",
            f"  help: {SKIP}",
        ],
    ),
    "missing prediction": (
        "label,prob\n1,0.5\n0,\n",
        [
            "error[missing-value]: value is missing",
            "  --> preds.csv: row 2, line 3, column prob",
            "   |  1 of 2 rows lacks a value",
            f"  help: {SKIP}",
        ],
    ),
    "text for a number": (
        "label,prob\n1,oops\n0,0.5\n1,NA\n",
        [
            "error[not-a-number]: 'oops' is not a number",
            "  --> preds.csv: row 1, line 2, column prob = oops",
            "   |  2 of 3 rows have a value that is not a number; this is the first",
            "   |  also row 3",
            f"  help: numbers are written like 0.25 or 1e-3; {SKIP}",
        ],
    ),
    "percentage": (
        "label,prob\n1,50%\n",
        [
            "error[not-a-number]: '50%' is not a number",
            "  --> preds.csv: row 1, line 2, column prob = 50%",
            "   |  1 of 1 row has a value that is not a number",
            "  help: percentages are not read: divide by 100",
        ],
    ),
    "decimal comma": (
        "label;prob\n1;0,5\n",
        [
            "error[not-a-number]: '0,5' is not a number",
            "  --> preds.csv: row 1, line 2, column prob = 0,5",
            "   |  1 of 1 row has a value that is not a number",
            "  help: a decimal comma is not read: write decimals with a point",
        ],
    ),
    "list as text": (
        'label,prob\n1,"[0.2, 0.8]"\n',
        [
            "error[not-a-number]: '[0.2, 0.8]' is not a number",
            "  --> preds.csv: row 1, line 2, column prob = [0.2, 0.8]",
            "   |  1 of 1 row has a value that is not a number",
            (
                "  help: lists as text are not read from CSV: write a column for each class, or Parquet with a list "
                "column"
            ),
        ],
    ),
    "nan": (
        "label,prob\n1,nan\n0,0.5\n",
        [
            "error[nan-value]: value is NaN",
            "  --> preds.csv: row 1, line 2, column prob = nan",
            "   |  1 of 2 rows holds NaN",
            f"  help: a model that predicts NaN has no loss; {SKIP}",
        ],
    ),
    "ragged": (
        "label,prob\n1,0.5\n0,0.5,0.7\n1\n",
        [
            "error[ragged-line]: line has 3 fields, expected 2",
            "  --> preds.csv: row 2, line 3, value 0,0.5,0.7",
            "   |  2 of 3 rows have the wrong number of fields; this is the first",
            "   |  also row 3",
            f"  help: check the delimiter and the quotes; {SKIP}",
        ],
    ),
    "header in the middle": (
        "label,prob\n1,0.5\nlabel, prob\n0,0.5\nlabel,prob\n",
        [
            "error[repeated-header]: line repeats the header",
            "  --> preds.csv: row 2, line 3, value label, prob",
            "   |  2 of 4 rows repeat the header; this is the first",
            "   |  also row 4",
            f"  help: {JOINED}",
        ],
    ),
    "probability above one": (
        "label,prob\n1,1.0000011\n",
        [
            "error[prob-range]: probability 1.0000011 is outside [0, 1]",
            "  --> preds.csv: row 1, line 2, column prob = 1.0000011",
            "   |  1 of 1 row is outside [0, 1]",
            "  help: --from logits if these are logits",
        ],
    ),
    "probability above one by more than rounding": (
        "label,p_a,p_b\na,1.00001,0.00001\n",
        [
            "error[prob-range]: probability 1.00001 is outside [0, 1]",
            "  --> preds.csv: row 1, line 2, column p_a = 1.00001",
            "   |  1 of 1 row is outside [0, 1]",
            "  help: --normalize rescales each row",
        ],
    ),
    "sum that six digits would round": (
        "label,p_a,p_b\na,0.5,0.4899999\n",
        [
            "error[prob-sum]: probabilities of a row sum to 0.9899999, not 1",
            "  --> preds.csv: row 1, line 2, columns p_a, p_b = 0.5, 0.4899999",
            "   |  1 of 1 row is off by more than 0.01",
            "  help: --normalize rescales each row; --from logits if these are logits",
        ],
    ),
    "negative probability": (
        "label,prob\n1,-0.25\n",
        [
            "error[prob-range]: probability -0.25 is outside [0, 1]",
            "  --> preds.csv: row 1, line 2, column prob = -0.25",
            "   |  1 of 1 row is outside [0, 1]",
            "  help: --from logits if these are logits, --from logprobs if they are logarithms",
        ],
    ),
    "sum": (
        "label,p_cat,p_dog,p_fox\ncat,0.5,0.25,0.25\ndog,0.61,0.3,0.0212\n",
        [
            "error[prob-sum]: probabilities of a row sum to 0.9312, not 1",
            "  --> preds.csv: row 2, line 3, columns p_cat, p_dog, p_fox = 0.61, 0.3, 0.0212",
            "   |  1 of 2 rows is off by more than 0.01",
            "  help: --normalize rescales each row; --from logits if these are logits",
        ],
    ),
    "log-probability above zero": (
        "label,logprob_a,logprob_b\na,0.5,-1\n",
        [
            "error[logprob-range]: log-probability 0.5 is above 0",
            "  --> preds.csv: row 1, line 2, column logprob_a = 0.5",
            "   |  1 of 1 row is above 0",
            (
                "  help: a log-probability is at most 0; --from logits if these are logits, "
                "--from probs if they are probabilities"
            ),
        ],
    ),
    "infinite logit": (
        "label,logit_a,logit_b\na,inf,-1\n",
        [
            "error[infinite-logit]: logit is Infinity",
            "  --> preds.csv: row 1, line 2, column logit_a = inf",
            "   |  1 of 1 row holds a logit of +Infinity",
            f"  help: a logit of +Infinity has no softmax; {SKIP}",
        ],
    ),
    "all classes ruled out": (
        "label,logit_a,logit_b\na,-inf,-inf\n",
        [
            "error[all-minus-infinity]: all logits of the row are -Infinity",
            "  --> preds.csv: row 1, line 2, columns logit_a, logit_b = -inf, -inf",
            "   |  1 of 1 row rules every class out",
            f"  help: at least one logit of a row must be finite; {SKIP}",
        ],
    ),
    "unknown class": (
        "label,p_cat,p_dog\nbird,0.5,0.5\n",
        [
            "error[unknown-label]: label 'bird' is none of the classes cat, dog",
            "  --> preds.csv: row 1, line 2, column label = bird",
            "   |  1 of 1 row has a label that fits no class",
            "  help: --classes A,B,… names the prediction columns in their order; --ignore-label NAME leaves rows out",
        ],
    ),
    "unknown binary label": (
        "label,prob\nyes,0.5\n",
        [
            "error[unknown-label]: label 'yes' is neither 0/1, true/false nor a number in between",
            "  --> preds.csv: row 1, line 2, column label = yes",
            "   |  1 of 1 row has a label that fits no class",
            "  help: --positive NAME says which label is the positive class; --ignore-label NAME leaves rows out",
        ],
    ),
    "target outside": (
        "t_a,t_b,p_a,p_b\n1.5,-0.5,0.5,0.5\n",
        [
            "error[target-range]: target 1.5 is outside [0, 1]",
            "  --> preds.csv: row 1, line 2, column t_a = 1.5",
            "   |  1 of 1 row has a target outside [0, 1]",
            f"  help: targets are probabilities; {SKIP}",
        ],
    ),
    "target is no distribution": (
        "t_a,t_b,p_a,p_b\n1,1,0.5,0.5\n",
        [
            "error[target-sum]: targets of a row sum to 2, not 1",
            "  --> preds.csv: row 1, line 2, columns t_a, t_b = 1, 1",
            "   |  1 of 1 row is not a distribution over the classes",
            "  help: for independent labels use xent binary with --targets and --preds",
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_rule_is_refused_in_these_words(name: str, tmp_path: Path) -> None:
    """Each rule is refused with what, where, how many, the cure and the page to read, and without a number."""
    text, expected = CASES[name]
    rule = expected[0].partition("[")[2].partition("]")[0]
    assert refused(text, tmp_path).err.splitlines() == [*expected, f"  page: xent explain {rule}"]


@pytest.mark.parametrize(
    ("weight", "message"),
    [("-1", "weight -1 is negative"), ("inf", "weight inf is not finite"), ("nan", "weight nan is not finite")],
)
def test_weights_must_be_finite_and_not_negative(weight: str, message: str, tmp_path: Path) -> None:
    """A weight that is negative, infinite or NaN is refused (scikit-learn takes negative ones)."""
    answer = refused(f"label,prob,w\n1,0.5,1\n0,0.5,{weight}\n", tmp_path, "--weight", "w")
    assert answer.err.splitlines()[:2] == [
        f"error[bad-weight]: {message}",
        f"  --> preds.csv: row 2, line 3, column w = {weight}",
    ]


def test_every_rule_is_counted_in_one_run(tmp_path: Path) -> None:
    """The whole file is read: every broken rule is told with its count, the one that is broken first coming first."""
    answer = refused("label,prob\n1,2\n,0.5\n1,x\n0,3\nmaybe,0.5\n0,nan\n", tmp_path, "--json")
    assert [(error["rule"], error["count"], error["rows"]) for error in answer.errors] == [
        ("prob-range", 2, [1, 4]),
        ("missing-label", 1, [2]),
        ("not-a-number", 1, [3]),
        ("unknown-label", 1, [5]),
        ("nan-value", 1, [6]),
    ]


def test_rules_count_rows_far_into_a_file(tmp_path: Path) -> None:
    """A rule broken after hundreds of thousands of rows is found, with its row and line."""
    rows = ["0,0.5"] * 300_000
    rows[250_000] = "0,1.25"
    rows[299_999] = "1,oops"
    answer = refused("label,prob\n" + "\n".join(rows), tmp_path, "--json")
    assert [
        (error["rule"], error["where"]["row"], error["where"]["line"], error["where"]["values"])
        for error in answer.errors
    ] == [
        ("prob-range", 250_001, 250_002, ["1.25"]),
        ("not-a-number", 300_000, 300_001, ["oops"]),
    ]


def test_lines_are_those_of_an_editor(tmp_path: Path) -> None:
    """Quoted newlines and blank lines move the line but not the row."""
    answer = refused('id,label,prob\n"a\nb",1,0.5\n\n"c",1,2\n', tmp_path, "--json")
    assert (answer.errors[0]["where"]["row"], answer.errors[0]["where"]["line"]) == (2, 5)


def test_row_sums_are_held_to_the_tolerance(tmp_path: Path) -> None:
    """A row off by up to the tolerance is scored as it is, with a notice from 1e-3 on; not so past it."""
    path = tmp_path / "loose.csv"
    path.write_text("label,p_a,p_b\na,0.5,0.505\na,0.5,0.5\n", encoding="utf-8")
    document = xent("score", path, "--json").document
    assert document["loss"]["mean"] == pytest.approx(-np.log(0.5), rel=1e-15)
    assert [notice["code"] for notice in document["notices"]] == ["prob-sum"]
    assert "0.005" in document["notices"][0]["message"]
    assert xent("score", path, "--sum-tolerance", "0.001").status == 3
    fine = tmp_path / "fine.csv"
    fine.write_text("label,p_a,p_b\na,0.5,0.5009\na,0.5,0.5\n", encoding="utf-8")
    assert xent("score", fine, "--json").document["notices"] == []


def test_normalize_rescales_and_says_so(tmp_path: Path) -> None:
    """--normalize divides each row by its sum, counts the rows and names their share of the mean."""
    path = tmp_path / "loose.csv"
    path.write_text("label,p_a,p_b\na,0.2,0.3\nb,0.5,0.5\n", encoding="utf-8")
    document = xent("score", path, "--json", "--normalize").document
    assert [sample["loss"] for sample in document["samples"]] == pytest.approx([-np.log(0.4), -np.log(0.5)], rel=1e-14)
    share = np.log(0.4) / (np.log(0.4) + np.log(0.5))
    assert document["touched"] == [{"option": "normalize", "rows": 1, "share": pytest.approx(share)}]
    assert "|norm:yes|" in document["signature"]


def test_skipping_reports_what_was_skipped(tmp_path: Path) -> None:
    """--on-bad-row skip scores the other rows, counts the skipped ones by rule and stops past --max-skipped."""
    path = tmp_path / "some.csv"
    path.write_text("label,prob\n1,0.5\n1,2\n,0.5\n0,0.5\n", encoding="utf-8")
    document = xent("score", path, "--json", "--on-bad-row", "skip").document
    assert document["rows"] | {"infinite": 0} == {
        "read": 4,
        "scored": 2,
        "ignored": 0,
        "skipped": 2,
        "infinite": 0,
        "clipped": 0,
        "normalized": 0,
        "bad": {"missing-label": 1, "prob-range": 1},
    }
    assert [sample["row"] for sample in document["samples"]] == [1, 4]
    assert "|skipped:2|" in document["signature"]
    assert xent("score", path, "--on-bad-row", "skip", "--max-skipped", "2").status == 0
    assert xent("score", path, "--on-bad-row", "skip", "--max-skipped", "50%").status == 0
    for limit in ("1", "49%", "0"):
        answer = xent("score", path, "--on-bad-row", "skip", "--max-skipped", limit)
        assert (answer.status, answer.out) == (3, "")
        assert "error[too-many-skipped]" in answer.err


@pytest.mark.parametrize(
    "flags", [[], ["--on-bad-row", "skip"], ["--ignore-label", "1"]], ids=["all bad", "all skipped", "all ignored"]
)
def test_no_scorable_row_is_no_number(flags: list[str], tmp_path: Path) -> None:
    """A file without a row to score never yields a number."""
    path = tmp_path / "none.csv"
    path.write_text("label,prob\n1,2\n" if "--ignore-label" not in flags else "label,prob\n1,0.5\n", encoding="utf-8")
    answer = xent("score", path, *flags)
    assert (answer.status, answer.out) == (3, "")


def test_header_alone_is_no_number(tmp_path: Path) -> None:
    """A header without rows, and weights that are all 0, are refused by name."""
    assert "error[no-rows]" in refused("label,prob\n", tmp_path).err
    assert "error[no-weight]" in refused("label,prob,w\n1,0.5,0\n", tmp_path, "--weight", "w").err


def test_ignored_labels_are_counted_not_scored(tmp_path: Path) -> None:
    """--ignore-label leaves rows out and says how many."""
    path = tmp_path / "pad.csv"
    path.write_text("label,p_a,p_b\na,0.5,0.5\npad,0.1,0.9\n", encoding="utf-8")
    document = xent("score", path, "--json", "--ignore-label", "pad").document
    assert (document["rows"]["scored"], document["rows"]["ignored"]) == (1, 1)
    assert "|ignore:pad|" in document["signature"]
    assert document["touched"] == [{"option": "ignore-label", "rows": 1, "share": 0.0}]


def test_positive_class_leaves_one_other(tmp_path: Path) -> None:
    """--positive with two other labels is refused: a binary file has two classes."""
    answer = refused("label,prob\ncat,0.5\ndog,0.5\nfox,0.5\n", tmp_path, "--positive", "cat")
    assert answer.err.startswith("error[unknown-label]: --positive cat leaves more than one other label: 'dog', 'fox'")


@pytest.mark.parametrize(
    ("rows", "positive", "message", "cure"),
    [
        ("spam,0.5\nham,0.5\n", "Spam", "'Spam': the labels are ham, spam", "did you mean --positive spam?"),
        ("spam,0.5\nham,0.5\n", "spma", "'spma': the labels are ham, spam", "did you mean --positive spam?"),
        (
            "a b,0.5\nham,0.5\n",
            "x",
            "'x': the labels are a b, ham",
            "--positive 'a b' or --positive ham says which is the positive class",
        ),
    ],
)
def test_positive_class_that_no_row_has(rows: str, positive: str, message: str, cure: str, tmp_path: Path) -> None:
    """A positive class that is no label of the file is told with the labels there are, and the one close to it."""
    assert refused("label,prob\n" + rows, tmp_path, "--positive", positive).words == [
        f"error[unknown-label]: no row has the label {message}",
        "  --> preds.csv: column label",
        f"  help: {cure}",
    ]


def test_inspect_does_not_count_what_follows_from_bad_rows(tmp_path: Path) -> None:
    """That bad rows leave none to score is no problem of its own; the command is shown as one that would fail too."""
    path = tmp_path / "bad.csv"
    path.write_text("label,prob\n1,1.5\n0,-2\n", encoding="utf-8")
    answer = xent("inspect", path)
    assert answer.status == 3
    assert answer.out.splitlines()[0].endswith("bad.csv  cannot be scored: 1 problem")
    assert "explicit command (fails until the problems below are fixed)" in answer.out.splitlines()
    assert [problem["rule"] for problem in xent("inspect", path, "--json").document["problems"]] == ["prob-range"]
    path.write_text("label,prob\n", encoding="utf-8")
    assert [problem["rule"] for problem in xent("inspect", path, "--json").document["problems"]] == ["no-rows"]


def test_lists_of_the_wrong_length_are_rows_that_are_told(tmp_path: Path) -> None:
    """In Parquet a list of another length, a missing list and a missing entry are errors with their row."""
    path = tmp_path / "lists.parquet"
    table = pa.table(
        {"label": [0, 1, 0, 1], "logits": pa.array([[1.0, 2.0], [1.0], None, [None, 1.0]], pa.list_(pa.float64()))}
    )
    pq.write_table(table, path)
    answer = xent("score", path, "--json")
    assert answer.status == 3
    assert [(error["rule"], error["count"], error["rows"]) for error in answer.errors] == [
        ("list-length", 2, [2, 3]),
        ("missing-value", 1, [4]),
    ]


def test_clipping_off_means_infinite_is_a_result(tmp_path: Path) -> None:
    """An infinite loss is a result: counted, its rows named, the mean infinite, the spread undefined."""
    path = tmp_path / "inf.csv"
    path.write_text("label,prob\n1,0\n1,0.5\n0,1\n", encoding="utf-8")
    document = xent("score", path, "--json").document
    loss = document["loss"]
    assert (loss["mean"], loss["sum"], loss["max"], loss["std"], loss["se"]) == (
        "Infinity",
        "Infinity",
        "Infinity",
        "NaN",
        "NaN",
    )
    assert (loss["ci"]["low"], loss["ci"]["high"]) == ("NaN", "NaN")
    assert loss["ci"]["method"] == "undefined: 2 infinite losses"
    assert document["rows"]["infinite"] == 2
    assert (document["perplexity"], document["likelihood"], document["log_likelihood"]) == (
        "Infinity",
        0.0,
        "-Infinity",
    )
    assert "rows 1, 3" in document["notices"][0]["message"]
    assert document["baseline"]["skill"] is None


def mean_of(answer: Answer) -> float:
    """The mean of a report."""
    assert answer.status == 0, answer.err
    return float(answer.document["loss"]["mean"])


def test_off_by_the_tolerance_in_decimals_is_not_off_by_more(tmp_path: Path) -> None:
    """Rows rounded to two decimals sum to 0.99 or 1.01, which is off by 0.01 and not by more; so are targets."""
    path = tmp_path / "a.csv"
    path.write_text("label,p_a,p_b,p_c\na,0.33,0.33,0.33\nb,0.01,0.99,0.01\n")
    assert mean_of(xent("score", path, "--json")) == pytest.approx(-(math.log(0.33) + math.log(0.99)) / 2, rel=1e-15)
    path.write_text("t_a,t_b,p_a,p_b\n0.99,0,0.5,0.5\n")
    assert mean_of(xent("score", path, "--json")) == pytest.approx(-0.99 * math.log(0.5), rel=1e-15)
    path.write_text("label,p_a,p_b,p_c\na,0.33,0.33,0.32\n")
    assert xent("score", path).status == 3


def test_decimals_held_as_float32_are_those_decimals(tmp_path: Path) -> None:
    """0.33 three times is off by 0.01 in decimals, whatever float32 makes of them; 0.98 is off by more."""
    names = ["p_a", "p_b", "p_c"]
    for row, status in (
        ((0.33, 0.33, 0.33), 0),
        ((0.32, 0.34, 0.33), 0),
        ((0.49, 0.48, 0.02), 0),
        ((0.4, 0.4, 0.18), 3),
    ):
        columns = {name: pa.array([value], pa.float32()) for name, value in zip(names, row, strict=True)}
        pq.write_table(pa.table({"label": ["a"], **columns}), tmp_path / "a.parquet")
        answer = xent("score", tmp_path / "a.parquet")
        assert answer.status == status, (row, answer.err)


def test_normalize_rescales_what_is_above_one_within_the_tolerance(tmp_path: Path) -> None:
    """fastText adds 1e-5 to each probability: --normalize, which the refusal names, gives such rows their loss."""
    path = tmp_path / "a.csv"
    path.write_text("label,p_a,p_b\na,1.00001,0.00001\nb,0.50001,0.50001\n")
    expected = -(math.log(1.00001 / 1.00002) + math.log(0.5)) / 2
    assert mean_of(xent("score", path, "--normalize", "--json")) == pytest.approx(expected, rel=1e-12)
    assert xent("score", path, "--normalize", "--sum-tolerance", "1e-6").status == 3
    path.write_text("label,p_a,p_b\na,1.02,0.00001\n")
    assert xent("score", path, "--normalize").status == 3


def test_rescaling_is_no_help_for_independent_labels(tmp_path: Path) -> None:
    """Where targets are no distribution either, the help for the sums is the kind that they are, not --normalize."""
    path = tmp_path / "a.csv"
    path.write_text("t_a,t_b,p_a,p_b\n1,1,0.9,0.8\n0,0,0.1,0.2\n")
    answer = xent("categorical", path, "--targets", "t_*", "--preds", "p_*", "--json")
    assert {error["rule"] for error in answer.errors} == {"prob-sum", "target-sum"}
    assert all("xent binary" in error["help"] and "--normalize" not in error["help"] for error in answer.errors)


def test_the_lines_of_the_help_for_repeated_headers_give_the_number(tmp_path: Path) -> None:
    """Given one by one the files give their mean; so does the printed line, and so do the other rows alone."""
    first, second, both = (tmp_path / name for name in ("a.csv", "b.csv", "both.csv"))
    first.write_text("label,prob\n1,0.9\n0,0.2\n")
    second.write_text("label,prob\n0,0.3\n")
    both.write_text(first.read_text() + second.read_text())
    apart = mean_of(xent("score", first, second, "--json"))
    assert mean_of(xent("score", both, "--on-bad-row", "skip", "--json")) == apart
    line = JOINED.partition("repeated lines out: ")[2].partition(" | xent")[0].replace("FILE", str(both))
    done = subprocess.run(["bash", "-c", line], capture_output=True, check=True, timeout=60)
    assert mean_of(xent("score", "-", "--json", stdin=done.stdout)) == apart


def test_repeated_headers_are_counted_in_a_large_file(tmp_path: Path) -> None:
    """A header after hundreds of thousands of rows is named with its line, also where labels are long texts."""
    path = tmp_path / "a.csv"
    part = "label,p_no,p_yes\n" + "yes,0.25,0.75\n" * 150_000
    path.write_text(part + part + "no,0.5,oops\n")
    errors = xent("score", path, "--json").errors
    assert [(error["rule"], error["count"], error["where"]["line"]) for error in errors] == [
        ("repeated-header", 1, 150_002),
        ("not-a-number", 1, 300_003),
    ]


def test_a_header_in_the_file_of_labels_is_named_as_one(tmp_path: Path) -> None:
    """A file of soft targets put together of two is refused for its header, not for its encoding."""
    labels, preds = tmp_path / "labels.csv", tmp_path / "preds.csv"
    labels.write_text("id,t_a,t_b\n1,1,0\nid,t_a,t_b\n2,0,1\n")
    preds.write_text("id,p_a,p_b\n1,0.9,0.1\n2,0.2,0.8\n")
    answer = xent("score", preds, "--labels", labels, "--on", "id")
    assert answer.status == 3
    assert answer.err.startswith("error[repeated-header]: line repeats the header\n")


@pytest.mark.parametrize(
    "words",
    [
        ("score", "--label", "nope"),
        ("score", "--preds", "p*,zz*"),
        ("score", "--by", "nope"),
        ("score", "--weight", "nope"),
        ("compare", "--on", "nope"),
        ("compare", "--models", "prob,nope"),
    ],
)
def test_errors_about_columns_name_the_file(words: tuple[str, ...], tmp_path: Path) -> None:
    """A column that is not there is missing from a file, which is said."""
    path = tmp_path / "preds.csv"
    path.write_text("label,prob\n1,0.9\n0,0.2\n")
    command, *flags = words
    files = [path, path] if "--on" in flags else [path]
    (error,) = xent(command, *files, *flags, "--json").errors
    assert (error["rule"], error["where"]["path"]) == ("no-column", str(path))
