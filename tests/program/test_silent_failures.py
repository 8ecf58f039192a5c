"""Where other tools return a wrong number without a word: here each case is refused, or reported for what it is.

The catalogue was made by running the tools that are named here; the wrong numbers are theirs. The right ones come from
mpmath, or by hand from the definition.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.running import Answer, xent

mpmath.mp.dps = 50


def given(text: str, folder: Path) -> Path:
    """A CSV file."""
    path = folder / "preds.csv"
    path.write_text(text, encoding="utf-8")
    return path


def report(text: str, folder: Path, *flags: object) -> Any:
    """The report of a CSV file that can be scored."""
    answer = xent("score", given(text, folder), "--json", *flags)
    assert answer.status == 0, answer.err
    return answer.document


def first_line(text: str, folder: Path, *flags: object) -> str:
    """What a CSV file is refused with."""
    answer = xent("score", given(text, folder), *flags)
    assert (answer.status, answer.out) == (3, "")
    return answer.err.splitlines()[0]


def notices(document: Any) -> set[str]:
    """The codes of the notices."""
    return {notice["code"] for notice in document["notices"]}


def close(value: float, expected: mpmath.mpf) -> bool:
    """Whether a number is the expected one but for the last bits."""
    return bool(abs(mpmath.mpf(value) / expected - 1) < 2**-51)


REFUSED = {
    "a probability that is NaN (benhamner/Metrics: 0)": (
        "label,prob\n1,nan\n0,0.5\n",
        "error[nan-value]: value is NaN",
    ),
    "a probability of 1.5 for a positive (benhamner/Metrics: 0)": (
        "label,prob\n1,1.5\n0,0.5\n",
        "error[prob-range]: probability 1.5 is outside [0, 1]",
    ),
    "a probability of 1.2 (model-diagnostics: -0.182)": (
        "label,prob\n1,1.2\n",
        "error[prob-range]: probability 1.2 is outside [0, 1]",
    ),
    "label 5 of 3 classes (Keras on JAX: -0.0)": (
        "label,p_0,p_1,p_2\n5,0.5,0.25,0.25\n",
        "error[unknown-label]: label '5' is none of the classes 0, 1, 2",
    ),
    "label -1 (Keras on NumPy: -0.0; optax: the loss of the last class)": (
        "label,p_0,p_1,p_2\n-1,0.5,0.25,0.25\n",
        "error[unknown-label]: label '-1' is none of the classes 0, 1, 2",
    ),
    "soft targets that sum to 2.8 (PyTorch: 4.638)": (
        "t_a,t_b,t_c,logit_a,logit_b,logit_c\n1,0.9,0.9,1,2,3\n",
        "error[target-sum]: targets of a row sum to 2.8, not 1",
    ),
    "a binary target of 2 (PyTorch: 0.398)": (
        "label,logit\n2,0.5\n",
        "error[unknown-label]: label '2' is neither 0/1, true/false nor a number in between",
    ),
    "a label that is missing (SQL: CASE WHEN label = 1 counts it as negative)": (
        "label,prob\n1,0.9\n,0.9\n",
        "error[missing-label]: label is missing",
    ),
    "labels 0, 1 and nothing (pandas: 0.0, 1.0 and NaN)": (
        "label,prob\n0,0.25\n1,0.75\n,0.5\n",
        "error[missing-label]: label is missing",
    ),
    "two columns of one name (pyarrow takes the first)": (
        "label,prob,prob\n1,0.9,0.1\n",
        "error[bad-header]: 2 columns are named 'prob': columns 2, 3",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str, tmp_path: Path) -> None:
    """What has no loss gets none."""
    text, message = REFUSED[name]
    assert first_line(text, tmp_path) == message


def test_negative_weights_are_refused(tmp_path: Path) -> None:
    """A negative weight (scikit-learn: a loss of -0.241) is an error."""
    text = "label,prob,w\n1,0.9,1\n0,0.2,-2\n"
    assert first_line(text, tmp_path, "--weight", "w") == "error[bad-weight]: weight -2 is negative"


def test_nothing_scored_is_no_number(tmp_path: Path) -> None:
    """Every row ignored (Keras: 0.0) is an error, not a mean."""
    text = "label,p_a,p_b\nx,0.5,0.5\nx,0.25,0.75\n"
    assert first_line(text, tmp_path, "--ignore-label", "x") == "error[no-rows]: no row is left to score"


ZERO = {
    "categorical": "t_a,t_b,p_a,p_b\n1,0,0,1\n0,1,0.5,0.5\n",
    "sparse": "label,p_a,p_b\na,0,1\nb,0.5,0.5\n",
    "binary": "label,prob\n1,0\n0,0.5\n",
}


@pytest.mark.parametrize("kind", ZERO)
def test_a_label_given_no_probability_is_an_infinite_loss(kind: str, tmp_path: Path) -> None:
    """p = 0 for the class that came (TFMA: 0.0, the term is masked) is infinite, counted and named."""
    found = report(ZERO[kind], tmp_path)
    assert (found["loss"]["mean"], found["rows"]["infinite"]) == ("Infinity", 1)
    assert "row 1" in next(notice["message"] for notice in found["notices"] if notice["code"] == "infinite-loss")


def test_a_zero_of_half_precision_is_an_infinite_loss(tmp_path: Path) -> None:
    """float16 zeros (scikit-learn clips them at its epsilon of that type: 6.93) are flagged like any other."""
    path = tmp_path / "half.parquet"
    parquet.write_table(pa.table({"label": [1, 1], "prob": np.array([0.0, 0.5], np.float16)}), path)
    found = xent("score", path, "--json").document
    assert (found["loss"]["mean"], found["loss"]["min"]) == ("Infinity", float(mpmath.log(2)))
    assert "infinite-loss" in notices(found)


def test_a_target_of_zero_beside_an_impossible_class(tmp_path: Path) -> None:
    """0 * ln 0 is 0: a one-hot target with a logit of -Infinity elsewhere (PyTorch: NaN) has a loss of 0."""
    found = report("t_a,t_b,logit_a,logit_b\n1,0,0,-inf\n0,1,0,0\n", tmp_path)
    assert [sample["loss"] for sample in found["samples"]] == [0.0, float(mpmath.log(2))]


CONFIDENT = {
    "a logit of 40 (Keras on NumPy: 15.94)": ("label,logit\n0,40\n", mpmath.log1p(mpmath.exp(40))),
    "a margin of 16 in float32 (XGBoost: 15.942)": ("label,logit\n0,16\n", mpmath.log1p(mpmath.exp(16))),
    "a probability of 1e-50 (PyTorch: 100)": ("label,prob\n1,1e-50\n", -mpmath.log(mpmath.mpf(1e-50))),
    "a probability of 0.99999999 (XGBoost: 36.84)": (
        "label,prob\n0,0.99999999\n",
        -mpmath.log1p(-mpmath.mpf(0.99999999)),
    ),
    "a decimal just below 1 (pandas 2 reads 0.99999999999999994 as 1: no loss)": (
        "label,prob\n1,0.99999999999999994\n",
        -mpmath.log(mpmath.mpf(0.9999999999999999)),
    ),
}


@pytest.mark.parametrize("name", CONFIDENT)
def test_confident_rows_keep_their_loss(name: str, tmp_path: Path) -> None:
    """Nothing is clipped and no digit is lost on the way."""
    text, expected = CONFIDENT[name]
    assert close(report(text, tmp_path)["loss"]["mean"], expected)


def test_perplexity_of_a_large_loss(tmp_path: Path) -> None:
    """Logits 200 and 0 with the second class true (torchmetrics in float32: inf) have a perplexity of e^200."""
    found = report("label,logit_0,logit_1\n1,200,0\n", tmp_path)
    assert found["loss"]["mean"] == 200.0
    assert close(found["perplexity"], mpmath.exp(200))


def test_perplexity_is_that_of_the_mean(tmp_path: Path) -> None:
    """Losses 1 and 3 (evaluate's mean_perplexity: 11.40, the mean of the exponentials) give e^2."""
    found = report("label,logprob\n1,-1\n1,-3\n", tmp_path)
    assert found["loss"]["mean"] == 2.0
    assert close(found["perplexity"], mpmath.exp(2))


def test_several_labels_are_scored_one_by_one(tmp_path: Path) -> None:
    """Label arrays (scikit-learn renormalises each row and warns) are the mean over all their entries."""
    text = "cat,cat_outcome,dog,dog_outcome\n0.9,1,0.2,0\n0.3,0,0.6,1\n"
    entries = [mpmath.mpf(p) for p in (0.9, 1 - 0.2, 1 - 0.3, 0.6)]
    assert close(report(text, tmp_path)["loss"]["mean"], -sum(mpmath.log(p) for p in entries) / 4)


@pytest.mark.parametrize(
    "text",
    [
        "label,prob_dog,prob_cat\ndog,1,0\ncat,0.5,0.5\n",
        "label,prob_b,prob_c,prob_a\nb,1,0,0\nc,0.5,0.5,0\n",
        "prob_dog,label,prob_cat\n1,dog,0\n0.5,cat,0.5\n",
    ],
    ids=["two classes", "three classes", "label between"],
)
def test_classes_are_matched_by_name(text: str, tmp_path: Path) -> None:
    """Columns that are not in alphabetical order (scikit-learn sorts the labels: 36.04) score by their names."""
    assert report(text, tmp_path)["loss"]["mean"] == math.log(2) / 2


def test_skill_without_a_baseline_is_undefined(tmp_path: Path) -> None:
    """One class only (scikit-learn's d2_log_loss_score: -1.03e15) has no skill, and the report says why."""
    baseline = report("label,prob\n1,0.9\n1,0.8\n", tmp_path)["baseline"]
    assert baseline["skill"] is None
    assert baseline["reason"] == "only one class is present, so always predicting it costs nothing"


def test_roles_come_from_names_not_from_order(tmp_path: Path) -> None:
    """Label and prediction cannot be swapped by their order (evaluate's own example does: 0.3375)."""
    there = report("label,prob\n0,0.1\n1,0.9\n", tmp_path)["loss"]["mean"]
    assert report("prob,label\n0.1,0\n0.9,1\n", tmp_path)["loss"]["mean"] == there
    swapped = report("prob,label\n0.1,0\n0.9,1\n", tmp_path, "--label", "prob", "--preds", "label", "--from", "probs")
    assert (swapped["loss"]["mean"], swapped["rows"]["infinite"]) == ("Infinity", 2)


@pytest.mark.parametrize("label", ["NA", "None", "null", "nan", "NULL", "N/A", "#N/A", "NaN"])
def test_words_that_mean_missing_elsewhere_are_labels(label: str, tmp_path: Path) -> None:
    """A class may be called NA (pandas reads eight such words as missing)."""
    found = report(f"label,p_{label},p_x\n{label},0.25,0.75\nx,0.5,0.5\n", tmp_path)
    assert [sample["label"] for sample in found["samples"]] == [label, "x"]
    assert found["samples"][0]["loss"] == float(mpmath.log(4))


def test_leading_zeros_are_part_of_a_label(tmp_path: Path) -> None:
    """Labels 007 and 010 (pandas: 7 and 10) are these texts, and 7 is another one."""
    header = "label,p_007,p_010\n"
    found = report(f"{header}007,0.25,0.75\n010,0.5,0.5\n", tmp_path)
    assert [sample["label"] for sample in found["samples"]] == ["007", "010"]
    answer: Answer = xent("score", given(f"{header}7,0.25,0.75\n", tmp_path))
    assert answer.err.splitlines()[0] == "error[unknown-label]: label '7' is none of the classes 007, 010"
    assert "  help: labels are matched exactly: '007' is a class, '7' is not" in answer.err.splitlines()


def test_labels_without_gaps_stay_what_they_are(tmp_path: Path) -> None:
    """Whole-number labels never turn to 1.0, and those that pandas has turned are understood."""
    assert report("label,p_0,p_1\n0,0.5,0.5\n1,0.5,0.5\n", tmp_path)["columns"]["classes"] == ["0", "1"]
    assert report("label,p_0,p_1\n0.0,0.5,0.5\n1.0,0.5,0.5\n", tmp_path)["rows"]["scored"] == 2


def test_dates_are_labels(tmp_path: Path) -> None:
    """Labels that look like dates (pyarrow.csv: a column of dates) are text."""
    found = report("label,p_2024-01-01,p_2024-01-02\n2024-01-02,0.5,0.5\n", tmp_path)
    assert found["samples"][0]["label"] == "2024-01-02"
