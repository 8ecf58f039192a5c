"""A JUnit report with a test case for each gate, or one that says "scored" where there are none."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from xent_cli.contract.text import exact
from xent_cli.renderers import words
from xent_cli.renderers.ci.figures import figures
from xent_cli.renderers.view import View

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from xent_cli.contract.report import Gate, Report
    from xent_cli.renderers.ci.figures import Figure

_PLAIN = View()


def render_junit(report: Report, view: View | None = None) -> str:
    """One suite. Everything foreign is printable before it is escaped, so that no character is one XML refuses."""
    del view  # a document, whatever it is shown on
    passed = {"scored": f"{words.kind(report)} {words.mean(report, _PLAIN)}"}
    return suite(f"xent {words.files(report, _PLAIN)}", figures(report), report.signature, report.gates, passed)


def suite(
    name: str, numbers: Iterable[Figure], signature: str, gates: Sequence[Gate], without: Mapping[str, str]
) -> str:
    """A document of one suite: a case for each gate, or those of `without` (with the text of each) if there is none.

    GitLab shows the class name of a case as its suite, so that is the name of the suite too.
    """
    failed = sum(gate.status != "pass" for gate in gates)
    counts = f'tests="{len(gates) or len(without)}" failures="{failed}" errors="0" skipped="0" time="0"'
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="xent" {counts}>',
        f'  <testsuite name="{_attribute(name)}" {counts}>',
        *_properties(numbers, signature),
        *(_cases(name, gates) if gates else _passed(name, without)),
        "  </testsuite>",
        "</testsuites>",
    ]
    return "".join(f"{line}\n" for line in lines)


def _properties(numbers: Iterable[Figure], signature: str) -> Iterator[str]:
    """The numbers of the report and its signature."""
    yield "    <properties>"
    for figure in numbers:
        yield f'      <property name="{figure.name}" value="{_attribute(_number(figure.value))}"/>'
    yield f'      <property name="signature" value="{_attribute(_PLAIN.text(signature))}"/>'
    yield "    </properties>"


def _number(value: float) -> str:
    """A count, or a number with all its digits."""
    return str(value) if isinstance(value, int) else exact(value)


def _passed(suite: str, without: Mapping[str, str]) -> Iterator[str]:
    """The cases of a report without gates."""
    for name, text in without.items():
        yield f'    <testcase classname="{_attribute(suite)}" name="{_attribute(name)}" time="0">'
        yield f"      <system-out>{escape(text)}</system-out>"
        yield "    </testcase>"


def _cases(suite: str, gates: Sequence[Gate]) -> Iterator[str]:
    """A case for each gate; of two with the same name a reader keeps only the first, so there are none."""
    for gate, name in zip(gates, _names(gates), strict=True):
        yield f'    <testcase classname="{_attribute(suite)}" name="{_attribute(name)}" time="0">'
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
