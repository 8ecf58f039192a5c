"""What a user may have meant: the words of the command line for slips, and flags that do nothing alone."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.running import command as command_of
from tests.running import process, write_csv, xent
from xent_cli.api.parameters import TABLE


@pytest.fixture
def preds(tmp_path: Path) -> Path:
    """Two rows that can be scored."""
    return write_csv(tmp_path / "preds.csv", ["label", "prob"], [(1, 0.5), (0, 0.25)])


@pytest.mark.parametrize(
    ("words", "question"),
    [
        (("spam.csv",), "No such command 'spam.csv'. Did you mean xent score spam.csv?"),
        (("data/part*",), "Did you mean xent score 'data/part*'?"),
        (("score", "preds.csv", "--max-loss", "0,3"), "Write a decimal point: 0.3"),
        (("score", "preds.csv", "--max-rows", "0,3"), "Write a decimal point: 0.3"),
        (("score", "preds.csv", "--unit", "bit"), "Did you mean bits?"),
        (("score", "preds.csv", "--from", "prob"), "Did you mean probs?"),
        (("compare", "preds.csv", "preds.csv", "--format", "JSON"), "Did you mean json?"),
        (("score", "preds.csv", "--pos", "2"), "Did you mean --pos-weight or --positive?"),
        (("score", "preds.csv", "--output", "baseline.json"), "write --output json=baseline.json: FORMAT=PATH with"),
        (("score", "preds.csv", "--output", "summary.md"), "write --output markdown=summary.md: FORMAT=PATH with"),
    ],
)
def test_a_slip_is_answered_with_what_may_have_been_meant(
    words: tuple[str, ...], question: str, preds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file without a command, a decimal comma, a word or flag cut short, an output without its format."""
    monkeypatch.chdir(preds.parent)
    answer = xent(*words)
    assert (answer.status, answer.out) == (2, "")
    assert question in answer.err


@pytest.mark.parametrize(
    "words", [("scor",), ("score", "preds.csv", "--unit", "metres"), ("score", "preds.csv", "--max-loss", "x")]
)
def test_nothing_is_asked_where_nothing_is_close(words: tuple[str, ...]) -> None:
    """A word that is no file, no choice and no number gets no file, choice or number for an answer."""
    answer = xent(*words)
    assert answer.status == 2
    assert not re.search("xent score scor|Did you mean [bn]|decimal point", answer.err)


def test_questions_are_in_json_too() -> None:
    """With --format json the message holds the question as well."""
    (error,) = xent("score", "preds.csv", "--unit", "bit", "--json").errors
    assert error["message"].endswith("Did you mean bits?")


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--seed", "1"), "--seed needs --bootstrap"),
        (("--gate-on", "upper"), "--gate-on upper needs a limit"),
    ],
)
def test_a_flag_that_does_nothing_alone_is_wrong_use(flags: tuple[str, ...], words: str, preds: Path) -> None:
    """A seed without a bootstrap and an upper end without a limit are refused, with the flag that is missing."""
    (error,) = (answer := xent("score", preds, *flags, "--json")).errors
    assert (answer.status, answer.out, error["rule"], error["message"]) == (2, "", "option", words)
    assert error["help"].startswith("add --")


@pytest.mark.parametrize(
    "flags",
    [
        ("--gate-on", "mean"), ("--gate-on", "upper", "--max-loss", "99"), ("--gate-on", "upper", "--min-skill", "0"),
        ("--bootstrap", "100", "--seed", "3"),
    ],
)  # fmt: skip
def test_a_flag_with_its_other_is_taken(flags: tuple[str, ...], preds: Path) -> None:
    """With what they need, and at its default value, these flags are no wrong use."""
    assert xent("score", preds, *flags).status in {0, 1}


def test_a_configured_default_may_wait_for_its_use(preds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A seed or an upper end that the configuration sets is no wrong use in a run that has no need of it."""
    monkeypatch.setenv("XENT_SEED", "3")
    monkeypatch.setenv("XENT_GATE_ON", "upper")
    assert xent("score", preds, "-qq").status == 0


def test_help_has_one_order_in_every_command() -> None:
    """The flags that score and compare share stand in the same sections and order; --format is first in Output."""
    flags = {
        command: re.findall(r"^  (?:-\w, )?--([a-z-]+)", xent(command, "--help").out, re.MULTILINE)
        for command in ("score", "compare")
    }
    shared = [flag for flag in flags["score"] if flag in flags["compare"]]
    assert [flag for flag in flags["compare"] if flag in shared] == shared
    assert len(shared) > 30
    for command in flags:
        assert re.search(r"^Output:\n  --format", xent(command, "--help").out, re.MULTILINE)


def test_the_first_help_names_comparison_and_gates() -> None:
    """`xent --help` has an example of scoring, of comparing and of a gate."""
    text = xent("--help").out
    for words in ("xent score preds.csv   ", "xent compare main.csv new.csv", "--max-loss 0.4"):
        assert words in text


def test_every_place_in_the_help_has_an_option() -> None:
    """The sections of the help name no option that no command has."""
    shown = xent("score", "--help").out + xent("compare", "--help").out
    for name in {each.name for each in TABLE}:
        assert f"--{name.strip('_').replace('_', '-')}" in shown


@pytest.mark.parametrize("command", [("score",), ("compare", "preds.csv"), ("inspect",)])
def test_a_report_where_predictions_belong(
    command: tuple[str, ...], preds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A JSON report of xent is no prediction file: the error says what it is and where it belongs."""
    monkeypatch.chdir(preds.parent)
    assert xent("score", "preds.csv", "--output", "json=baseline.json", "-qq").status == 0
    answer = xent(*command, "baseline.json")
    assert answer.status == 3
    assert "the file is a report of xent" in answer.out + answer.err
    assert "--baseline of xent score takes a report" in answer.out + answer.err


@pytest.mark.parametrize("command", ["score", "binary", "inspect"])
def test_input_that_nobody_reads_is_told_how(command: str, preds: Path) -> None:
    """Rows piped in without a FILE: the complaint ends with the command that reads them, and that command works."""
    rows = preds.read_bytes()
    done = process(command, stdin=rows)
    assert (done.returncode, done.stdout) == (2, b"")
    words = done.stderr.decode().rstrip().rpartition(": xent ")[2].split()
    assert words == [command, "-"]
    assert process(*words, stdin=rows).returncode == 0
    (error,) = json.loads(process(command, "--json", stdin=rows).stderr)["errors"]
    assert error["message"].endswith(f": xent {command} -")


@pytest.mark.parametrize("words", [("score",), ("schema",), ("compare",)])
def test_an_empty_device_is_no_input(words: tuple[str, ...]) -> None:
    """Where nothing is piped in, or no FILE is missing, the complaint says nothing of standard input."""
    with Path(os.devnull).open("rb") as nothing:
        done = subprocess.run(command_of(*words), stdin=nothing, capture_output=True, timeout=60, check=False)
    assert done.returncode == 2
    assert b"tandard input" not in done.stderr
    if words != ("score",):
        assert b"tandard input" not in process(*words, stdin=b"label,prob\n").stderr
