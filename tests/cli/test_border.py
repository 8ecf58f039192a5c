"""How errors are shown: the format, colour and quietness that were asked for, whatever else is wrong with the words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.running import write_csv, xent

BROKEN = [
    ("score", "preds.csv", "--nonsense"),
    ("score", "preds.csv", "--clip", "x"),
    ("score", "preds.csv", "--unit", "furlongs"),
    ("score",),
    ("compare", "preds.csv"),
    ("inspect", "preds.csv", "--by"),
    ("scor", "preds.csv"),
    ("schema", "nothing"),
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a file that can be scored."""
    write_csv(tmp_path / "preds.csv", ("label", "prob"), [(1, 0.5), (0, 0.5)])
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("words", BROKEN, ids=" ".join)
def test_wrong_use_is_told_as_asked_for(words: tuple[str, ...]) -> None:
    """JSON before or after the mistake is JSON; nothing at all under -qq; text else."""
    command, *rest = words
    for asked in (("--json",), ("--format", "json"), ("--format=json",)):
        answer = xent(command, *asked, *rest)
        assert (answer.status, answer.out, json.loads(answer.err)["exit"]) == (2, "", 2)
    silent = xent(command, "-qq", *rest)
    assert (silent.status, silent.out, silent.err) == (2, "", "")
    plain = xent(*words)
    assert (plain.status, plain.out) == (2, "")
    assert "Error: " in plain.err


def test_a_value_is_no_flag() -> None:
    """What another option takes as its value asks for nothing."""
    answer = xent("score", "preds.csv", "--label", "-qq")
    assert (answer.status, answer.out) == (2, "")
    assert "no column '-qq'" in answer.err
    answer = xent("score", "preds.csv", "--id", "--json", "--nonsense")
    assert answer.err.startswith("Usage: ")


def test_no_config_holds_for_errors_too(folder: Path) -> None:
    """A format that is configured is that of errors, unless the configuration is to be left unread."""
    (folder / "xent.toml").write_text('format = "json"\n', encoding="utf-8")
    for words in (("score", "none.csv"), ("score", "preds.csv", "--nonsense")):
        assert json.loads(xent(*words).err)["exit"] == xent(*words).status
        assert not xent(*words, "--no-config").err.startswith("{")
