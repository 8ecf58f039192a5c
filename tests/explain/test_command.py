"""`xent explain` on the command line, and the errors that point to its pages: terminals, pipes, slips, Python."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import validate

import xent_cli
from tests.explain.issued_codes import counted_rules, issued, read
from tests.running import command, on_terminal, process, xent
from xent_cli import explain
from xent_cli.contract.documents import schema_text

PAGES = {page.name: page for page in explain.pages()}
ESCAPE = "\x1b"
BAD = b"label,prob\n1,0.9\n0,1.7\n"


def shown_on_terminal(*words: object, columns: int = 80, **env: str) -> str:
    """Everything that a run which ends well shows on a terminal of a width."""
    answer = on_terminal(*words, columns=columns, **env)
    assert answer.status == 0
    return answer.out


def test_list_has_every_page_in_one_line() -> None:
    """Without a name all pages are listed by kind, each in one line with its summary."""
    found = xent("explain")
    assert (found.status, found.err) == (0, "")
    groups = [group.splitlines() for group in found.out.split("\n\n")]
    assert [group[0] for group in groups] == ["topics", "errors", "notices", "exit statuses"]
    listed = [line.split(maxsplit=1) for group in groups for line in group[1:]]
    assert listed == [[page.name, page.summary] for page in PAGES.values()]


@pytest.mark.parametrize("name", ["prob-sum", "infinite-loss", "3", "columns"])
def test_page_in_a_pipe_is_its_markdown(name: str) -> None:
    """Off a terminal an error, a notice, a status and a topic are printed as the Markdown that they are."""
    found = process("explain", name, env={**os.environ, "FORCE_COLOR": "1", "PYTHONIOENCODING": "utf-8"})
    assert (found.returncode, found.stderr) == (0, b"")
    assert found.stdout.decode() == PAGES[name].text


def test_page_on_a_terminal_is_drawn() -> None:
    """On a terminal the page is drawn in colour, without the marks of Markdown, its title first."""
    shown = shown_on_terminal("explain", "gates")
    assert ESCAPE in shown
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert plain.startswith(f"gates: {PAGES['gates'].summary}\n")
    for mark in ("```", "**", "| ", "# "):
        assert mark not in re.sub(r"^ +\$ .*$", "", plain, flags=re.MULTILINE)
    words = re.findall(r"[a-z]{4,}", re.sub(r"```console|```yaml|```sh", "", PAGES["gates"].text))
    assert set(re.findall(r"[a-z]{4,}", plain)) >= set(words)


@pytest.mark.parametrize("columns", [40, 80, 300])
def test_prose_fits_the_terminal_and_commands_stay_in_one_line(columns: int) -> None:
    """Prose is folded to the width, at most 100 columns; a command is never broken, so that it can be pasted."""
    shown = shown_on_terminal("explain", "prob-sum", columns=columns, NO_COLOR="1")
    assert ESCAPE not in shown
    commands = re.findall(r"^\$ .*$", PAGES["prob-sum"].text, re.MULTILINE)
    lines = [line.rstrip() for line in shown.splitlines()]
    assert [line.strip() for line in lines if line.strip().startswith("$ ")] == commands
    blocks = "".join(re.findall(r"```console\n(.*?)```", PAGES["prob-sum"].text, re.DOTALL)).splitlines()
    prose = [line for line in lines if line.removeprefix("  ") not in blocks]
    assert max(map(len, prose)) <= min(columns, 100)
    assert max(map(len, prose)) > min(columns, 100) - 15


def test_list_is_folded_on_a_narrow_terminal() -> None:
    """The list keeps within the width, and loses no word."""
    for columns in (40, 60, 80):
        lines = shown_on_terminal("explain", columns=columns, NO_COLOR="1").splitlines()
        assert max(map(len, lines)) <= columns
        assert " ".join(" ".join(lines).split()).count(PAGES["classes"].summary) == 1


def test_terminal_without_line_characters_gets_the_text() -> None:
    """Where the encoding of a terminal has no line characters, the Markdown is printed as it is."""
    shown = shown_on_terminal("explain", "3", PYTHONIOENCODING="ascii")
    assert shown == PAGES["3"].text.encode("ascii", "backslashreplace").decode()


@pytest.mark.parametrize("words", [["explain"], ["explain", "numbers"]])
def test_closed_pipe_ends_in_silence(words: list[str]) -> None:
    """A reader that went away gives status 141 and no word."""
    ours, theirs = os.pipe()
    os.close(ours)
    done = subprocess.run(command(*words), stdout=theirs, stderr=subprocess.PIPE, timeout=60, check=False)
    os.close(theirs)
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_slip_is_refused_with_what_was_meant() -> None:
    """An unknown name is wrong use (2), with the close names, else with the way to the list; nothing is printed."""
    found = xent("explain", "prob-summ")
    assert (found.status, found.out) == (2, "")
    assert "There is no page 'prob-summ'. Did you mean prob-sum" in found.err
    assert "'xent explain' lists all pages." in xent("explain", "qqqq").err
    assert xent("explain", "prob-sum", "more").status == 2


def test_name_in_the_refusal_is_shown_and_not_obeyed() -> None:
    """The unknown name is text of the user: escape sequences in it are spelt out."""
    found = xent("explain", "\x1b[31mred")
    assert found.status == 2
    assert ESCAPE not in found.err
    assert "\\x1b[31mred" in found.err


def test_explaining_loads_nothing_heavy() -> None:
    """A page in a pipe needs none of the packages that take long to load."""
    script = (
        "import sys\nfrom xent_cli.cli.border import main\nassert main(['explain', 'gates']) == 0\n"
        "assert not {'numpy', 'pandas', 'pyarrow', 'rich'} & set(sys.modules), sys.modules.keys()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")


def test_names_complete_in_the_shell() -> None:
    """A shell completes the names of pages."""
    env = {**os.environ, "_XENT_COMPLETE": "bash_complete", "COMP_WORDS": "xent explain prob-", "COMP_CWORD": "2"}
    done = subprocess.run(command(), env=env, capture_output=True, timeout=60, check=False)
    assert done.stdout.decode().split() == ["plain,prob-range", "plain,prob-sum"]


def test_error_ends_with_its_page() -> None:
    """An error of the data says what to read, in one short last line; -q keeps it, -qq says nothing."""
    for words in ((), ("-q",)):
        found = xent("score", "-", *words, stdin=BAD)
        assert found.status == 3
        assert found.err.splitlines()[-2].startswith("  help: ")
        assert found.err.splitlines()[-1] == "  page: xent explain prob-range"
    assert xent("score", "-", "-qq", stdin=BAD).err == ""


def test_error_that_says_all_points_nowhere() -> None:
    """Where the page adds nothing to the message there is no line for it."""
    found = xent("score", "nowhere.csv")
    assert found.status == 3
    assert "xent explain" not in found.err
    assert "xent explain" not in xent("score", "-", "--confidence", "95", stdin=BAD).err


def test_every_error_points_to_a_page_or_is_known_to_say_all() -> None:
    """The list of errors without a pointer names codes that exist."""
    modules = read(Path(xent_cli.__file__).parent)
    assert explain.SELF_EXPLANATORY - set(issued(modules, "Problem") | counted_rules(modules)) == set()


def test_error_in_json_names_its_page() -> None:
    """The JSON error has the name of the page, null where the message says all, as its schema has it."""
    for words, stdin, expected in ((("-",), BAD, "prob-range"), (("nowhere.csv",), b"", None)):
        found = xent("score", *words, "--json", stdin=stdin)
        document = json.loads(found.err)
        validate(document, json.loads(schema_text("error")))
        assert document["errors"][0]["explain"] == expected


def test_error_in_python_names_its_page(tmp_path: Path) -> None:
    """The text of an exception is what the command prints, and each problem has the name of its page."""
    bad = tmp_path / "bad.csv"
    bad.write_bytes(BAD)
    with pytest.raises(xent_cli.DataError) as caught:
        xent_cli.score(str(bad))
    assert caught.value.problems[0].explain == "prob-range"
    assert f"{caught.value}\n" == xent("score", bad).err
