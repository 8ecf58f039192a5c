"""A JUnit report with a test case for each gate, or one that says "scored" where there are none."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from xent_cli.renderers import words
from xent_cli.renderers.figures import figures
from xent_cli.renderers.view import View
from xent_cli.text import exact

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xent_cli.results import Gate, Report

_PLAIN = View()


def render_junit(report: Report, view: View | None = None) -> str:
    """One suite. Everything foreign is printable before it is escaped, so that no character is one XML refuses."""
    del view  # a document, whatever it is shown on
    failed = sum(gate.status != "pass" for gate in report.gates)
    counts = f'tests="{len(report.gates) or 1}" failures="{failed}" errors="0" skipped="0" time="0"'
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="xent" {counts}>',
        f'  <testsuite name="{_attribute(_suite(report))}" {counts}>',
        *_properties(report),
        *(_cases(report) if report.gates else _scored(report)),
        "  </testsuite>",
        "</testsuites>",
    ]
    return "".join(f"{line}\n" for line in lines)


def _suite(report: Report) -> str:
    """The name of the suite: the files. GitLab shows the class name of a case as its suite, so that is it too."""
    return f"xent {words.files(report, _PLAIN)}"


def _properties(report: Report) -> Iterator[str]:
    """The numbers of the report and its signature."""
    yield "    <properties>"
    for figure in figures(report):
        yield f'      <property name="{figure.name}" value="{_attribute(_number(figure.value))}"/>'
    yield f'      <property name="signature" value="{_attribute(_PLAIN.text(report.signature))}"/>'
    yield "    </properties>"


def _number(value: float) -> str:
    """A count, or a number with all its digits."""
    return str(value) if isinstance(value, int) else exact(value)


def _scored(report: Report) -> Iterator[str]:
    """The one case of a report without gates."""
    text = f"{words.kind(report)} {words.mean(report, _PLAIN)}"
    yield f'    <testcase classname="{_attribute(_suite(report))}" name="scored" time="0">'
    yield f"      <system-out>{escape(text)}</system-out>"
    yield "    </testcase>"


def _cases(report: Report) -> Iterator[str]:
    """A case for each gate; of two with the same name a reader keeps only the first, so there are none."""
    suite = _attribute(_suite(report))
    for gate, name in zip(report.gates, _names(report.gates), strict=True):
        yield f'    <testcase classname="{suite}" name="{_attribute(name)}" time="0">'
        sentence = words.gate_sentence(gate, _PLAIN)
        if gate.status == "pass":
            yield f"      <system-out>{escape(sentence)}</system-out>"
        else:
            yield f'      <failure message="{_attribute(sentence)}" type="gate">{escape(sentence)}</failure>'
        yield "    </testcase>"


def _names(gates: Sequence[Gate]) -> Iterator[str]:
    """The names of the cases, a number behind those that were there before."""
    seen: dict[str, int] = {}
    for gate in gates:
        name = words.gate_name(gate, _PLAIN)
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name} ({seen[name]})"


def _attribute(text: str) -> str:
    """The value of an attribute."""
    return escape(text, quote=True)
