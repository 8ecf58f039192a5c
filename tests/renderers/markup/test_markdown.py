"""The Markdown document, read by a Markdown parser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.hostile_reports import HOSTILE, endless, hostile, undefined
from tests.sample_reports import binary, reports, sparse
from xent_cli.contract.report import Report
from xent_cli.contract.text import visible
from xent_cli.renderers.markup.markdown import render_markdown
from xent_cli.renderers.view import View

STRUCTURE = {
    "heading_open", "heading_close", "paragraph_open", "paragraph_close", "table_open", "table_close", "thead_open",
    "thead_close", "tbody_open", "tbody_close", "tr_open", "tr_close", "th_open", "th_close", "td_open", "td_close",
    "bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close", "inline",
}  # fmt: skip
INLINE = {"text", "html_inline", "strong_open", "strong_close"}


def parsed(report: Report) -> list[Token]:
    """The tokens of the document, read as GitHub reads it: with tables and strikethrough, HTML let through."""
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(render_markdown(report, View()))


def tables(tokens: list[Token]) -> Iterator[list[list[str]]]:
    """Each table as rows of the texts of its cells."""
    rows: list[list[str]] = []
    for before, token in pairwise(tokens):
        if token.type == "table_open":
            rows = []
        elif token.type == "tr_open":
            rows.append([])
        elif before.type in {"td_open", "th_open"}:
            rows[-1].append(text(token))
        elif token.type == "table_close":
            yield rows


def text(token: Token) -> str:
    """The text of an inline token."""
    return "".join(child.content for child in token.children or [] if child.type == "text")


@pytest.mark.parametrize("report", [*reports().values(), hostile(), undefined()])
def test_foreign_text_is_never_markup(report: Report) -> None:
    """Whatever names, paths and notices say, the document is headings, tables, lists and text; HTML is <code> alone."""
    for token in parsed(report):
        assert token.type in STRUCTURE
        for child in token.children or []:
            assert child.type in INLINE
            assert child.type != "html_inline" or child.content in {"<code>", "</code>"}


def test_hostile_names_are_read_back_as_they_are_shown() -> None:
    """Every row has all its cells, and the name in the first is the foreign text made visible."""
    found = list(tables(parsed(hostile())))
    assert all(len(row) == len(rows[0]) for rows in found for row in rows)
    groups = next(rows for rows in found if rows[0][0] == "group")
    assert [row[0] for row in groups[1:]] == [visible(name) or "(empty)" for name in HOSTILE]
    gates = next(rows for rows in found if rows[0][0] == "gate")
    assert {row[4] for row in gates[1:]} == {f"because of {visible(name, 500)}" for name in HOSTILE}


def test_nothing_is_left_for_github_to_find() -> None:
    """Outside entities there is no mention, link, emoji, math or comment that GitHub looks for after parsing."""
    raw = re.sub(r"&#[0-9]+;", "", render_markdown(hostile(), View()))
    body = raw.replace("<code>", "").replace("</code>", "").replace("**", "")
    assert not re.search(r"[@`$\\~^{}\[\]]|https?:|www\.|::|<|>|!\[", body)


def test_verdict_comes_first() -> None:
    """The first line has the verdict of the gates, the second the mean with its interval; failed gates lead."""
    lines = render_markdown(binary(), View()).splitlines()
    assert lines[0] == "## xent: fail"
    assert lines[2].startswith("**binary cross-entropy 1.21301 ± 0.331819 nats** (95% interval 0.157013 to 2.269")
    gates = next(tables(parsed(binary())))
    assert gates[1:] == [["max-loss", "1.21301", "1.213", "fail", ""], ["max-perplexity", "3.36359", "4", "pass", ""]]
    passed = replace(binary(), gates=(), status="none")
    assert render_markdown(passed, View()).startswith("## xent: scored\n")


def test_groups_that_differ_are_marked_in_words() -> None:
    """A flagged group has a word in its row, and a sentence names it."""
    first, second = sparse().groups
    report = replace(sparse(), groups=(replace(first, flagged=True, p=1e-9), second))
    groups = next(rows for rows in tables(parsed(report)) if rows[0][0] == "group")
    assert [row[-2:] for row in groups[1:]] == [["1e-09", "differs"], ["n/a", ""]]
    assert "1 of 2 groups differs from the rest&#58; indoor" in render_markdown(report, View())


def test_document_stays_below_200_kb() -> None:
    """A million classes and samples, 10,000 gates, groups, files and notices with long names: lists are cut."""
    document = render_markdown(endless(1_000_000), View())
    assert 20_000 < len(document.encode()) < 200_000
    cut = {count: document.count(f"… {count} more") for count in ("999,980", "999,990")}
    assert cut == {"999,980": 1, "999,990": 1}
    assert document.count(" more\n") == 6
    assert document.startswith("## xent: fail\n")


def test_plain_output_is_ascii() -> None:
    """Where the stream has no other characters the document has none either."""
    assert render_markdown(hostile(), View(unicode=False)).isascii()
