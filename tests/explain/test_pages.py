"""The pages of `xent explain`: one for each code that the source can issue, true, and each of their commands runs.

`pytest tests/explain --rewrite-golden` writes the output of today into the pages.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

import xent_cli
from tests.explain.issued_codes import Module, counted_rules, issued, read
from tests.places import SAMPLES
from tests.running import xent
from tests.shell import Shell
from tests.shown import CONSOLE, check, rewritten
from xent_cli import explain
from xent_cli.explain import Page

PACKAGE = Path(xent_cli.__file__).parent
PAGES = {page.name: page for page in explain.pages()}
TOPICS = (
    "files columns classes numbers weights uncertainty gates baselines json formats configuration performance security"
).split()  # what the pages have to cover
ROUTES = """
class _Dispute:
    rule: str
    noun: str
    def problem(self): return Problem(self.rule, "…")
RULES = {"counted-row": Rule("has", "have", "…"), "other-row": Rule("has", "have", "…")}
_NAMES = {5: "from-table", 6: "also-from-table"}
def _named(error): return _NAMES.get(error.errno, "or-default")
def raised(error): raise refuse(path, _named(error), "…")
def refuse(path, rule, message): return Problem(rule, message)
def direct(): return Problem("direct", "a message", help="no-code")
def by_keyword(): return Problem(message="…", rule="by-keyword")
def chosen(x): return Problem("if-so" if x else "if-not", "…")
def disputed(): return _Dispute("by-field", "label")
def remarked(): return Notice("a-notice", "…")
"""


def pages_of(*kinds: str) -> set[str]:
    """The names of the pages of some kinds."""
    return {page.name for page in PAGES.values() if page.kind in kinds}


@cache
def commands_of_xent() -> frozenset[str]:
    """Every command."""
    listed = xent("--help").out.partition("Commands:")[2].partition("Exit status")[0]
    return frozenset(re.findall(r"^  ([a-z]+) ", listed, re.MULTILINE))


@cache
def flags_of_xent() -> frozenset[str]:
    """Every flag of the scoring commands."""
    texts = (xent(command, "--help").out for command in ("score", "compare"))
    return frozenset(re.findall(r"--[a-z][a-z-]+", "".join(texts)))


def test_codes_are_found_however_they_get_there() -> None:
    """The reader of the source follows a code through parameters, fields, tables, choices and functions."""
    module = [Module("routes", ast.parse(ROUTES))]
    expected = "direct by-keyword if-so if-not by-field from-table also-from-table or-default"
    assert set(issued(module, "Problem")) == set(expected.split())
    assert set(issued(module, "Notice")) == {"a-notice"}
    assert set(counted_rules(module)) == {"counted-row", "other-row"}


def test_every_error_has_a_page_and_every_page_an_error() -> None:
    """The pages on errors are those of the codes that the source can issue, no more and no fewer."""
    modules = read(PACKAGE)
    codes = issued(modules, "Problem") | counted_rules(modules)
    assert {code: place for code, place in codes.items() if code not in pages_of("error")} == {}
    assert pages_of("error") - set(codes) == set()


def test_every_notice_has_a_page_and_every_page_a_notice() -> None:
    """So are those on notices; where a code is both, the page on the error says so."""
    codes = issued(read(PACKAGE), "Notice")
    assert {code: place for code, place in codes.items() if code not in pages_of("notice", "error")} == {}
    assert pages_of("notice") - set(codes) == set()
    for code in pages_of("error") & set(codes):
        assert "notice" in PAGES[code].text


def test_every_exit_status_has_a_page() -> None:
    """The statuses explained are those that the help lists."""
    said = xent("--help").out.partition("Exit status:")[2]
    assert pages_of("exit status") == set(re.findall(r"\b\d+\b", said))


def test_every_topic_has_a_page() -> None:
    """What a user has to know and no error says has a page."""
    assert set(TOPICS) <= pages_of("topic")


def test_a_name_has_one_page() -> None:
    """No two pages have the same name, so that `xent explain NAME` is never in doubt."""
    assert len(explain.names()) == len(set(explain.names())) == len(PAGES)


def test_names_are_found_in_any_case_and_close_ones_are_known() -> None:
    """A page is found by its name; what is misspelt has close names, what is far off has none."""
    assert explain.find("prob-sum") == explain.find("Prob-Sum") == PAGES["prob-sum"]
    assert explain.find("prob") is None
    assert explain.close_names("prob-summ")[0] == "prob-sum"
    assert "columns" in explain.close_names("colums")
    assert "one-cluster" in explain.close_names("cluster")
    assert explain.close_names("qqqq") == ()


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_page_has_its_form(page: Page) -> None:
    """A page has a title with a summary, cures where it is about an error, and lines that fit on a screen."""
    first, *rest = page.text.splitlines()
    assert first == f"# {page.name}: {page.summary}"
    assert page.summary
    assert not page.summary.endswith(".")
    assert page.kind != "error" or "## What to do" in page.text
    prose = re.sub(r"```.*?```", "", "\n".join(rest), flags=re.DOTALL).splitlines()
    assert [line for line in prose if len(line) > 100 and not line.startswith("|")] == []
    assert page.text.endswith("\n")
    assert page.text.count("```") % 2 == 0


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_page_names_what_there_is(page: Page) -> None:
    """Every other page, every command and every flag of xent that a page names exists."""
    for name in re.findall(r"xent explain ([a-z0-9-]+)", page.text):
        assert name in PAGES, name
    for name in re.findall(r"`(?:\S+ \| )?xent ([a-z]+)", page.text):
        assert name in commands_of_xent(), name
    known = flags_of_xent()
    others = {"--all", "--help", "--no-ff"}  # of xent config, of every command, of git
    prose = CONSOLE.sub("", page.text)
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", prose)) <= known | others


@pytest.mark.parametrize("page", [page for page in PAGES.values() if "```console" in page.text], ids=lambda it: it.name)
def test_commands_of_a_page_give_what_is_shown(page: Page, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Every command in a page gives the output that stands below it; those of statuses as processes."""
    processes = page.kind == "exit status"
    shell = Shell.of(tmp_path, SAMPLES, processes=processes)
    text = page.text
    if request.config.getoption("--rewrite-golden"):
        text = rewritten(text, shell)
        folder = next(folder for folder, kind in explain.FOLDERS.items() if kind == page.kind)
        (explain.HOME / folder / f"{page.name}.md").write_text(text, encoding="utf-8")
        shell = Shell.of(tmp_path / "again", SAMPLES, processes=processes)
    check(text, shell)


@pytest.mark.parametrize(
    "page", [page for page in PAGES.values() if page.kind in {"error", "notice"}], ids=lambda it: it.name
)
def test_example_is_of_its_page(page: Page) -> None:
    """The example of an error or notice shows that one, and not another."""
    shown = "".join(CONSOLE.findall(page.text))
    codes = re.findall(r"(?:error|notice)\[([a-z-]+)\]", shown) + re.findall(r'"rule": "([a-z-]+)"', shown)
    assert not codes or page.name in codes
