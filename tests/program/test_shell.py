"""The commands of the documents run as bash would run them, whether xent is a process there or not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.places import SAMPLES
from tests.shell import Shell, is_plain, split


@pytest.mark.parametrize(
    "line",
    [
        "xent score sample_data/wine.csv --max-loss 0.05 -q",
        r"""printf 'label,prob\n1,0\n0,0.2\n' | xent score - --json | jq '[.loss.mean, "|;"]'""",
        r"""printf 'label,prob\n1,0.9\n0,1.7\n' > "a b.csv"; xent score 'a b.csv'; echo "status $?"; echo "$?" """,
        "xent score 'no such.csv' --json | cat; echo $?",
        "xent score nowhere.csv -qq; xent score sample_data/w*.csv --json | jq .rows.scored; echo $?",
    ],
)
def test_output_is_that_of_bash(line: str, tmp_path: Path) -> None:
    """Pipes, statuses, quotes, standard error among the rest: a line shows what it shows where all is a process."""
    ours, bash = (Shell.of(tmp_path / name, SAMPLES, processes=name == "bash") for name in ("ours", "bash"))
    assert ours.run(line) == bash.run(line) != ""


@pytest.mark.parametrize(
    ("part", "plain"),
    [
        ("xent score 'p_*' --preds \"a b\"", True),
        (" xent config ", True),
        ("xentry score", False),
        ("echo xent", False),
        ("xent score *.csv", False),
        ('xent score "$FILE"', False),
        ("xent score - < a.csv", False),
        ("xent config && echo", False),
        (r"xent score a\ b.csv", True),
    ],
)
def test_what_bash_would_expand_is_left_to_it(part: str, plain: bool) -> None:
    """Patterns, variables and redirections outside of quotes that protect them are for bash."""
    assert is_plain(part) is plain


def test_quoted_operators_divide_nothing() -> None:
    """A line is divided at the operators that bash sees; what is in brackets stays whole."""
    assert split("a 'x;y' \"z;\"; b || c; d", ";") == ["a 'x;y' \"z;\"", " b || c", " d"]
    assert split("(a; b) > c; d", ";") == ["(a; b) > c; d"]
