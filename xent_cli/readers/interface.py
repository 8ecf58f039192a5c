"""What every reader offers: a file with named columns, cut into chunks that decode to NumPy blocks.

A `TableFile` is read in one thread, in order; its chunks may be decoded in any thread. Faulty cells never stop a
file: they are NaN (numbers) or −1 (codes) in the block and listed in `Block.faults`.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import field
from typing import TYPE_CHECKING, Any, Protocol, Self

from xent_cli.contract.frozen import record, struct

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import TracebackType

    import numpy as np
    from numpy.typing import NDArray

    from xent_cli.contract.errors import Location
    from xent_cli.contract.report import Input, Notice
    from xent_cli.contract.row_columns import Coded

    Peek = Mapping[str, Sequence[Any]]
    """The first rows of columns: texts, lists for a list column."""

SHOWN_VALUES = 10
"""How many raw values a fault carries."""

SHOWN_WIDTH = 80
"""The longest raw value that is shown; a longer one ends in an ellipsis."""

REASON_WIDTH = 200
"""The longest reason of a library that is shown."""


@struct
class Target:
    """One thing to open: `path` is shown to users (no secrets in it), `address` is what is opened.

    `kind` is "file", "stdin" or "remote"; a remote address is a path inside `filesystem` (a pyarrow FileSystem).
    """

    path: str
    address: str = field(repr=False)
    kind: str = "file"
    filesystem: Any = field(default=None, repr=False, compare=False)


@struct
class ColumnType:
    """What a column holds: kind "untyped" (all of CSV), "number", "bool", "text", "list" (of numbers) or "other".

    `text` is the type as shown to users; `length` that of a fixed-size list.
    """

    kind: str
    text: str
    length: int | None = None


@struct
class Request:
    """Which columns are wanted, in which role.

    `coded` columns are factorised text, `numbers` single numeric columns; `matrix` and `targets` become (n, k)
    arrays, from one column per class or, with `matrix_list` / `targets_list`, from one list column whose lists all
    have `width` entries (None: the length of the first list). `text` columns are handed through as text.
    """

    coded: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    matrix: tuple[str, ...] = ()
    matrix_list: bool = False
    width: int | None = None
    targets: tuple[str, ...] = ()
    targets_list: bool = False
    text: tuple[str, ...] = ()

    def names(self) -> tuple[str, ...]:
        """Every wanted column once, in the order of the roles."""
        return tuple(dict.fromkeys((*self.coded, *self.numbers, *self.matrix, *self.targets, *self.text)))

    def lists(self) -> tuple[str, ...]:
        """The wanted list columns."""
        return (self.matrix if self.matrix_list else ()) + (self.targets if self.targets_list else ())

    def numeric(self) -> tuple[str, ...]:
        """The wanted columns of single numbers."""
        single = (self.numbers, () if self.matrix_list else self.matrix, () if self.targets_list else self.targets)
        return tuple(name for names in single for name in names)

    def textual(self) -> tuple[str, ...]:
        """The wanted columns that are read as text."""
        return (*self.coded, *self.text)


@record
class CellFault:
    """Cells of one column that break one rule: local 0-based rows, and the raw text of the first few of them."""

    rule: str
    rows: NDArray[np.int64]
    column: str
    values: tuple[str, ...]


class Origin(Protocol):
    """Where the rows of a block came from, asked only when a row must be shown."""

    def line(self, row: int) -> int | None:
        """The physical line (from 1) on which a local row starts; None for binary formats."""
        ...

    def cell(self, row: int, column: str) -> str:
        """The text of a cell for a message, "" where it is not known."""
        ...

    def home(self, row: int, columns: Sequence[str]) -> Location | None:
        """Where the cells of a row stand if not in the file itself: rows may be joined from two files."""
        ...


@record
class Block:
    """Decoded rows as NumPy arrays of equal length; `rows` counts the faulty ones too.

    `matrix` and `targets` are Fortran-ordered up to 32 columns, C-ordered above.
    """

    rows: int
    coded: Mapping[str, Coded]
    numbers: Mapping[str, NDArray[np.float64]]
    matrix: NDArray[np.float64] | None
    targets: NDArray[np.float64] | None
    text: Mapping[str, Any]
    faults: tuple[CellFault, ...]
    origin: Origin

    def line(self, row: int) -> int | None:
        """The physical line on which local row `row` starts, as an editor counts; None for binary formats."""
        return self.origin.line(row)

    def cell(self, row: int, column: str) -> str:
        """The text of a cell for a message, "" where it is not known."""
        return self.origin.cell(row, column)

    def home(self, row: int, columns: Sequence[str]) -> Location | None:
        """Where the cells of a row stand if not in the file itself: rows may be joined from two files."""
        return self.origin.home(row, columns)


class Chunk(Protocol):
    """Rows that are read but not yet decoded."""

    def decode(self) -> Block:
        """Decode, in any thread, at most once."""
        ...


@record
class Decoded:
    """A chunk that was decoded in order, since what it holds depends on the chunks before it."""

    block: Block

    def decode(self) -> Block:
        """Hand the block over."""
        return self.block


@struct
class ReadRemarks:
    """What was noticed while rows were read, and whether all had checksums (None: nobody looked)."""

    notices: tuple[Notice, ...] = ()
    checksums: bool | None = None


class Section(Protocol):
    """Rows of a file that can be read without those before them, in another process even."""

    @property
    def rows(self) -> int:
        """How many there are, 0 where that is not known before they are read."""
        ...

    def remarks(self) -> ReadRemarks:
        """What is known once all of them have been read."""
        ...

    def chunks(self) -> Iterator[Chunk]:
        """The rows in order. Raises `NotDivisibleError` where they cannot be read without those before them."""
        ...


class NotDivisibleError(Exception):
    """A file has to be read from its start after all."""


@struct
class JoinedLabels:
    """The file of labels that is read together with a file of predictions.

    `columns` leads from the names in the joined file to those in the file of labels; `keys` are in both files. The
    `notices` and the `input` are known once both files were read to their end.
    """

    path: str
    columns: Mapping[str, str]
    keys: tuple[str, ...]
    notices: tuple[Notice, ...] = ()
    input: Input | None = None


class TableFile(Protocol):
    """An open input. `bytes` is its size on disk, None for a stream; `notices` grows while it is read.

    Readers subclass it and so inherit what holds for most of them: no checksums, no second file, no sections.
    """

    path: str
    format: str
    bytes: int | None
    names: tuple[str, ...]
    types: tuple[ColumnType, ...]
    notices: list[Notice]
    checksums: bool | None = None
    """Whether everything that was read has a checksum, None where nobody looked."""

    labels: JoinedLabels | None = None
    """The file that the label columns are read from, None where they are in the file itself."""

    @property
    def expected_rows(self) -> int | None:
        """About how many rows there are, as far as that is known before they are read."""
        return None

    @abstractmethod
    def chunks(self, request: Request) -> Iterator[Chunk]:
        """The rows in order, as chunks that hold the wanted columns."""

    def sections(self, request: Request, count: int) -> Sequence[Section]:  # noqa: ARG002  (for readers that divide)
        """The rows in at most about `count` sections, in order; none where the file cannot be divided."""
        return ()

    def absorb(self, remarks: ReadRemarks) -> None:
        """Take over what was noticed while a section was read, perhaps in another process."""
        self.notices += remarks.notices
        if remarks.checksums is not None:
            self.checksums = remarks.checksums and self.checksums is not False

    def peek(self) -> Peek:
        """The first rows of all columns, at least some of them, by name; none where one cannot look ahead.

        To be asked for before `chunks`, which give these rows as well.
        """
        return {}

    @abstractmethod
    def close(self) -> None:
        """Release the input; the chunks already handed out stay valid."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def shorten(text: str, width: int = SHOWN_WIDTH) -> str:
    """A raw value cut to the width that a message can show."""
    return text if len(text) <= width else text[: width - 1] + "…"
