"""Reading whole inputs in tests: the blocks of a file put together, their faults counted from the first row."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from xent_cli.contract.errors import DataError
from xent_cli.readers import expand, open_file
from xent_cli.readers.csv.file import CsvFile
from xent_cli.readers.interface import Request, Target
from xent_cli.readers.sources.byte_source import open_source

if TYPE_CHECKING:
    from pathlib import Path

    from xent_cli.contract.errors import Problem
    from xent_cli.readers.interface import Block, TableFile

BINARY = Request(coded=("label",), matrix=("prob",))


@dataclass
class Whole:
    """All blocks of an input as one."""

    rows: int = 0
    coded: dict[str, list[str | None]] = field(default_factory=dict)
    numbers: dict[str, list[float]] = field(default_factory=dict)
    matrix: list[list[float]] = field(default_factory=list)
    targets: list[list[float]] = field(default_factory=list)
    text: dict[str, list[str | None]] = field(default_factory=dict)
    faults: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    values: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    lines: list[int | None] = field(default_factory=list)
    blocks: int = 0
    notices: list[str] = field(default_factory=list)

    def add(self, block: Block) -> None:
        """Append a block."""
        for name, coded in block.coded.items():
            self.coded.setdefault(name, []).extend(coded.texts())
        for name, numbers in block.numbers.items():
            self.numbers.setdefault(name, []).extend(numbers.tolist())
        for name, text in block.text.items():
            self.text.setdefault(name, []).extend(text.to_pylist())
        self.matrix += [] if block.matrix is None else block.matrix.tolist()
        self.targets += [] if block.targets is None else block.targets.tolist()
        for fault in block.faults:
            key = (fault.rule, fault.column)
            self.faults.setdefault(key, []).extend((fault.rows + self.rows).tolist())
            self.values.setdefault(key, []).extend(fault.values)
        self.lines += [block.line(row) for row in range(block.rows)]
        self.rows += block.rows
        self.blocks += 1

    @property
    def column(self) -> list[float]:
        """The matrix of a single column."""
        return [row[0] for row in self.matrix]


def whole(file: TableFile, request: Request = BINARY) -> Whole:
    """Everything a file holds."""
    result = Whole()
    with file:
        for chunk in file.chunks(request):
            result.add(chunk.decode())
        result.notices = [notice.code for notice in file.notices]
    return result


def read(path: Path | str, request: Request = BINARY, **flags: Any) -> Whole:
    """Everything the files under a path hold."""
    (target,) = expand([str(path)])
    return whole(open_file(target, **flags), request)


def read_stdin(data: bytes, request: Request = BINARY, **flags: Any) -> Whole:
    """Everything that standard input holds."""
    (target,) = expand(["-"])
    return whole(open_file(target, stdin=io.BytesIO(data), **flags), request)


def read_csv(
    data: bytes, request: Request = BINARY, *, piece: int | None = None, delimiter: str | None = None
) -> Whole:
    """Everything that CSV bytes hold, read in chunks of about `piece` bytes."""
    source = open_source(Target("<stdin>", "-", "stdin"), io.BytesIO(data))
    return whole(CsvFile(source, delimiter, piece=piece), request)


def problem(action: Any, *words: Any, **flags: Any) -> Problem:
    """The one problem that an action refuses with."""
    with pytest.raises(DataError) as refused:
        action(*words, **flags)
    (found,) = refused.value.problems
    return found


def result(action: Any, *words: Any, **flags: Any) -> Whole | Problem:
    """What an action reads, or the problem that it refuses with."""
    try:
        found: Whole = action(*words, **flags)
    except DataError as error:
        return error.problems[0]
    return found


def bits(values: Any) -> list[int]:
    """Doubles as their bits, so that NaN equals NaN and −0.0 differs from 0.0."""
    found: list[int] = np.asarray(values, dtype=np.float64).view(np.int64).tolist()
    return found
