"""`xent compare`: pairing, refusals, verdicts, gates and outputs, through the command line and from Python."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv  # pandas before 3 does not read decimals exactly
import pyarrow.parquet as pq
import pytest
from jsonschema import Draft202012Validator
from scipy import stats

import xent_cli
from tests.places import SAMPLES
from tests.running import Answer, write_csv, xent
from tests.statistics import oracles
from xent_cli.contract.documents import schema_text
from xent_cli.scoring.options import Conventions

A, B = SAMPLES / "breast_cancer-a.csv", SAMPLES / "breast_cancer-b.csv"


def document(*words: object, stdin: bytes = b"") -> Any:
    """The JSON of a comparison, which satisfies its schema."""
    answer = xent("compare", *words, "--json", stdin=stdin)
    assert answer.status in {0, 1}, answer.err
    found = answer.document
    assert [
        error.message for error in Draft202012Validator(json.loads(schema_text("compare"))).iter_errors(found)
    ] == []
    return found


def refusal(*words: object, status: int = 3) -> list[dict[str, Any]]:
    """The errors of a comparison that is refused; standard output stays empty."""
    answer = xent("compare", *words, "--json")
    assert (answer.status, answer.out) == (status, "")
    return answer.errors


def binary(path: Path, rows: Sequence[tuple[object, ...]], header: Sequence[str] = ("id", "label", "prob")) -> Path:
    """A file of binary predictions."""
    return write_csv(path, header, rows)


def losses_of(path: Path) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The losses of a binary file, by another road."""
    with path.open(encoding="utf-8") as file:
        rows = [(float(row["label"]), float(row["prob"])) for row in csv.DictReader(file)]
    return np.array([-math.log(p) if y == 1 else -math.log1p(-p) for y, p in rows])


def paired(path: Path, d: Sequence[float], base: float = 1.0) -> tuple[Path, Path]:
    """Two files of rows with label 1 in which the losses differ by about these differences."""
    one = [(row, 1, math.exp(-base)) for row in range(len(d))]
    two = [(row, 1, math.exp(-base - value)) for row, value in enumerate(d)]
    return binary(path / "a.csv", one), binary(path / "b.csv", two)


def test_the_numbers_are_those_of_the_paired_t_test() -> None:
    """Means and standard errors are SciPy's; interval and p-value those of the paired t test that minds skewness."""
    found = document(A, B)
    one, two = losses_of(A), losses_of(B)
    test = stats.ttest_rel(two, one)
    known = oracles.of_rows(two - one)
    candidate = found["candidates"][0]
    assert found["baseline"]["mean"] == pytest.approx(one.mean(), rel=1e-12)
    assert (candidate["mean"], candidate["se"]) == pytest.approx((two.mean(), stats.sem(two)), rel=1e-12)
    assert candidate["difference"]["mean"] == pytest.approx((two - one).mean(), rel=1e-12)
    assert candidate["difference"]["se"] == pytest.approx(stats.sem(two - one), rel=1e-12)
    assert candidate["difference"]["p"] == pytest.approx(oracles.cautious_p(known), rel=2e-6)
    assert test.pvalue <= candidate["difference"]["p"] < 0.05
    ci = candidate["difference"]["ci"]
    assert (ci["low"], ci["high"]) == pytest.approx(oracles.cautious(known), rel=2e-6)
    assert (candidate["wins"], candidate["losses"]) == (int((two < one).sum()), int((two > one).sum()))
    assert (found["status"], candidate["verdict"], found["best"]) == ("none", "worse", str(B))
    assert found["signature"].endswith("|k:2|n:285")


def test_order_of_rows_does_not_matter_with_a_key(tmp_path: Path) -> None:
    """Paired by key, a candidate in any order gives the numbers of the files in one order, to the last bit."""
    lines = B.read_text(encoding="utf-8").splitlines()
    head, rows = lines[0], lines[1:]
    np.random.default_rng(1).shuffle(rows)
    mixed = tmp_path / "mixed.csv"
    mixed.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    by_key, by_position = document(A, mixed, "--on", "id"), document(A, B)
    assert by_key["pairing"] == {"by": "key", "on": ["id"], "cluster": None}
    for name in ("mean", "se", "difference", "wins", "losses", "ties", "detectable", "verdict"):
        assert by_key["candidates"][0][name] == by_position["candidates"][0][name]


def test_long_files_are_paired_chunk_by_chunk(tmp_path: Path) -> None:
    """Files of several chunks, cut at other rows in each file, are paired row by row; also by key, and in parts."""
    rng = np.random.default_rng(5)
    n = 60_000
    y, p, q = rng.integers(0, 2, n), rng.uniform(0.01, 0.99, n), rng.uniform(0.01, 0.99, n)
    one = pd.DataFrame({"id": np.arange(n), "label": y, "prob": p})
    one.to_csv(tmp_path / "a.csv", index=False)
    wide = one.assign(prob=q, remark="a long remark that makes the chunks of this file hold fewer rows")
    wide.to_csv(tmp_path / "b.csv", index=False)
    (tmp_path / "parts").mkdir()
    wide[:17_000].to_parquet(tmp_path / "parts" / "0.parquet")
    wide[17_000:].to_parquet(tmp_path / "parts" / "1.parquet")
    loss = [-np.log(np.where(y == 1, x, 1 - x)) for x in (p, q)]
    expected = stats.ttest_rel(loss[1], loss[0])
    whole = document(tmp_path / "a.csv", tmp_path / "b.csv")["candidates"][0]["difference"]
    assert whole["p"] == pytest.approx(expected.pvalue, rel=1e-9)
    assert whole["p_sign_flip"] is None
    for words in (("parts",), ("parts", "--on", "id"), ("b.csv", "--on", "id"), ("b.csv", "--threads", "1")):
        found = document(tmp_path / "a.csv", tmp_path / words[0], *words[1:])
        assert found["candidates"][0]["difference"] == whole
        assert found["rows"]["scored"] == n


def test_a_model_is_no_worse_than_itself() -> None:
    """A file against itself has difference 0, only ties, and passes the strictest gate."""
    found = document(A, A, "--strict", "--max-regression", "0")
    candidate = found["candidates"][0]
    assert (candidate["difference"]["mean"], candidate["difference"]["se"], candidate["ties"]) == (0.0, 0.0, 285)
    assert (candidate["verdict"], found["status"]) == ("no worse", "pass")
    assert [gate["status"] for gate in found["gates"]] == ["pass"]


@pytest.mark.parametrize(
    ("d", "flags", "status", "verdict"),
    [
        ([0.3, 0.2, 0.25, 0.3, 0.2], (), 0, "worse"),
        ([0.3, 0.2, 0.25, 0.3, 0.2], ("--max-regression", "0.1"), 1, "worse"),
        ([0.3, 0.2, 0.25, 0.3, 0.2], ("--max-regression", "10%"), 1, "worse"),
        ([0.3, 0.2, 0.25, 0.3, 0.2], ("--max-regression", "0.5"), 0, "no worse"),
        ([0.3, 0.2, 0.25, 0.3, 0.2], ("--max-regression", "50%"), 0, "no worse"),
        ([0.3, 0.2, 0.25, 0.3, 0.2], ("--max-regression", "0.26"), 0, "undecided"),
        ([0.3, -0.2, 0.25, -0.3, 0.2], ("--max-regression", "0"), 0, "undecided"),
        ([0.3, -0.2, 0.25, -0.3, 0.2], ("--strict",), 1, "undecided"),
        ([0.3, -0.2, 0.25, -0.3, 0.2], ("--strict", "--max-regression", "1"), 0, "no worse"),
        ([-0.3, -0.2, -0.25, -0.3, -0.2], ("--strict",), 0, "better"),
        ([0.3], ("--max-regression", "0"), 1, "undecided"),
        ([0.3], ("--strict",), 1, "undecided"),
    ],
)
def test_the_exit_status_follows_the_verdict(
    tmp_path: Path, d: list[float], flags: tuple[str, ...], status: int, verdict: str
) -> None:
    """1 where a gate was asked for and the verdict is worse, or no interval exists; --strict: or undecided; else 0."""
    answer = xent("compare", *paired(tmp_path, d), *flags, "--json")
    assert (answer.status, answer.document["candidates"][0]["verdict"]) == (status, verdict)
    assert answer.document["status"] == ("none" if not flags else "fail" if status else "pass")
    table = xent("compare", *paired(tmp_path, d), *flags)
    assert table.status == status
    assert verdict in table.out


def test_what_is_not_significant_is_never_called_equal(tmp_path: Path) -> None:
    """An undecided comparison says that the pairs do not decide it, and no word of sameness."""
    out = xent("compare", *paired(tmp_path, [0.3, -0.2, 0.25, -0.3, 0.2])).out
    assert "undecided" in out
    assert "not decided by 5 pairs" in out
    for word in ("equal", "same", "no difference", "identical", "as good"):
        assert word not in out.lower()


def test_a_gate_that_passes_above_its_limit_says_why(tmp_path: Path) -> None:
    """A mean above the limit that is not significant passes, and the verdict with its p-value stands beside it."""
    files = paired(tmp_path, [0.3, -0.2, 0.25, -0.3, 0.2])
    gate = document(*files, "--max-regression", "0")["gates"][0]
    assert gate["value"] > gate["limit"]
    assert gate["status"] == "pass"
    assert gate["reason"].startswith("undecided: 95% interval of the difference -0.3")
    assert gate["reason"] in xent("compare", *files, "--max-regression", "0").out
    strict = document(*files, "--strict")["gates"]
    assert [(each["status"], each["value"]) for each in strict] == [
        ("fail", document(*files)["candidates"][0]["difference"]["ci"]["high"]),
    ]  # fmt: skip
    assert "of which --strict checks the upper end" in strict[0]["reason"]


@pytest.mark.parametrize("flags", [(), ("--cluster", "id"), ("--unit", "bits"), ("--confidence", "0.9")])
def test_a_candidate_has_limits_of_its_own(flags: tuple[str, ...]) -> None:
    """--max-loss and --max-perplexity judge the mean of each candidate, or its upper bound, as they do in a score."""
    limits = ("--max-loss", "0.3", "--max-perplexity", "1.5")
    for gate_on in ("mean", "upper"):
        gated = (*limits, "--gate-on", gate_on, *flags, "--json")
        both = xent("compare", A, A, B, *gated).document["gates"]
        assert [(gate["group"], gate["rule"]) for gate in both] == [
            (str(path), rule) for path in (A, B) for rule in ("max-loss", "max-perplexity")
        ]
        alone = [gate for path in (A, B) for gate in xent("score", path, *gated).document["gates"]]
        assert [(gate["status"], gate["limit"], gate.get("reason")) for gate in both] == [
            (gate["status"], gate["limit"], gate.get("reason")) for gate in alone
        ]
        assert [gate["value"] for gate in both] == pytest.approx([gate["value"] for gate in alone], rel=1e-12)
    answer = xent("compare", A, B, *limits, "--max-regression", "9", *flags, "--json")
    assert answer.status == 1
    assert [(gate["rule"], gate["status"]) for gate in answer.document["gates"]] == [
        ("max-regression", "pass"), ("max-loss", "fail"), ("max-perplexity", "fail"),
    ]  # fmt: skip
    assert xent("compare", B, A, *limits, *flags).status == 0
    assert xent("compare", B, A, "--max-loss", "nan").status == 2


def test_an_infinite_mean_passes_no_limit(tmp_path: Path) -> None:
    """A mean that is infinite in both models is a tie of the difference, and fails every limit."""
    one = binary(tmp_path / "a.csv", [(1, 1, 0.0), (2, 1, 0.5), (3, 1, 0.5)])
    for gate_on in ("mean", "upper"):
        answer = xent("compare", one, one, "--max-loss", "9", "--gate-on", gate_on, "--max-regression", "0", "--json")
        assert [(gate["value"], gate["status"]) for gate in answer.document["gates"]] == [
            (0.0, "pass"), ("Infinity", "fail"),
        ]  # fmt: skip
        assert answer.status == 1


def test_a_value_next_to_its_limit_is_shown_apart_from_it(tmp_path: Path) -> None:
    """The table has as many digits as keep the value on its side of the limit."""
    mean = document(*paired(tmp_path, [0.25, 0.25001, 0.24999]))["candidates"][0]["difference"]["mean"]
    limit = math.nextafter(mean, 0)
    line = next(
        line
        for line in xent(
            "compare", *paired(tmp_path, [0.25, 0.25001, 0.24999]), "--max-regression", repr(limit)
        ).out.splitlines()
        if line.strip().startswith("max-regression")
    )
    shown = line.split()[1:3]
    assert float(shown[0]) > float(shown[1])


@pytest.mark.parametrize("text", ["nan", "inf", "-1", "1e400", "x", "%", "-1%", ""])
def test_a_margin_that_is_none_is_wrong_use(text: str) -> None:
    """Thresholds are finite and not negative: anything else is exit 2 with a cure."""
    error = refusal(A, B, f"--max-regression={text}", status=2)[0]
    assert error["rule"] == "option"
    assert "0.005" in error["help"]


def test_several_candidates_are_ranked_and_corrected() -> None:
    """Candidates keep their order, have ranks by mean, and p-values by Holm's method."""
    best = SAMPLES / "breast_cancer.csv"
    found = document(A, B, best)
    first, second = found["candidates"]
    assert [entry["path"] for entry in found["candidates"]] == [str(B), str(best)]
    assert ((first["rank"], second["rank"]), found["best"]) == ((2, 1), str(best))
    assert second["difference"]["p_holm"] == 2 * second["difference"]["p"]
    assert first["difference"]["p_holm"] == max(first["difference"]["p"], second["difference"]["p_holm"])
    gates = document(A, B, best, "--max-regression", "0")["gates"]
    assert [(gate["rule"], gate["group"], gate["status"]) for gate in gates] == [
        ("max-regression", str(B), "fail"), ("max-regression", str(best), "pass"),
    ]  # fmt: skip
    assert xent("compare", A, B, best).out.index(str(best)) > 0


def test_files_of_different_lengths_are_refused(tmp_path: Path) -> None:
    """By position both files need the same number of rows; the message has both counts."""
    short = tmp_path / "short.csv"
    short.write_text("\n".join(B.read_text(encoding="utf-8").splitlines()[:100]) + "\n", encoding="utf-8")
    for pair in ((A, short), (short, A)):
        error = refusal(*pair)[0]
        assert error["rule"] == "rows-differ"
        assert "285 rows" in error["message"] or "285 in" in error["message"]
        assert "99" in error["message"]
        assert "--on" in error["help"]


def test_labels_that_disagree_are_refused(tmp_path: Path) -> None:
    """Another label in a row is an error with its count, the first rows and both labels."""
    one = binary(tmp_path / "a.csv", [(i, i % 2, 0.5) for i in range(10)])
    two = binary(tmp_path / "b.csv", [(i, 1 if i in {2, 4} else i % 2, 0.5) for i in range(10)])
    error = refusal(one, two)[0]
    assert (error["rule"], error["count"], error["rows"]) == ("label-mismatch", 2, [3, 5])
    assert error["message"] == f"label '1' here, '0' in {one}"
    assert error["where"] == {"path": str(two), "row": 3, "line": 4, "columns": ["label"], "values": []}
    assert "if their order differs, --on KEY" in error["help"]
    by_key = refusal(one, two, "--on", "id")[0]
    assert (by_key["rule"], by_key["count"], by_key["rows"]) == ("label-mismatch", 2, [3, 5])


def test_weights_that_disagree_are_refused(tmp_path: Path) -> None:
    """A weight that is another one in the candidate is an error."""
    header = ("label", "prob", "w")
    one = binary(tmp_path / "a.csv", [(1, 0.5, 1), (0, 0.5, 2)], header)
    two = binary(tmp_path / "b.csv", [(1, 0.5, 1), (0, 0.5, 3)], header)
    error = refusal(one, two, "--weight", "w")[0]
    assert (error["rule"], error["rows"], error["message"]) == (
        "weight-mismatch",
        [2],
        f"weight '3' here, '2' in {one}",
    )
    assert document(one, one, "--weight", "w")["rows"]["scored"] == 2


def test_classes_may_stand_in_another_order(tmp_path: Path) -> None:
    """Labels and predictions go by the names of the classes, wherever the columns stand."""
    one = write_csv(tmp_path / "a.csv", ("label", "p_cat", "p_dog"), [("cat", 0.75, 0.25), ("dog", 0.5, 0.5)])
    two = write_csv(tmp_path / "b.csv", ("label", "p_dog", "p_cat"), [("cat", 0.5, 0.5), ("dog", 0.75, 0.25)])
    difference = document(one, two)["candidates"][0]["difference"]["mean"]
    assert difference == pytest.approx((math.log(0.75 / 0.5) + math.log(0.5 / 0.75)) / 2, abs=1e-15)
    targets = write_csv(
        tmp_path / "c.csv", ("t_cat", "t_dog", "p_cat", "p_dog"), [(1, 0, 0.75, 0.25), (0, 1, 0.5, 0.5)]
    )
    turned = write_csv(tmp_path / "d.csv", ("t_dog", "t_cat", "p_dog", "p_cat"), [(0, 1, 0.5, 0.5), (1, 0, 0.75, 0.25)])
    assert document(targets, turned)["candidates"][0]["difference"]["mean"] == difference
    wrong = write_csv(tmp_path / "e.csv", ("t_cat", "t_dog", "p_cat", "p_dog"), [(1, 0, 0.75, 0.25), (1, 0, 0.5, 0.5)])
    error = refusal(targets, wrong)[0]
    assert error["message"] == f"label 'cat' here, 'dog' in {targets}"


def test_spaces_may_differ_and_kinds_and_classes_may_not(tmp_path: Path) -> None:
    """Probabilities can be held against logits; other classes or kinds cannot be compared."""
    one = write_csv(tmp_path / "a.csv", ("label", "prob"), [(1, 0.5), (0, 0.75)])
    two = write_csv(tmp_path / "b.csv", ("label", "logit"), [(1, 0.0), (0, math.log(3.0))])
    found = document(one, two)
    assert found["candidates"][0]["difference"]["mean"] == pytest.approx(0.0, abs=1e-15)
    assert (found["baseline"]["from"], found["candidates"][0]["from"]) == ("probs", "logits")
    assert "|from:probs+logits|" in found["signature"]
    sparse = write_csv(tmp_path / "c.csv", ("label", "p_0", "p_1"), [(1, 0.5, 0.5), (0, 0.25, 0.75)])
    assert refusal(one, sparse)[0]["rule"] == "kind-mismatch"
    assert document(one, sparse, "--kind", "binary")["rows"]["scored"] == 2
    more = write_csv(tmp_path / "d.csv", ("label", "p_0", "p_1", "p_2"), [(1, 0.5, 0.5, 0), (0, 0.25, 0.75, 0)])
    error = refusal(sparse, more)[0]
    assert (error["rule"], "0, 1, 2" in error["message"]) == ("class-mismatch", True)
    yes = write_csv(tmp_path / "e.csv", ("label", "prob_yes"), [("yes", 0.5), ("no", 0.75)])
    assert refusal(one, yes)[0]["rule"] == "class-mismatch"


@pytest.mark.parametrize(
    ("rows", "rule", "count", "where"),
    [
        ([(1, 1, 0.5), (2, 0, 0.5), (2, 0, 0.5)], "repeated-key", 1, "b.csv"),
        ([(1, 1, 0.5), (2, 0, 0.5), ("", 0, 0.5)], "missing-key", 1, "b.csv"),
        ([(1, 1, 0.5), (2, 0, 0.5), (3, 1, 0.5), (4, 1, 0.5), (5, 1, 0.5)], "unmatched-key", 2, "b.csv"),
        ([(1, 1, 0.5)], "unmatched-key", 2, "a.csv"),
    ],
)
def test_keys_at_fault_are_refused(
    tmp_path: Path, rows: list[tuple[object, ...]], rule: str, count: int, where: str
) -> None:
    """Missing, repeated and unmatched keys are errors with counts and examples, on either side."""
    one = binary(tmp_path / "a.csv", [(1, 1, 0.5), (2, 0, 0.5), (3, 1, 0.5)])
    two = binary(tmp_path / "b.csv", rows)
    errors = refusal(one, two, "--on", "id")
    found = next(error for error in errors if error["rule"] == rule)
    assert (found["count"], Path(found["where"]["path"]).name) == (count, where)
    if where == "b.csv" and rule != "unmatched-key":
        assert rule in {error["rule"] for error in refusal(two, one, "--on", "id")}
    if rule == "unmatched-key":
        assert found["message"].startswith("key '4'" if where == "b.csv" else "key '2'")
        assert "also" not in found["message"]


def test_keys_are_texts_in_several_columns(tmp_path: Path) -> None:
    """A key is what the cells say: 1 of a Parquet file is 1 of a CSV, and 01 is another; columns make one together."""
    rows = [("a", 1, 1, 0.5), ("a", 2, 0, 0.25), ("b", 1, 0, 0.125)]
    one = write_csv(tmp_path / "a.csv", ("split", "n", "label", "prob"), rows)
    columns = list(zip(*rows[::-1], strict=True))
    table = pa.table({"split": columns[0], "n": columns[1], "label": columns[2], "prob": columns[3]})
    pq.write_table(table, tmp_path / "b.parquet")
    found = document(one, tmp_path / "b.parquet", "--on", "split,n")
    assert (found["candidates"][0]["ties"], found["pairing"]["on"]) == (3, ["split", "n"])
    assert refusal(one, tmp_path / "b.parquet", "--on", "split")[0]["rule"] == "repeated-key"
    padded = write_csv(tmp_path / "c.csv", ("split", "n", "label", "prob"), [(s, f"0{n}", y, p) for s, n, y, p in rows])
    error = refusal(one, padded, "--on", "split,n")[0]
    assert (error["rule"], error["count"], error["message"]) == ("unmatched-key", 3, f"key 'a', '01' is not in {one}")
    assert refusal(one, padded, "--on", "nn", status=2)[0]["rule"] == "no-column"


def test_other_ids_by_position_are_remarked(tmp_path: Path) -> None:
    """Rows that are paired by position and have other ids bring a notice that names the key to use."""
    one = binary(tmp_path / "a.csv", [(1, 1, 0.5), (2, 1, 0.25)])
    two = binary(tmp_path / "b.csv", [(2, 1, 0.25), (1, 1, 0.5)])
    notices = document(one, two)["notices"]
    assert [notice["code"] for notice in notices] == ["id-mismatch"]
    assert "--on id" in notices[0]["message"]
    assert document(one, two, "--on", "id")["notices"] == []


def test_each_remark_is_made_once(tmp_path: Path) -> None:
    """What is odd about a file is told once, also where two models are read from it, or their labels are."""
    one = binary(tmp_path / "a.csv", [(1, 1, 0.5), (2, 0, 0.25)])
    cut = binary(tmp_path / "b.csv", [(1, 1, 0.5), (2, 0, 0.25)])
    cut.write_bytes(cut.read_bytes()[:-1])
    endless = binary(tmp_path / "c.csv", [(1, 1, 0.0), (2, 0, 0.25)])
    labels = write_csv(tmp_path / "labels.csv", ("id", "target", "Usage"), [(1, 1, "Public"), (2, 0, "Private")])

    def codes(*words: object) -> list[str]:
        return [notice["code"] for notice in document(*words)["notices"]]

    assert codes(one, cut) == ["no-final-newline"]
    assert codes(cut, cut) == ["no-final-newline"]
    assert codes(endless, endless) == ["infinite-loss", "infinite-tie"]
    preds = [write_csv(tmp_path / name, ("id", "prob"), [(1, 0.5), (2, 0.25)]) for name in ("d.csv", "e.csv")]
    assert codes(*preds, "--labels", labels, "--on", "id") == ["usage-column"]


def test_bad_rows_of_any_file_are_refused(tmp_path: Path) -> None:
    """Bad rows of both files are told together; --on-bad-row skip leaves out the pairs and counts them."""
    one = binary(tmp_path / "a.csv", [(1, 1, 0.5), (2, 1, 1.5), (3, 1, 0.25), (4, 0, 0.5)])
    two = binary(tmp_path / "b.csv", [(1, 1, 0.5), (2, 1, 0.5), (3, "", 0.25), (4, 0, 0.25)])
    errors = refusal(one, two)
    assert [(error["rule"], Path(error["where"]["path"]).name) for error in errors] == [
        ("prob-range", "a.csv"), ("missing-label", "b.csv"),
    ]  # fmt: skip
    for on in ((), ("--on", "id")):
        found = document(one, two, "--on-bad-row", "skip", *on)
        assert found["rows"] == {
            "paired": 4, "scored": 2, "ignored": 0, "skipped": 2, "infinite": 0,
            "bad": {"missing-label": 1, "prob-range": 1},
        }  # fmt: skip
        assert "|skipped:2|" in found["signature"]
        assert found["baseline"]["mean"] == math.log(2)
    error = refusal(one, two, "--on-bad-row", "skip", "--max-skipped", "1")[0]
    assert error["rule"] == "too-many-skipped"


def test_ignored_labels_are_left_out_of_all_files(tmp_path: Path) -> None:
    """A row with an ignored label is no pair; where only one file has that label, the files disagree."""
    one = binary(tmp_path / "a.csv", [(1, 1, 0.5), (2, "x", 0.5), (3, 0, 0.5)])
    two = binary(tmp_path / "b.csv", [(1, 1, 0.25), (2, "x", 0.5), (3, 0, 0.5)])
    found = document(one, two, "--ignore-label", "x")
    assert (found["rows"]["scored"], found["rows"]["ignored"], found["rows"]["skipped"]) == (2, 1, 0)
    other = binary(tmp_path / "c.csv", [(1, 1, 0.25), (2, 1, 0.5), (3, 0, 0.5)])
    error = refusal(one, other, "--ignore-label", "x")[0]
    assert error["message"] == f"label '1' here, 'x' in {one}"


def test_infinite_losses_are_remarked_for_what_they_do(tmp_path: Path) -> None:
    """Without weights an infinite loss makes the mean infinite; one that has no weight does not."""
    header = ("id", "label", "prob", "w")
    one = binary(tmp_path / "a.csv", [(1, 1, 0.5, 1), (2, 0, 0.25, 1), (3, 0, 0.25, 0)], header)
    for place, flags, follows in (
        (1, (), "so the mean is infinite"),
        (3, ("--weight", "w"), "but no weight, so the mean is finite"),
        (1, ("--weight", "w"), "so the mean is infinite"),
    ):
        rows = [(i, label, float(label == 0) if i == place else 0.5, w) for i, label, _, w in
                ((1, 1, 0.5, 1), (2, 0, 0.25, 1), (3, 0, 0.25, 0))]  # fmt: skip
        other = binary(tmp_path / "b.csv", rows, header)
        answer = xent("compare", one, other, "--json", *flags)
        assert answer.status == 0
        notices = [it["message"] for it in answer.document["notices"] if it["code"] == "infinite-loss"]
        assert [follows in message for message in notices] == [True]
        assert (answer.document["candidates"][0]["mean"] == "Infinity") == (follows == "so the mean is infinite")


def test_infinite_losses_tie_or_decide(tmp_path: Path) -> None:
    """Infinite in both files is a tie with a notice; in one alone it decides the verdict, with no standard error."""
    one = binary(tmp_path / "a.csv", [(1, 1, 0.0), (2, 1, 0.5), (3, 1, 0.5)])
    two = binary(tmp_path / "b.csv", [(1, 1, 0.0), (2, 1, 0.25), (3, 1, 0.5)])
    tie = document(one, two)
    assert tie["candidates"][0]["difference"]["mean"] == pytest.approx(math.log(2) / 3, rel=1e-15)
    assert (tie["baseline"]["mean"], tie["candidates"][0]["ties"], tie["rows"]["infinite"]) == ("Infinity", 2, 1)
    told = [(notice["code"], notice["message"]) for notice in tie["notices"]]
    assert [code for code, _ in told] == ["infinite-loss", "infinite-loss", "infinite-tie"]
    assert all("so the mean is infinite" in message for code, message in told if code == "infinite-loss")
    assert told[-1][1].endswith("and counts as a tie")
    three = binary(tmp_path / "c.csv", [(1, 1, 0.5), (2, 1, 0.0), (3, 1, 0.5)])
    four = binary(tmp_path / "d.csv", [(1, 1, 0.5), (2, 1, 0.5), (3, 1, 0.5)])
    worse = xent("compare", four, three, "--max-regression", "0.1", "--json")
    candidate = worse.document["candidates"][0]
    assert (worse.status, candidate["verdict"], candidate["difference"]["mean"]) == (1, "worse", "Infinity")
    assert (candidate["difference"]["se"], candidate["difference"]["p_sign_flip"]) == ("NaN", None)
    assert worse.document["gates"][0]["reason"] == "worse: an infinite difference"
    assert document(three, four, "--strict")["candidates"][0]["verdict"] == "better"
    mixed = document(one, three)["candidates"][0]
    assert (mixed["difference"]["mean"], mixed["verdict"]) == ("NaN", "undecided")
    assert xent("compare", one, three, "--strict").status == 1
    gated = xent("compare", one, three, "--max-regression", "9", "--json")
    assert (gated.status, gated.document["gates"][0]["value"]) == (1, "NaN")  # a gate never passes on NaN
    error = refusal(three, four, "--max-regression", "1%")[0]
    assert error["rule"] == "no-margin"


def test_no_gate_passes_without_an_interval(tmp_path: Path) -> None:
    """One pair has no standard error, and a gate fails, strict or not; all pairs in one cluster are refused."""
    one = binary(tmp_path / "a.csv", [(1, 1, 0.5)])
    assert document(one, one)["candidates"][0]["verdict"] == "undecided"
    gated = xent("compare", one, one, "--max-regression", "9", "--json")
    (gate,) = gated.document["gates"]
    assert (gated.status, gate["status"], gated.document["status"]) == (1, "fail", "fail")
    assert gate["reason"] == "undecided: one pair"
    two = write_csv(tmp_path / "b.csv", ("label", "prob", "patient"), [(1, 0.5, "x"), (0, 0.25, "x")])
    assert refusal(two, two, "--cluster", "patient")[0]["rule"] == "one-cluster"


def test_clusters_make_the_standard_error_larger(tmp_path: Path) -> None:
    """With --cluster the error is that of the clusters; few of them are remarked, and the baseline's column counts."""
    rng = np.random.default_rng(2)
    user = np.repeat(np.arange(8), 5)
    d = rng.normal(0.0, 0.3, 8)[user] + rng.normal(0.0, 0.05, 40)
    one = write_csv(tmp_path / "a.csv", ("label", "prob", "user"), [(1, 0.1, f"u{u}") for u in user.tolist()])
    two = write_csv(tmp_path / "b.csv", ("label", "prob"), [(1, 0.1 * math.exp(-v)) for v in d.tolist()])
    found = document(one, two, "--cluster", "user")
    plain = document(one, two)
    difference = found["candidates"][0]["difference"]
    sums = np.array([(d[user == u] - d.mean()).sum() for u in range(8)])
    assert difference["se"] == pytest.approx(math.sqrt(8 / 7 * (sums**2).sum()) / 40, rel=1e-9)
    assert difference["se"] > 1.5 * plain["candidates"][0]["difference"]["se"]
    assert [notice["code"] for notice in found["notices"]] == ["few-clusters"]
    assert found["pairing"]["cluster"] == "user"


def test_options_that_change_the_number_hold_for_all(tmp_path: Path) -> None:
    """Unit, weights of classes and the like apply to every file, and the signature says so."""
    nats, bits = document(A, B), document(A, B, "--unit", "bits")
    ratio = nats["candidates"][0]["difference"]["mean"] / bits["candidates"][0]["difference"]["mean"]
    assert ratio == pytest.approx(math.log(2), rel=1e-12)
    assert (bits["unit"], "|unit:bit|" in bits["signature"]) == ("bits", True)
    balanced = document(A, B, "--class-weight", "balanced")
    assert "|cw:balanced|" in balanced["signature"]
    one, two = losses_of(A), losses_of(B)
    y = pacsv.read_csv(A).to_pandas()["label"].to_numpy()
    w = np.where(y == 1, len(y) / (2 * (y == 1).sum()), len(y) / (2 * (y == 0).sum()))
    assert balanced["candidates"][0]["difference"]["mean"] == pytest.approx(np.average(two - one, weights=w), rel=1e-12)
    answer = xent("compare", "-", B, "--class-weight", "balanced", stdin=A.read_bytes())
    assert answer.status == 2
    zero = write_csv(tmp_path / "z.csv", ("label", "prob", "w"), [(1, 0.5, 0), (0, 0.5, 0)])
    assert refusal(zero, zero, "--weight", "w")[0]["rule"] == "no-weight"


def test_one_file_may_be_standard_input() -> None:
    """- is standard input, for the baseline or for a candidate; not for two of them."""
    expected = document(A, B)["candidates"][0]["difference"]
    assert document("-", B, stdin=A.read_bytes())["candidates"][0]["difference"] == expected
    assert document(A, "-", stdin=B.read_bytes())["candidates"][0]["difference"] == expected
    assert refusal("-", "-", status=2)[0]["rule"] == "stdin-twice"


def test_a_positive_class_that_no_row_has_is_refused_in_a_comparison(tmp_path: Path) -> None:
    """A comparison tells a misspelt positive class as a score does; one that occurs leaves two other labels."""
    mail = binary(tmp_path / "a.csv", [(1, "spam", 0.5), (2, "ham", 0.25)])
    (error,) = refusal(mail, mail, "--positive", "Spam")
    assert (error["rule"], error["message"], error["help"]) == (
        "unknown-label",
        "no row has the label 'Spam': the labels are ham, spam",
        "did you mean --positive spam?",
    )
    pets = binary(tmp_path / "b.csv", [(1, "cat", 0.5), (2, "dog", 0.25), (3, "fox", 0.25)])
    (error,) = refusal(pets, pets, "--positive", "cat")
    assert error["message"] == "--positive cat leaves more than one other label: 'dog', 'fox'"
    assert xent("compare", mail, mail, "--positive", "spam").status == 0


def test_a_comparison_without_pairs_is_refused(tmp_path: Path) -> None:
    """No rows, or none left, is an error and never a pass."""
    one = binary(tmp_path / "a.csv", [])
    full = binary(tmp_path / "b.csv", [(1, 1, 0.5)])
    assert refusal(one, one, "--strict")[0]["rule"] == "no-rows"
    assert refusal(one, one, "--on", "id")[0]["rule"] == "no-rows"
    assert refusal(one, full)[0]["rule"] == "rows-differ"
    assert refusal(full, full, "--ignore-label", "1")[0]["rule"] == "no-rows"
    assert refusal(full, tmp_path / "missing.csv")[0]["rule"] == "no-file"
    assert xent("compare", full).status == 2


@pytest.mark.parametrize("on", [(), ("--on", "id")])
def test_losses_of_every_pair_are_written(tmp_path: Path, on: tuple[str, ...]) -> None:
    """--losses writes row, id, label, weight and the losses with their differences, in the order of the baseline."""
    one = binary(tmp_path / "a.csv", [("x", 1, 0.5), ("y", 0, 0.75), ("=1+1", 1, 0.0)])
    two = binary(tmp_path / "b.csv", [("x", 1, 0.25), ("y", 0, 0.5), ("=1+1", 1, 0.0)])
    path = tmp_path / "pairs.csv"
    assert xent("compare", one, two, two, "--losses", path, "-qq", *on).status == 0
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
    assert rows[0] == [
        "row", "id", "label", "weight", "baseline", "candidate_1", "difference_1", "candidate_2", "difference_2",
    ]  # fmt: skip
    assert rows[1][:4] == ["1", "x", "1", "1"]
    assert [float(cell) for cell in rows[2][4:7]] == pytest.approx([math.log(4), math.log(2), -math.log(2)])
    assert rows[3][1:] == ["'=1+1", "1", "1", "inf", "inf", "0", "inf", "0"]
    lines = xent("compare", one, two, "--losses", tmp_path / "p.jsonl", "-qq", *on)
    assert lines.status == 0
    first = json.loads((tmp_path / "p.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert list(first) == ["row", "id", "label", "weight", "baseline", "candidate", "difference"]


def test_a_refused_comparison_writes_nothing(tmp_path: Path) -> None:
    """Outputs appear whole or not at all."""
    one = binary(tmp_path / "a.csv", [(1, 1, 0.5), (2, 1, 0.5)])
    two = binary(tmp_path / "b.csv", [(1, 1, 0.5), (2, 0, 0.5)])
    path = tmp_path / "pairs.csv"
    assert xent("compare", one, two, "--losses", path, "--output", f"json={tmp_path / 'c.json'}").status == 3
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.csv", "b.csv"]


@pytest.mark.parametrize(("name", "verdict"), [("b", "worse"), ("a", "no worse")])
def test_markdown_and_github_say_the_verdict(name: str, verdict: str) -> None:
    """The step summary begins with status and verdict; annotations are errors where the gate failed."""
    words = ("compare", A, SAMPLES / f"breast_cancer-{name}.csv", "--max-regression", "0")
    summary = xent(*words, "--format", "markdown")
    status = 1 if verdict == "worse" else 0
    assert summary.status == status
    assert summary.out.startswith(f"## xent compare: {'fail' if status else 'pass'}\n\n**{verdict}** <code>")
    assert ("**fail**" in summary.out) == bool(status)
    found = xent(*words, "--format", "github").out.splitlines()
    assert [line.partition(" ")[0] for line in found] == ["::error" if status else "::notice", "::notice"]
    assert any(f"title=xent compare {verdict}::" in line for line in found)


def test_outputs_are_written_beside_the_table(tmp_path: Path) -> None:
    """--output json=PATH has the bytes that --json prints."""
    answer: Answer = xent("compare", A, B, "--output", f"json={tmp_path / 'c.json'}")
    assert (tmp_path / "c.json").read_text(encoding="utf-8") == xent("compare", A, B, "--json").out
    assert answer.out.startswith(f"{B} against {A}  worse\n")
    assert answer.out.rstrip().splitlines()[-1].startswith("xent:0.1|kind:binary|")


def test_labels_may_stand_in_another_file(tmp_path: Path) -> None:
    """With --labels each model's labels are read from that file, by --on or row by row."""
    labels = write_csv(tmp_path / "labels.csv", ("id", "label"), [(1, 1), (2, 0)])
    one = write_csv(tmp_path / "a.csv", ("id", "prob"), [(1, 0.5), (2, 0.5)])
    two = write_csv(tmp_path / "b.csv", ("id", "prob"), [(2, 0.25), (1, 0.5)])
    found = document(one, two, "--labels", labels, "--on", "id")
    assert found["candidates"][0]["difference"]["mean"] == pytest.approx(math.log(0.5 / 0.75) / 2, rel=1e-15)
    assert [Path(file["path"]).name for file in found["inputs"]] == ["a.csv", "labels.csv", "b.csv"]
    assert refusal(one, two, "--labels", labels)[0]["rule"] == "id-mismatch"
    assert refusal(one, two, "--labels", "-", "--on", "id", status=2)[0]["rule"] == "stdin-twice"


def test_the_python_interface_takes_frames_and_paths() -> None:
    """`xent_cli.compare` gives the numbers of the command, from tables or files."""
    one, two = pacsv.read_csv(A).to_pandas(), pacsv.read_csv(B).to_pandas()
    found = xent_cli.compare(one, two, max_regression="1%", on="id")
    expected = document(A, B, "--max-regression", "1%")
    assert isinstance(found, xent_cli.Comparison)
    assert found.candidates[0].difference.mean == expected["candidates"][0]["difference"]["mean"]
    assert (found.status, found.baseline.path, found.candidates[0].path) == ("fail", "<baseline>", "<candidate 1>")
    bits = xent_cli.compare(A, str(B), conventions=Conventions(unit="bits"), max_regression=0.5, strict=True)
    assert (bits.unit, bits.margin, bits.status) == ("bits", 0.5, "fail")
    with pytest.raises(xent_cli.UsageError, match="no candidate"):
        xent_cli.compare(A)
    with pytest.raises(xent_cli.DataError, match="key"):
        xent_cli.compare(one, two[:-1], on="id")


def test_multi_label_files_are_compared_by_the_names_of_the_labels(tmp_path: Path) -> None:
    """Labels of a multi-label file go by name, and a row's loss is their mean."""
    header = ("a", "a_outcome", "b", "b_outcome")
    one = write_csv(tmp_path / "a.csv", header, [(0.5, 1, 0.5, 0), (0.5, 0, 0.5, 1)])
    turned = ("b", "b_outcome", "a", "a_outcome")
    two = write_csv(tmp_path / "b.csv", turned, [(0.25, 0, 0.5, 1), (0.5, 1, 0.5, 0)])
    found = document(one, two)["candidates"][0]["difference"]["mean"]
    assert found == pytest.approx(math.log(0.5 / 0.75) / 4, rel=1e-12)
    wrong = write_csv(tmp_path / "c.csv", header, [(0.5, 1, 0.5, 0), (0.5, 1, 0.5, 1)])
    assert refusal(one, wrong)[0]["message"] == f"label 'a+b' here, 'b' in {one}"
