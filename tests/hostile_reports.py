"""A report in which every text that comes from elsewhere tries to be something else, and one that is far too long."""

from __future__ import annotations

from dataclasses import replace
from math import inf, nan

from tests.sample_reports import binary
from xent_cli.contract.interval import Interval
from xent_cli.contract.report import ClassRow, Gate, GroupRow, Input, Notice, Report, Sample

HOSTILE = (
    "a|b",
    "`rm -rf`",
    "``` \\| `",
    "back\\slash\\",
    "<script>alert(1)</script>",
    "<!-- hidden",
    "]]>",
    "&amp;&lt;",
    "[link](javascript:alert(1))",
    "![image](https://evil.example/x.png)",
    "**bold** _it_ ~~gone~~",
    "@everyone #1 GH-1",
    ":smile:",
    "https://evil.example",
    "www.evil.example",
    "someone@evil.example",
    "::error title=x::boo",
    "%0A::stop-commands::x",
    "two\nlines\r\nthree",
    "\x1b[31mred\x00\x07",
    "\u202eesrever\u2066",
    "\ud800 \ufffe \U0010ffff",
    "# comment",
    "quote \" and ' and $HOME",
    'x"} 1\nxent_loss_mean 0',
    "{{ inputs.files }} ${{ secrets.X }}",
    "| --- |",
    "- item",
    "1. item",
    "---",
    "$a^2$",
    "[ ] task",
    "\u0645\u0631\u062d\u0628\u0627 \u4f60\u597d \U0001f600 e\u0301",
    "",
)
"""Texts that are markup, commands, links, quotes or worse in one format or another."""


def hostile() -> Report:
    """Hostile texts as names of groups, gates, classes, samples, files, notices, and in the signature."""
    base = binary()
    ci = Interval(0.95, 0.1, 0.9, "student-t")
    return replace(
        base,
        signature="xent:0.1|w:" + "".join(HOSTILE) + "|n:4",
        inputs=tuple(Input(f"{text}.csv", text, 1, None) for text in HOSTILE[:9]),
        columns=replace(base.columns, id="id"),
        classes=tuple(ClassRow(text, 1, 0.5, 0.5, 0.1) for text in HOSTILE),
        groups=tuple(
            GroupRow(text or "(empty)", 5, 0.5, 0.1, ci, 0.1, flagged=True, p=0.01, values=(text,)) for text in HOSTILE
        ),
        samples=tuple(Sample(row, text, text, 0.5, 0.6931, 1.0) for row, text in enumerate(HOSTILE, 1)),
        gates=tuple(
            Gate("max-group-loss", 0.4, 0.5, "fail" if place % 2 else "pass", f"because of {text}", text)
            for place, text in enumerate(HOSTILE)
        ),
        notices=tuple(Notice("note", f"a notice with {text}") for text in HOSTILE),
    )


def undefined() -> Report:
    """Numbers that are infinite or do not exist, everywhere."""
    base = binary()
    none = Interval(0.95, nan, nan, "undefined: an infinite loss")
    loss = replace(base.loss, mean=inf, sum=inf, std=nan, se=nan, ci=none, max=inf, quantiles={"0.5": nan, "0.9": inf})
    return replace(
        base,
        loss=loss, perplexity=inf, log_likelihood=-inf, geometric_mean_probability=0.0, macro_mean=inf,
        groups=(GroupRow("a", 2, inf, nan, none, nan), GroupRow("b", 0, nan, nan, none, nan)),
        gates=(Gate("max-loss", 1.0, inf, "fail"), Gate("max-loss", 1.0, nan, "fail", "no upper end")),
    )  # fmt: skip


def endless(count: int, groups: int = 10_000) -> Report:
    """So many classes and samples, and so many groups, gates, files and notices, with names of 200 characters."""
    base = binary()
    name, ci = "<&|`\u4f60\U0001f600" * 34, Interval(0.95, 0.1, 0.9, "student-t")
    few = range(groups)
    return replace(
        base,
        signature="x|" * 100_000,
        inputs=tuple(Input(f"{name}{place}", "csv", 1, None) for place in few),
        classes=(ClassRow(name, 1, 0.5, 0.5, 0.1),) * count,
        groups=(GroupRow(name, 5, 0.5, 0.1, ci, 0.1, flagged=True, p=0.5, values=(name,)),) * len(few),
        samples=(Sample(1, name, name, 0.5, 0.6931, 1.0),) * count,
        gates=tuple(Gate("max-group-loss", 0.4, 0.5, "fail", name * 10, f"{place}{name}") for place in few),
        notices=(Notice("note", name * 10),) * len(few),
    )
