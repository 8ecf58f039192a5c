"""Files that must be refused, asked of `score` and `inspect`, as text and as JSON: all have to say the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.running import Answer, xent

if TYPE_CHECKING:
    from pathlib import Path

SKIP = "--on-bad-row skip scores the other rows and reports what was skipped; --max-skipped 1% bounds that"


def write(data: bytes | str, folder: Path, name: str = "preds.csv") -> Path:
    """A file of these bytes."""
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def refused(path: Path | str, *flags: object) -> list[str]:
    """The lines that refuse a file, its name shortened; `--json` and `inspect` have to agree with them.

    The last line of an error, with the page to read, is not among them.
    """
    answer = xent("score", path, *flags)
    assert (answer.status, answer.out) == (3, ""), answer.err
    lines = [line.replace(str(path), str(path).rpartition("/")[2]) for line in answer.words]
    rules = [line[len("error[") : line.index("]")] for line in lines if line.startswith("error[")]
    _as_json(path, flags, rules)
    _inspected(path, flags, rules)
    return lines


def _as_json(path: Path | str, flags: tuple[object, ...], rules: list[str]) -> None:
    """The same errors as one line of JSON on standard error, and nothing on standard output."""
    answer = xent("score", path, "--json", *flags)
    assert (answer.status, answer.out, answer.err.count("\n")) == (3, "", 1)
    document = json.loads(answer.err)
    assert (document["schema"], document["exit"]) == ("xent.error/1", 3)
    assert [error["rule"] for error in document["errors"]] == rules


def _inspected(path: Path | str, flags: tuple[object, ...], rules: list[str]) -> None:
    """`inspect` ends with the same status and names every rule."""
    answer = xent("inspect", path, *flags)
    assert answer.status == 3
    for rule in rules:
        assert f"error[{rule}]" in answer.out + answer.err


def score(path: Path | str, *flags: object) -> Any:
    """The report of a file that can be scored."""
    answer: Answer = xent("score", path, "--json", *flags)
    assert answer.status == 0, answer.err
    return answer.document


def codes(document: Any) -> set[str]:
    """The codes of the notices of a report."""
    return {notice["code"] for notice in document["notices"]}
