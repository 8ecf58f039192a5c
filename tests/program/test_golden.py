"""The worked examples and the documented cases of other implementations, through the library and the command line."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.places import CASES
from tests.running import write_csv, xent
from tests.statistics import oracles
from xent_cli import losses

WORKED = {case["id"]: case for case in json.loads((CASES / "worked-examples.json").read_text())["cases"]}
PEERS = {case["id"]: case for case in json.loads((CASES / "peers.json").read_text())["cases"]}

SPACE_STEM = {"probs": "prob", "logits": "logit", "logprobs": "logprob"}


def close(value: float, expected: float, ulps: int = 5) -> bool:
    """Whether a value is within a few units in the last place of the expected one.

    Expected values belong to the decimals as printed; a double is up to 2**-54 from its decimal in [0.5, 1), and
    −ln p moves by that over p, whatever the size of the loss.
    """
    return abs(value - expected) <= ulps * math.ulp(expected) + 2 * 2.0**-54


def worked_file(case: dict[str, Any], folder: Path) -> Path:
    """A worked example as a CSV file in the layout that a user would write."""
    stem = SPACE_STEM[case["space"]]
    predictions = case["predictions"]
    if case["kind"] == "binary":
        return write_csv(folder / "case.csv", ["label", stem], zip(case["labels"], predictions, strict=True))
    names = case.get("classes") or [str(j) for j in range(len(predictions[0]))]
    columns = [f"{stem}_{name}" for name in names]
    if case["kind"] == "sparse":
        rows = [[label, *row] for label, row in zip(case["labels"], predictions, strict=True)]
        return write_csv(folder / "case.csv", ["label", *columns], rows)
    rows = [[*target, *row] for target, row in zip(case["targets"], predictions, strict=True)]
    return write_csv(folder / "case.csv", [*(f"t_{name}" for name in names), *columns], rows)


SCORED = [case for case in WORKED.values() if case["kind"] != "gradient"]


@pytest.mark.parametrize("case", SCORED, ids=[case["id"] for case in SCORED])
def test_worked_example_through_the_command_line(case: dict[str, Any], tmp_path: Path) -> None:
    """A worked example gives its losses, sum, mean, likelihood and perplexity without a flag."""
    answer = xent("score", worked_file(case, tmp_path), "--json", "--samples", "all")
    assert answer.status == 0, answer.err
    document, expected = answer.document, case["expected"]
    assert document["columns"]["kind"] == case["kind"]
    assert all(
        close(sample["loss"], loss) for sample, loss in zip(document["samples"], expected["per_sample"], strict=True)
    )
    assert close(document["loss"]["sum"], expected["sum"])
    assert close(document["loss"]["mean"], expected["mean"])
    assert close(
        document["likelihood"], expected["likelihood"], 60
    )  # exp multiplies the last place of a sum of 20 by 20
    assert close(document["perplexity"], expected["perplexity"], 20)


@pytest.mark.parametrize("case", SCORED, ids=[case["id"] for case in SCORED])
def test_worked_example_in_other_units(case: dict[str, Any], tmp_path: Path) -> None:
    """The same file in bans and bits gives the same sum in base 10 and 2."""
    path = worked_file(case, tmp_path)
    bans = xent("score", path, "--json", "--unit", "bans").document
    assert close(bans["loss"]["sum"], case["expected"]["sum_log10"], 10)
    assert bans["signature"].split("|")[3] == "unit:ban"
    bits = xent("score", path, "--json", "--unit", "bits").document
    assert close(bits["loss"]["sum"], case["expected"]["sum"] / math.log(2), 10)
    assert close(bits["perplexity"], case["expected"]["perplexity"], 20)


def peer_file(case: dict[str, Any], folder: Path) -> Path:
    """A documented case of another implementation as a CSV file."""
    inputs = case["inputs"]
    kind, _, space = case["kind"].partition("-")
    stem = "logit" if space == "logits" else "prob"
    values = inputs.get("z", inputs.get("p", inputs.get("p_A")))
    if kind == "binary":
        weights = case["options"].get("sample_weight")
        rows = [[y, p] for y, p in zip(inputs["y"], values, strict=True)]
        header = ["label", stem]
        if weights:
            rows, header = [[*row, w] for row, w in zip(rows, weights, strict=True)], [*header, "weight"]
        return write_csv(folder / "case.csv", header, rows)
    k = len(values[0])
    if kind == "sparse":
        first = 0 if space == "logits" else 1
        names = inputs.get("classes") or [str(j + first) for j in range(k)]
        return write_csv(
            folder / "case.csv",
            ["label", *(f"{stem}_{name}" for name in names)],
            [[y, *row] for y, row in zip(inputs["y"], values, strict=True)],
        )
    header = [f"t_{j}" for j in range(k)] + [f"{stem}_{j}" for j in range(k)]
    rows = [[*y, *row] for y, row in zip(inputs["y"], values, strict=True)]
    if "sample_weight" in case["options"]:
        header, rows = (
            [*header, "weight"],
            [[*row, w] for row, w in zip(rows, case["options"]["sample_weight"], strict=True)],
        )
    return write_csv(folder / "case.csv", header, rows)


def scored(case_id: str, folder: Path, *flags: object, command: str = "score") -> dict[str, Any]:
    """The JSON report of a documented case."""
    answer = xent(command, peer_file(PEERS[case_id], folder), "--json", "--samples", "all", *flags)
    assert answer.status == 0, answer.err
    document: dict[str, Any] = answer.document
    return document


def agrees(value: float, case_id: str, key: str) -> bool:
    """Whether a value agrees with an expected one as closely as that one was established."""
    case = PEERS[case_id]
    return value == pytest.approx(case["expected"][key], rel=case["rtol"], abs=1e-300)


def sample_losses(document: dict[str, Any]) -> list[float]:
    """The loss of each sample."""
    return [sample["loss"] for sample in document["samples"]]


@pytest.mark.parametrize(
    "case_id", ["keras-bce-logits", "optax-softmax-ce", "keras-tf-3x3", "sklearn-spam-ham", "tiny-p"]
)
def test_per_sample_losses_of_peers(case_id: str, tmp_path: Path) -> None:
    """The losses that other implementations document, row by row."""
    found, case = sample_losses(scored(case_id, tmp_path)), PEERS[case_id]
    assert found == pytest.approx(case["expected"]["per_sample"], rel=case["rtol"])


@pytest.mark.parametrize(
    "case_id",
    [
        "keras-bce-logits",
        "optax-softmax-ce",
        "sklearn-spam-ham",
        "sklearn-d2-zero",
        "sklearn-d2-high",
        "torch-bcewithlogits-1.5",
        "keras-cce-onehot",
    ],
)
def test_means_of_peers(case_id: str, tmp_path: Path) -> None:
    """The means that other implementations document; a p of 0 off the label adds nothing."""
    assert agrees(scored(case_id, tmp_path)["loss"]["mean"], case_id, "mean")


def test_skill_is_sklearns_d2(tmp_path: Path) -> None:
    """Skill over the class shares is scikit-learn's d2_log_loss_score."""
    for case_id in ("sklearn-spam-ham", "sklearn-d2-high"):
        assert agrees(scored(case_id, tmp_path)["baseline"]["skill"], case_id, "d2")
    assert scored("sklearn-d2-zero", tmp_path)["baseline"]["skill"] == pytest.approx(0.0, abs=1e-15)
    assert agrees(scored("sklearn-spam-ham", tmp_path)["baseline"]["mean"], "sklearn-spam-ham", "baseline_prior")


def test_bits_and_perplexity_of_sklearn_example(tmp_path: Path) -> None:
    """Mean in bits and perplexity of the documented spam example."""
    assert agrees(
        scored("sklearn-spam-ham", tmp_path, "--unit", "bits")["loss"]["mean"], "sklearn-spam-ham", "mean_bits"
    )
    assert agrees(scored("sklearn-spam-ham", tmp_path)["perplexity"], "sklearn-spam-ham", "perplexity")
    assert agrees(scored("optax-softmax-ce", tmp_path)["perplexity"], "optax-softmax-ce", "perplexity")


def test_sample_weights_divide_both_ways(tmp_path: Path) -> None:
    """Weights divide by their sum, or by the number of rows where asked (Keras)."""
    by_weight = scored("keras-cce-onehot", tmp_path, "--weight", "weight")
    assert agrees(by_weight["loss"]["mean"], "keras-cce-onehot", "weighted_div_sumw")
    by_count = scored("keras-cce-onehot", tmp_path, "--weight", "weight", "--divide-by", "count")
    assert agrees(by_count["loss"]["mean"], "keras-cce-onehot", "weighted_div_n")
    assert by_weight["signature"] != by_count["signature"]


def test_label_smoothing_is_uniform(tmp_path: Path) -> None:
    """--label-smoothing mixes with 1/K, as torch does."""
    document = scored("label-smoothing-eps-over-K", tmp_path, "--label-smoothing", "0.1")
    assert sample_losses(document) == pytest.approx(
        PEERS["label-smoothing-eps-over-K"]["expected"]["per_sample"], rel=1e-12
    )
    assert agrees(document["loss"]["mean"], "label-smoothing-eps-over-K", "mean")


@pytest.mark.parametrize(
    ("case_id", "weights"), [("class-weights", "0=1,1=3,2=0.5"), ("torch-issue-8062", "0=20,1=10")]
)
def test_class_weights_divide_both_ways(case_id: str, weights: str, tmp_path: Path) -> None:
    """Class weights weigh rows by their label; the mean divides by their sum, or by the number of rows where asked."""
    document = scored(case_id, tmp_path, "--class-weight", weights)
    assert agrees(document["loss"]["mean"], case_id, "mean_div_sumw")
    products = [sample["loss"] * sample["weight"] for sample in document["samples"]]
    assert products == pytest.approx(PEERS[case_id]["expected"]["per_sample"], rel=1e-12, abs=1e-80)
    assert agrees(
        scored(case_id, tmp_path, "--class-weight", weights, "--divide-by", "count")["loss"]["mean"],
        case_id,
        "mean_div_n",
    )


def test_confident_rows_keep_their_loss(tmp_path: Path) -> None:
    """A margin of 200 is a loss of 1.4e-87, not 0 (torch gives 0)."""
    document = scored("torch-issue-8062", tmp_path)
    assert sample_losses(document)[1] == pytest.approx(math.exp(-200.0), rel=1e-14)


def test_named_positive_class(tmp_path: Path) -> None:
    """--positive names the class that the probability belongs to, whatever its place in the alphabet (yardstick)."""
    document = scored("yardstick-two-class", tmp_path, "--positive", "A")
    assert agrees(document["loss"]["mean"], "yardstick-two-class", "mean")
    assert agrees(document["loss"]["sum"], "yardstick-two-class", "sum")


def test_soft_binary_labels_give_cross_entropy(tmp_path: Path) -> None:
    """Soft labels are scored as cross-entropy; the label entropy is not taken off."""
    case = PEERS["model-diagnostics-soft"]
    rows = zip(case["inputs"]["y"], case["inputs"]["p"], case["options"]["sample_weight"], strict=True)
    path = write_csv(tmp_path / "soft.csv", ["label", "prob", "w"], rows)
    document = xent("score", path, "--weight", "w", "--json").document
    assert agrees(document["loss"]["mean"], "model-diagnostics-soft", "ce_weighted_mean")
    two = [
        [1 - y, y, 1 - p, p, w]
        for y, p, w in zip(case["inputs"]["y"], case["inputs"]["p"], case["options"]["sample_weight"], strict=True)
    ]
    both = write_csv(tmp_path / "both.csv", ["t_n", "t_y", "p_n", "p_y", "w"], two)
    document = xent("score", both, "--weight", "w", "--json").document
    assert agrees(document["loss"]["mean"], "model-diagnostics-soft", "ce_weighted_mean")
    assert agrees(document["kl"], "model-diagnostics-soft", "kl_weighted_mean")
    assert document["kl"] == pytest.approx(document["loss"]["mean"] - document["label_entropy"], rel=1e-14)


def test_multi_label_rows_are_means_over_labels(tmp_path: Path) -> None:
    """The loss of a multi-label row is the mean over its labels (Keras)."""
    document = scored("keras-bce-fn", tmp_path, "--targets", "t_0,t_1", "--preds", "prob_0,prob_1", command="binary")
    assert sample_losses(document) == pytest.approx(PEERS["keras-bce-fn"]["expected"]["row_mean"], rel=1e-12)
    assert [label["label"] for label in document["labels"]] == ["0", "1"]
    each = [-(math.log(0.4) + math.log(0.6)) / 2, -(math.log(0.4) + math.log(0.4)) / 2]
    assert [label["mean"] for label in document["labels"]] == pytest.approx(each, rel=1e-14)


CLIPS = {
    "cap-0": float(np.finfo(np.float64).eps),
    "cap-1": float(np.finfo(np.float32).eps),
    "cap-3": 1e-7,
    "cap-4": 1e-16,
    "cap-6": 1e-6,
}


@pytest.mark.parametrize("case_id", CLIPS)
def test_clip_gives_the_loss_at_zero_of_each_peer(case_id: str, tmp_path: Path) -> None:
    """--clip EPS turns an infinite loss into −ln EPS and says how many rows it touched and what they carry."""
    path = write_csv(tmp_path / "clip.csv", ["label", "prob"], [[1, 0.0], [1, 0.5]])
    document = xent("score", path, "--json", "--clip", repr(CLIPS[case_id])).document
    assert agrees(document["samples"][0]["loss"], case_id, "loss_at_p0")
    share = document["samples"][0]["loss"] / document["loss"]["sum"]
    assert document["rows"]["clipped"] == 1
    assert document["touched"] == [{"option": "clip", "rows": 1, "share": pytest.approx(share, rel=1e-12)}]


@pytest.mark.parametrize("case_id", ["softplus-40", "softplus-1000", "softplus-36.8"])
def test_softplus_to_the_last_digit(case_id: str) -> None:
    """A single logit gives its softplus for either label."""
    case = PEERS[case_id]
    z = np.array([case["inputs"]["z"]] * 2)
    found = losses.binary_from_logits(z, np.array([0.0, 1.0]))
    # exp(−z) belongs to the decimal z, and moves by z times the rounding of z to a double
    allowed = max(1e-15, abs(case["inputs"]["z"]) * 2.0**-53)
    assert found.tolist() == pytest.approx(
        [case["expected"]["loss_y0"], case["expected"]["loss_y1"]], rel=allowed, abs=0.0
    )


def test_softmax_gradient(tmp_path: Path) -> None:
    """--with gradient writes p − t for each class."""
    case = WORKED["softmax-gradient"]
    rows = [[*t, *z] for t, z in zip(case["targets"], case["predictions"], strict=True)]
    path = write_csv(tmp_path / "g.csv", ["t_a", "t_b", "t_c", "logit_a", "logit_b", "logit_c"], rows)
    target = tmp_path / "losses.jsonl"
    assert xent("score", path, "--losses", target, "--with", "gradient", "--with", "gradient-norm").status == 0
    found = [json.loads(line) for line in target.read_text().splitlines()]
    for row, expected in zip(found, case["expected"]["gradient"], strict=True):
        assert [row[f"gradient_{name}"] for name in "abc"] == pytest.approx(expected, rel=1e-14)
        assert row["gradient_norm"] == pytest.approx(math.hypot(*expected), rel=1e-14)


def test_standard_error_and_interval_of_given_losses(tmp_path: Path) -> None:
    """Losses fed in as probabilities exp(−loss) give the documented mean and standard error; the interval holds t's."""
    case = PEERS["se-and-cluster"]
    expected = case["expected"]
    path = write_csv(
        tmp_path / "se.csv",
        ["label", "prob", "w"],
        [[1, math.exp(-v), w] for v, w in zip(case["inputs"]["loss"], case["inputs"]["weight"], strict=True)],
    )
    document = xent("score", path, "--json").document
    assert document["loss"]["se"] == pytest.approx(expected["se_iid"], rel=1e-7)
    known = oracles.of_rows(np.array(case["inputs"]["loss"]))
    assert oracles.students(known) == pytest.approx(expected["t_ci95"], rel=1e-7)
    assert [document["loss"]["ci"]["low"], document["loss"]["ci"]["high"]] == pytest.approx(
        oracles.skewed(known), rel=2e-6
    )
    weighted = xent("score", path, "--json", "--weight", "w").document
    assert weighted["loss"]["mean"] == pytest.approx(expected["weighted_mean"], rel=1e-12)
    assert weighted["loss"]["se"] == pytest.approx(expected["weighted_se_HC1"], rel=1e-7)
