"""Completion in the three shells themselves: keys are typed on a pseudo-terminal, and what the line became is run."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import command, write_csv, xent
from xent_cli.cli.help.shells import SHELLS, flag_of, joined

pytest.importorskip("termios", reason="only POSIX has pseudo-terminals")

READY = "READY>"
PATIENCE = 60.0
START = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "--private", "-i"],
}
# the terminal becomes that of the shell, which else has no say over what runs on it
OWNER = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"
SETUP = {
    "bash": "PS1=REA'DY>'; eval \"$(xent completion bash)\"\n",
    "zsh": "autoload -Uz compinit; compinit -u -D; eval \"$(xent completion zsh)\"; PS1=REA'DY>'\n",
    "fish": "xent completion fish | source; function fish_prompt; echo -n REA'DY>'; end\n",
}


class Terminal:
    """A shell on a pseudo-terminal."""

    def __init__(self, shell: str, folder: Path) -> None:
        self.folder = folder
        self.ours, theirs = os.openpty()
        env = {
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "HOME": str(folder),
            "TERM": "xterm",
            "LC_ALL": "C.UTF-8",
        }
        words = [sys.executable, "-c", OWNER, *START[shell]]
        streams = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
        self.child = subprocess.Popen(words, **streams, env=env, cwd=folder, start_new_session=True)
        os.close(theirs)
        os.set_blocking(self.ours, False)
        self.type(SETUP[shell])
        self.wait(READY)

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self.ours, keys.encode())

    def wait(self, text: str) -> None:
        """Wait until the shell has written a text."""
        shown, end = b"", time.monotonic() + PATIENCE
        while text.encode() not in shown:
            assert time.monotonic() < end, shown
            try:
                shown += os.read(self.ours, 1 << 16)
            except BlockingIOError:
                time.sleep(0.01)

    def completed(self, line: str) -> list[str]:
        """The words that a line has once its end is completed, as the command gets them."""
        record = self.folder / "words"
        record.unlink(missing_ok=True)
        self.type(f"{line}\t\n")
        end = time.monotonic() + PATIENCE
        while not record.is_file():
            assert time.monotonic() < end, line
            time.sleep(0.01)
            with contextlib.suppress(BlockingIOError):
                os.read(self.ours, 1 << 16)  # a full terminal would stop the shell
        return record.read_text(encoding="utf-8").splitlines()

    def close(self) -> None:
        """End the shell."""
        self.child.kill()
        self.child.wait()
        os.close(self.ours)


@pytest.fixture(scope="module", params=list(START))
def terminal(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """A shell in a folder with files, where `xent` completes and else only records its words."""
    shell = request.param
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell}")
    folder = tmp_path_factory.mktemp(shell)
    (folder / "bin").mkdir()
    real = " ".join(command())
    (folder / "bin" / "xent").write_text(
        f'#!/bin/sh\n[ -n "$_XENT_COMPLETE" ] || [ "$1" = completion ] && exec {real} "$@"\n'
        'printf "%s\\n" "$@" > "$HOME/words.new"; mv "$HOME/words.new" "$HOME/words"\n',
        encoding="utf-8",
    )
    (folder / "bin" / "xent").chmod(0o755)
    write_csv(folder / "preds.csv", ("id", "label", "site", "page", "p_cat", "p_dog"), [])
    write_csv(folder / "labels.csv", ("id", "species"), [])
    (folder / "report.md").write_text("", encoding="utf-8")
    found = Terminal(shell, folder)
    yield found
    found.close()


LINES = {
    "score --format=js": ["score", "--format=json"],
    "score --unit=bi": ["score", "--unit=bits"],
    "score --unit bi": ["score", "--unit", "bits"],
    "score preds.csv --by=si": ["score", "preds.csv", "--by=site"],
    "score preds.csv --by si": ["score", "preds.csv", "--by", "site"],
    "score preds.csv --by site,pa": ["score", "preds.csv", "--by", "site,page"],
    "score preds.csv --by=site,pa": ["score", "preds.csv", "--by=site,page"],
    "score $PWD/preds.csv --label la": ["score", "{home}/preds.csv", "--label", "label"],
    "score ~/preds.csv --label la": ["score", "{home}/preds.csv", "--label", "label"],
    "score pre": ["score", "preds.csv"],
    "score preds.csv --labels lab": ["score", "preds.csv", "--labels", "labels.csv"],
    "score preds.csv --labels=lab": ["score", "preds.csv", "--labels=labels.csv"],
    "score preds.csv --unit=bits --id i": ["score", "preds.csv", "--unit=bits", "--id", "id"],
    "score --output mark": ["score", "--output", "markdown="],
    "score --output markdown=rep": ["score", "--output", "markdown=report.md"],
    "score --output=markdown=rep": ["score", "--output=markdown=report.md"],
    "score --max-regr": ["score", "--max-regression"],
    "insp": ["inspect"],
}


@pytest.mark.parametrize("line", LINES)
def test_a_word_is_completed_to_what_it_begins(terminal: Terminal, line: str) -> None:
    """After a tab the line holds the one word that goes on like it, with everything that was typed before."""
    expected = [word.replace("{home}", str(terminal.folder)) for word in LINES[line]]
    assert terminal.completed(f"xent {line}") == expected


def test_descriptions_reach_fish_whole() -> None:
    """What a flag means is not cut at its first comma."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("_XENT_COMPLETE", "fish_complete")
        patch.setenv("COMP_WORDS", "xent score --pred")
        patch.setenv("COMP_CWORD", "--pred")
        (line,) = xent().out.splitlines()
    assert line == "plain,--preds\tPrediction columns: names a,b,c, globs 'p_*' or ranges p0..p9."
    assert "string split -m 1" in xent("completion", "fish").out


@pytest.mark.parametrize(
    ("words", "last", "expected"),
    [
        (["score", "--unit", "="], "b", (["score"], "--unit=b")),
        (["score", "--unit"], "=", (["score"], "--unit=")),
        (["score", "--unit", "=", "bits", "a.csv", "--by"], "", (["score", "--unit=bits", "a.csv", "--by"], "")),
        (["score", "s3", ":"], "//b", (["score"], "s3://b")),
        (["score", "--output", "csv", "="], "r", (["score", "--output"], "csv=r")),
        ([], "sc", ([], "sc")),
    ],
)
def test_words_that_bash_broke_are_put_together(words: list[str], last: str, expected: tuple[list[str], str]) -> None:
    """A = or a colon joins what stands on both sides of it."""
    assert joined(words, last) == expected


def test_a_flag_with_its_sign_is_told_from_other_words() -> None:
    """Only a word that begins with a dash has a flag before its =."""
    words = {"--by=a": "--by=", "--output=md=x": "--output=", "md=x": "", "--by": "", "": ""}
    assert {word: flag_of(word) for word in words} == words


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_is_for_the_program(shell: str) -> None:
    """The script names the variable and the program, and holds nothing that was left to fill in."""
    text = xent("completion", shell).out
    assert f"_XENT_COMPLETE={shell}_complete" in text
    assert "%(" not in text
