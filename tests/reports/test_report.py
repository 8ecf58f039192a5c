"""What a report says beside the mean: signature, positive classes, skipped shares, likelihood, arguments."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import xent_cli
from tests.running import xent


def document(text: str, folder: Path, *flags: object) -> Any:
    """The JSON report of a CSV text."""
    path = folder / "rows.csv"
    path.write_text(text, encoding="utf-8")
    answer = xent("score", path, "--json", *flags)
    assert answer.status == 0, answer.err
    return answer.document


@pytest.mark.parametrize(
    ("column", "labels", "flags"),
    [
        ("prob_0", ("0", "1"), []),
        ("prob_2", ("2", "1"), []),
        ("prob_false", ("false", "true"), []),
        ("prob_spam", ("spam", "ham"), []),
        ("prob_spam", ("1", "0"), []),
        ("prob", ("ham", "spam"), ["--positive", "ham"]),
        ("prob", ("yes", "no"), ["--classes", "no,yes"]),
    ],
)
def test_probability_belongs_to_the_class_in_its_name(
    column: str, labels: tuple[str, str], flags: list[str], tmp_path: Path
) -> None:
    """The first label is the class that the column speaks of: its rows lose −ln p, the others −ln(1 − p)."""
    text = f"label,{column}\n{labels[0]},0.9\n{labels[1]},0.2\n"
    losses = [sample["loss"] for sample in document(text, tmp_path, *flags)["samples"]]
    assert losses == pytest.approx([-math.log(0.9), -math.log1p(-0.2)], rel=1e-15)


def test_signature_has_every_digit_and_one_line(tmp_path: Path) -> None:
    """Numbers that differ in any digit, and names with odd characters, make signatures that differ, in one line."""
    text = "label,prob,w\n1,0.5,1\n"
    signatures = [
        document(text, tmp_path, *flags)["signature"]
        for flags in ([], ["--pos-weight", "1.00000001"], ["--clip", "0.00123456789"], ["--label-smoothing", "1e-9"])
    ]
    assert len(set(signatures)) == 4
    assert "clip:0.00123456789|" in signatures[2]
    assert signatures[0] == (
        "xent:0.1|kind:binary|from:probs|unit:nat|clip:none|norm:no|w:none|ignore:none|smooth:0|k:2|n:1"
    )
    odd = document("label,prob,w\ny\n1,0.5,1\n".replace("w\ny", '"w|\ny"'), tmp_path, "--weight", "w|\ny")["signature"]
    assert "w:w%7C%0Ay" in odd
    apart = [
        document(text, tmp_path, "--ignore-label", *labels)["signature"]
        for labels in (["a,b"], ["a", "--ignore-label", "b"])
    ]
    assert apart[0] != apart[1]


def test_skipped_share_counts_exactly(tmp_path: Path) -> None:
    """29 of 100 rows are 29 %, though 0.29 times 100 is a little less in doubles."""
    text = "label,prob\n" + "1,2\n" * 29 + "1,0.5\n" * 71
    assert document(text, tmp_path, "--on-bad-row", "skip", "--max-skipped", "29%")["rows"]["skipped"] == 29
    answer = xent("score", tmp_path / "rows.csv", "--on-bad-row", "skip", "--max-skipped", "28.9%")
    assert answer.status == 3
    assert "29 rows would be skipped, more than --max-skipped allows (28.9% of 100)" in answer.err


def test_keys_stand_in_the_order_of_the_contract(tmp_path: Path) -> None:
    """The keys of the JSON document are in the order that is published."""
    found = document("t_a,t_b,p_a,p_b\n1,0,0.5,0.5\n0.5,0.5,0.5,0.5\n", tmp_path)
    published = [
        "schema",
        "xent",
        "signature",
        "status",
        "inputs",
        "columns",
        "rows",
        "loss",
        "perplexity",
        "log_likelihood",
    ]
    published += ["likelihood", "geometric_mean_probability", "accuracy", "label_entropy", "kl", "baseline", "classes"]
    published += ["groups", "samples"]
    assert [key for key in found if key in published] == published


def test_smoothed_targets_are_their_own_entropy(tmp_path: Path) -> None:
    """With smoothing KL is the divergence from the smoothed targets: 0 for predictions that equal them."""
    t, a = [0.95, 0.05], 0.1
    smooth = [(1 - a) * x + a / 2 for x in t]
    found = document(f"t_a,t_b,p_a,p_b\n{t[0]},{t[1]},{smooth[0]!r},{smooth[1]!r}\n", tmp_path, "--label-smoothing", a)
    assert found["kl"] == pytest.approx(0.0, abs=1e-15)
    assert found["label_entropy"] == pytest.approx(-sum(x * math.log(x) for x in smooth), rel=1e-14)


def test_likelihood_is_that_of_the_exact_sum(tmp_path: Path) -> None:
    """The likelihood of thousand-fold small products keeps its digits: 0.3 to the 500th, from exact fractions."""
    from fractions import Fraction

    found = document("label,prob\n" + "1,0.3\n" * 500, tmp_path)
    loss = Fraction(found["samples"][0]["loss"])
    # exp(−500·loss) by squaring in fractions of 60 digits would say nothing of exp; ln of the result is compared
    assert math.log(found["likelihood"]) == pytest.approx(float(-500 * loss), rel=2e-16 * 4)


def test_infinite_rows_without_weight_leave_the_mean_alone(tmp_path: Path) -> None:
    """The notice of infinite losses says what follows for the mean, and the spread stays defined."""
    found = document("label,prob,w\n1,0,0\n1,0.5,1\n0,0.25,1\n", tmp_path, "--weight", "w")
    assert "the mean is finite" in found["notices"][0]["message"]
    assert isinstance(found["loss"]["std"], float)
    endless = document("label,prob\n1,0\n1,0.5\n", tmp_path)
    assert "the mean is infinite: row 1;" in endless["notices"][0]["message"]


def test_inspect_states_a_command_that_gives_the_same(tmp_path: Path) -> None:
    """The command that `inspect` prints gives the signature and mean of the one that was inspected."""
    import shlex

    path = tmp_path / "rows.csv"
    path.write_text("id,label,p_a,p_b,w\nx,a,0.9,0.1,2\ny,b,0.5,0.5,1\n")
    flags = ["--weight", "w", "--classes", "a,b"]
    stated = xent("inspect", path, "--json", *flags).document["command"]
    again = xent(*shlex.split(stated)[1:], "--json").document
    expected = xent("score", path, "--json", *flags).document
    assert (again["loss"], again["signature"]) == (expected["loss"], expected["signature"])


@pytest.mark.parametrize("words", [["-q", "-q"], ["--quiet", "--quiet"], ["-qq"]], ids=" ".join)
def test_twice_quiet_is_silent_about_errors_too(words: list[str], tmp_path: Path) -> None:
    """-q twice, however it is written, leaves the exit status alone to speak."""
    path = tmp_path / "bad.csv"
    path.write_text("label,prob\n1,2\n")
    for more, status in (
        (["score", path], 3),
        (["score", path, "--unit", "x"], 2),
        (["score", tmp_path / "no.csv"], 3),
    ):
        answer = xent(*more, *words)
        assert (answer.status, answer.out, answer.err) == (status, "", "")


def test_entries_of_a_list_may_be_named_by_index() -> None:
    """A list column has no names: with --classes a label may be a name or the index of its entry."""
    frame = pd.DataFrame({"label": ["0", "b", "2"], "probs": [[0.5, 0.25, 0.25]] * 3})
    report = xent_cli.score(frame, classes=["a", "b", "c"])
    assert [sample.p for sample in report.samples] == [0.5, 0.25, 0.25]


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "foo"}, {"from_": "foo"}, {"unit": "x"}, {"divide_by": "x"}, {"on_bad_row": "foo"}, {"sort": "x"},
        {"clip": "x"}, {"class_weight": "a"}, {"max_skipped": "many", "on_bad_row": "skip"}, {"samples": -1},
    ],
    ids=json.dumps,
)  # fmt: skip
def test_wrong_arguments_are_usage_errors(wrong: dict[str, Any]) -> None:
    """A wrong argument of `score` is a UsageError, never another exception, never ignored."""
    frame = pd.DataFrame({"label": [1, 0], "prob": [0.5, 0.5]})
    with pytest.raises(xent_cli.UsageError):
        xent_cli.score(frame, **wrong)
    with pytest.raises(xent_cli.UsageError):
        xent_cli.score([])


def test_frames_with_mixed_columns_are_read() -> None:
    """A column of mixed values does not matter where it is not needed, and is text where it is the label."""
    frame = pd.DataFrame({"label": [1, "a"], "prob_1": [0.9, 0.2], "prob_a": [0.1, 0.8], "meta": [{"a": 1}, 3]})
    assert [sample.p for sample in xent_cli.score(frame).samples] == [0.9, 0.8]
    assert xent_cli.score(frame.assign(label=["a", None]), on_bad_row="skip").rows.bad == {"missing-label": 1}
    assert xent_cli.score(frame, ignore_label=1, class_weight="a=2").rows.ignored == 1
