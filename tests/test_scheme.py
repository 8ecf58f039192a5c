"""What a run holds fixed: options that cannot do what they promise are refused, labels mean one thing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.running import write_csv, xent

BINARY = (["label", "prob"], [[0, 0.2], [1, 0.7]])
LOGIT = (["label", "logit"], [[0, -1.5], [1, 0.5]])
PAIR = (["label", "p_no", "p_yes"], [["no", 0.75, 0.25], ["yes", 0.5, 0.5]])
SPARSE = (["label", "p_a", "p_b", "p_c"], [["a", 0.5, 0.25, 0.25], ["c", 0.25, 0.25, 0.5]])
LOGITS = (["label", "logit_a", "logit_b", "logit_c"], [["a", 0.5, 0.25, 0.25], ["c", 0.25, 0.25, 0.5]])
SOFT = (["t_a", "t_b", "p_a", "p_b"], [[0.75, 0.25, 0.5, 0.5], [0.5, 0.5, 0.25, 0.75]])
MANY = (["t_a", "t_b", "p_a", "p_b"], [[1, 1, 0.5, 0.5], [0, 1, 0.25, 0.75]])


@pytest.mark.parametrize(
    ("command", "data", "words", "message", "cure"),
    [
        ("score", LOGITS, "--normalize", "--normalize rescales probabilities, and these are logits", "leave"),
        ("score", LOGIT, "--normalize", "--normalize rescales probabilities, and these are logits", "leave"),
        ("score", BINARY, "--normalize", "--normalize rescales the probabilities of a row", "leave it out"),
        ("binary", MANY, "--normalize", "--normalize rescales the probabilities of a row", "leave it out"),
        ("score", SPARSE, "--pos-weight 2", "--pos-weight is for a binary loss, and this is sparse", "--class-weight"),
        ("score", SOFT, "--pos-weight 2", "--pos-weight is for a binary loss, and this is cat", "--class-weight"),
        ("binary", PAIR, "--pos-weight 2", "--pos-weight takes one prediction for each label", "--preds p_yes"),
        ("score", SOFT, "--ignore-label a", "--ignore-label names a label, and there are only targets", "leave"),
        ("binary", MANY, "--class-weight 1=2", "--class-weight weighs the classes of one label", "--pos-weight"),
        ("binary", MANY, "--class-weight balanced", "--class-weight weighs the classes of one label", "--pos-weight"),
        ("score", SPARSE, "--class-weight a=1,d=2", "--class-weight names 'd', which is no class", "are a, b, c"),
        ("score", BINARY, "--class-weight yes=2", "--class-weight names 'yes', which is no class", "are 0, 1"),
        ("binary", PAIR, "--class-weight 1=2", "--class-weight names '1', which is no class", "are no, yes"),
        ("score", SOFT, "--class-weight balanced", "--class-weight balanced counts the rows", "state the weights"),
    ],
)  # fmt: skip
def test_options_that_would_do_nothing_or_wrong(
    command: str, data: tuple[list[str], list[list[object]]], words: str, message: str, cure: str, tmp_path: Path
) -> None:
    """An option that does not fit the file is wrong use: it must not be ignored, nor named in a signature."""
    path = write_csv(tmp_path / "f.csv", *data)
    answer = xent(command, path, *words.split(), "--json")
    assert (answer.status, answer.out) == (2, "")
    (error,) = answer.errors
    assert error["rule"] == "option"
    assert error["message"].startswith(message)
    assert cure in error["help"]


def test_the_cure_for_two_columns_works(tmp_path: Path) -> None:
    """Where --pos-weight is refused for a pair, naming the column of the positive class gives the weighted loss."""
    path = write_csv(tmp_path / "f.csv", *PAIR)
    answer = xent("binary", path, "--preds", "p_yes", "--positive", "yes", "--pos-weight", "2", "--json")
    losses = [sample["loss"] for sample in answer.document["samples"]]
    assert losses == pytest.approx([-0.2876820724517809 * -1, 2 * 0.6931471805599453], rel=1e-15)


def test_long_lists_of_classes_are_cut(tmp_path: Path) -> None:
    """A refusal names ten classes of a thousand."""
    names = [f"c{j}" for j in range(12)]
    path = write_csv(tmp_path / "f.csv", ["label", *(f"p_{name}" for name in names)], [["c0", *[1 / 12] * 12]])
    (error,) = xent("score", path, "--class-weight", "zz=2", "--json").errors
    assert error["help"] == "the classes are c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, …"


@pytest.mark.parametrize("label", ["\uff11", "\u0661", "\u0660.5", "1_0", " 1", "1 ", "0x1", "infinity", "nan", "1.5"])
def test_numbers_that_are_no_label(label: str, tmp_path: Path) -> None:
    """A binary label is 0, 1, true, false or a plain number between: digits of other scripts are not taken for them."""
    path = write_csv(tmp_path / "f.csv", ["label", "prob"], [[1, 0.5], [label, 0.5]])
    answer = xent("score", path, "--json")
    assert (answer.status, answer.errors[0]["rule"]) == (3, "unknown-label")
