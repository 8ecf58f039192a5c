"""Which column is what, from names held against values: small files that invite a wrong reading."""

from __future__ import annotations

import contextlib
import json
import math
import random
import shlex
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.layouts.cures import pastes
from tests.places import TESTS
from tests.running import Answer, xent
from xent_cli.columns.plan import Stated
from xent_cli.columns.reading_of import infer_with_values
from xent_cli.contract.errors import XentError

CASES = json.loads((TESTS / "cases" / "columns.json").read_text(encoding="utf-8"))["cases"]
LATER: frozenset[str] = frozenset()


def scored(case: dict[str, Any], folder: Path, *more: str) -> Answer:
    """A case, run in its folder."""
    for name, text in case["files"].items():
        (folder / name).write_text(text, encoding="utf-8")
    return xent(case["cmd"], *(folder / name for name in case["files"]), *case["args"], *more, "--json", "--no-config")


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES if case["id"] not in LATER])
def test_the_right_columns_or_a_question(case: dict[str, Any], tmp_path: Path) -> None:
    """Every file gives the number that its owner means, or the question by its rule."""
    answer, expected = scored(case, tmp_path), case["expect"]
    if expected["result"] == "refusal":
        problem = answer.errors[0]
        assert (answer.status in {2, 3}, problem["rule"]) == (True, expected["rule"])
        assert all(words in json.dumps(problem) for words in expected.get("says", ()))
        return
    assert answer.status == 0, answer.err
    document = answer.document
    columns = document["columns"]
    found = {
        "kind": columns["kind"], "predictions": columns["predictions"], "classes": columns["classes"],
        "from": columns["from"], "likelihood": document["likelihood"],
    }  # fmt: skip
    assert {key: value for key, value in found.items() if key in expected} == {
        key: expected[key] for key in found if key in expected
    }
    for key, value in (("mean", document["loss"]["mean"]), ("log_likelihood", document["log_likelihood"])):
        if key in expected:
            wanted = float(expected[key])
            assert float(value) == wanted or math.isclose(float(value), wanted, rel_tol=1e-12)
    if "notice" in expected:
        notices = {notice["code"]: notice["message"] for notice in document["notices"]}
        assert all(words in notices[expected["notice"]] for words in expected.get("says", ()))


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES if case["cmd"] == "score"])
def test_a_flag_in_a_message_is_right_when_pasted(case: dict[str, Any], tmp_path: Path) -> None:
    """No flag that a refusal prints is refused in its turn."""
    answer = scored(case, tmp_path)
    if answer.status == 0 or case["expect"].get("rule") == "option":
        return
    known = {word for text in case["files"].values() for word in text.replace("\n", ",").split(",")}
    for paste in pastes(answer.errors, known):
        if paste.command is None and "--classes" not in case["args"]:
            assert scored(case, tmp_path, *paste.words).status == 0, paste


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES if not case["args"]])
def test_the_command_of_inspect_gives_the_same(case: dict[str, Any], tmp_path: Path) -> None:
    """What `inspect` states in full gives the number of the file without flags."""
    answer = scored(case, tmp_path)
    if answer.status != 0:
        return
    shown = xent("inspect", *(tmp_path / name for name in case["files"]), "--json").document["command"]
    again = xent(*shlex.split(shown)[1:], "--json", "--no-config")
    assert again.document["loss"]["mean"] == answer.document["loss"]["mean"]


@pytest.mark.parametrize(
    ("rows", "rule"),
    [
        ("logit_a,logit_b\na,1.5,-2\nb,inf,0", "infinite-logit"),
        ("p_a,p_b\na,0.9,0.1\nb,nan,0.7", "nan-value"),
        ("p_a,p_b\na,0.9,0.1\nb,NA,0.7", "not-a-number"),
        ("p_a,p_b\na,0.9,0.1\nb,oops,0.7", "not-a-number"),
    ],
)
def test_a_bad_cell_does_not_take_its_column_out_of_the_predictions(rows: str, rule: str) -> None:
    """A family stays whole: its other column alone would be scored as binary, without a word on the bad row."""
    answer = xent("score", "-", "--json", stdin=f"label,{rows}\n".encode())
    assert answer.status == 3
    assert [error["rule"] for error in answer.errors] == [rule]


def test_a_masked_logit_is_a_logit() -> None:
    """-Infinity among logits is probability 0 of that class: the softmax is over both columns."""
    answer = xent("score", "-", "--json", stdin=b"label,logit_a,logit_b\na,0.9,0.1\na,1,-inf\n")
    assert answer.status == 0
    assert answer.document["columns"]["predictions"] == ["logit_a", "logit_b"]
    assert math.isclose(answer.document["loss"]["sum"], math.log1p(math.exp(0.1 - 0.9)), rel_tol=1e-14)


WORDS = [
    *"label y y_true target t_a t_b p_a p_b prob prob_yes pred y_pred score logit_a logit_b p1 p0 cat dog id decision "
    "pred_label a b a_outcome b_outcome confidence p_true_class prob_no 0 1 2 .pred_A Tree churn churn_prob rf_prob "
    "lr_prob weight P(Y=1) $L-churn log_prob_a -1 1.0 labels.x probability[cat]".split(), "", " ", "x y", '"', ",",
]  # fmt: skip
CELLS = ["", "0", "1", "0.5", "0.25", "yes", "no", "cat", "dog", "nan", "inf", "-inf", "x", "-1", "2", "1.0", "TRUE",
         "[0.1, 0.9]", '"', "\ufffd", "1e400", "-0", "false", "0.9", "p_a"]  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_whatever_names_and_values_there_are_a_plan_or_a_refusal_follows(seed: int) -> None:
    """Any names, types, values and flags: never anything but a plan or an error of ours."""
    draw = random.Random(seed)  # noqa: S311  (test data)
    for _ in range(100):
        names = tuple(draw.sample(WORDS, draw.randrange(1, 8)))
        kinds = [draw.choice(["untyped"] * 8 + ["number", "bool", "text", "list", "other"]) for _ in names]
        types = [SimpleNamespace(kind=kind, text=kind, length=draw.choice([None, 2])) for kind in kinds]
        rows = draw.choice([0, 1, 2, 5, 120])
        cells = [draw.sample(CELLS, draw.randrange(1, 5)) for _ in names]
        peek = {name: [draw.choice(few) for _ in range(rows)] for name, few in zip(names, cells, strict=True)}
        columns = {
            flag: '"' + draw.choice(names).replace('"', '""') + '"'
            for flag in ("label", "preds", "targets", "weight", "decision")
            if draw.random() < 0.12
        }
        others = {"positive": "1", "classes": ("a", "b"), "kind": "sparse", "of": "decision", "from_": "logits"}
        stated = Stated(**columns, **{flag: value for flag, value in others.items() if draw.random() < 0.1})
        with contextlib.suppress(XentError):
            plan = infer_with_values(names, types, peek, stated, "f.csv")
            assert plan.predictions
            assert set(plan.roles()) <= set(names)


@pytest.mark.parametrize(("label", "asked"), [("passed", True), ("failed", False)])
def test_a_name_of_the_class_that_is_seldom_meant_is_asked_about(label: str, asked: bool, tmp_path: Path) -> None:
    """`p_fail` beside `passed` is not the probability of 1; beside `failed` it is."""
    (tmp_path / "preds.csv").write_text(f"{label},p_fail\n1,0.25\n0,0.5\n1,0.125\n", encoding="utf-8")
    answer = xent("score", tmp_path / "preds.csv", "--json")
    assert answer.status == (3 if asked else 0)
    assert not asked or answer.errors[0]["rule"] == "which-class"


def test_inspect_shows_no_command_that_would_score_decisions(tmp_path: Path) -> None:
    """Flags insist: the command of a file that is refused for its decisions would give their number."""
    (tmp_path / "preds.csv").write_text("y_true,y_pred\n1,1\n0,1\n", encoding="utf-8")
    answer = xent("inspect", tmp_path / "preds.csv", "--json")
    found = json.loads(answer.out)
    assert (found["command"], [problem["rule"] for problem in found["problems"]]) == (None, ["hard-predictions"])
