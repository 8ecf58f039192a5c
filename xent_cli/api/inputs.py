"""What is read: files, addresses, standard input or tables in memory, with how to open each of them."""

from __future__ import annotations

from dataclasses import replace
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

from xent_cli import readers
from xent_cli.columns.selectors import join_names, keys_of
from xent_cli.contract.errors import Problem, UsageError
from xent_cli.contract.frozen import record, struct
from xent_cli.system import stores

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO, Protocol

    from xent_cli.contract.report import Input
    from xent_cli.engine.data_set import Opener
    from xent_cli.readers.interface import TableFile

    class HasStdin(Protocol):
        """An object that gives access to standard input."""

        @property
        def stdin(self) -> BinaryIO:
            """Standard input, as bytes."""


@record
class MemoryTable:
    """A table in memory, and what to call it."""

    content: Any
    address: str = "<memory>"
    kind: str = "memory"


@struct
class Inputs:
    """Files or tables in the order of the data, and how to read them; `labels` is another one with the labels.

    `name` is what a comparison calls them.
    """

    targets: tuple[readers.Target | MemoryTable, ...]
    format: str | None = None
    delimiter: str | None = None
    process: Any = None
    labels: readers.Target | MemoryTable | None = None
    keys: tuple[str, ...] = ()
    name: str = ""

    def with_labels(self, source: Any, on: str | None) -> Inputs:
        """The same inputs with the labels of another one: paired by the columns `on`, else by position."""
        if source is None:
            if on is not None:
                message = "--on names the key of --labels, and there are none"
                raise UsageError(Problem("option", message, help="add --labels FILE"))
            return self
        found = _targets(source, "<memory>")
        if len(found) != 1:
            raise UsageError(Problem("option", f"--labels {source} is {len(found):,} files", help="name one file"))
        if found[0].kind == "stdin" and any(target.kind == "stdin" for target in self.targets):
            message = "standard input (-) is named for the predictions and for the labels"
            raise UsageError(Problem("stdin-twice", message, help="save one of them to a file first"))
        return replace(self, labels=found[0], keys=() if on is None else keys_of(on))

    def files(self) -> tuple[str, ...]:
        """Every file that is read, under one name each: paths, addresses of objects, - for standard input."""
        return tuple(
            stores.canonical(target.filesystem, target.address)
            if isinstance(target, readers.Target) and target.kind == "remote"
            else target.address
            for target in self._all()
            if target.kind != "memory"
        )

    def repeatable(self) -> bool:
        """Whether the input can be read twice: pipes cannot. A stream in memory is refused at the second read."""
        from pathlib import Path

        return all(target.kind in {"remote", "memory"} or Path(target.address).is_file() for target in self._all())

    def openers(self) -> tuple[Opener, ...]:
        """One opener a file of predictions."""
        openers = tuple(self._opener(target) for target in self.targets)
        return openers if self.labels is None else joined(openers, self._opener(self.labels), self.keys)

    def expected_rows(self) -> int | None:
        """About how many rows there are, None where that is not known before they are read."""
        files = [target for target in self.targets if isinstance(target, readers.Target)]
        return readers.expected_rows(files, self.format, self.delimiter) if len(files) == len(self.targets) else None

    def words(self, read: Sequence[Input]) -> list[str]:
        """The files that were read as the words of a command."""
        paths = [file.path for file in read]
        if self.labels is None:
            return paths
        return [*paths[:-1], "--labels", paths[-1], *(["--on", join_names(self.keys)] if self.keys else [])]

    def _all(self) -> tuple[readers.Target | MemoryTable, ...]:
        """Everything that is read."""
        return self.targets if self.labels is None else (*self.targets, self.labels)

    def _opener(self, target: readers.Target | MemoryTable) -> Opener:
        """What opens one file or table."""
        if isinstance(target, MemoryTable):
            from xent_cli.readers.arrow.in_memory import open_table

            return lambda: open_table(target.content, target.address)
        standard = target.kind == "stdin"

        def opener() -> TableFile:
            return readers.open_file(
                target, format=self.format, delimiter=self.delimiter, stdin=self.process.stdin if standard else None
            )

        return opener


def inputs_of(
    source: Any,
    labels: Any,
    on: str | None,
    format: str | None = None,
    delimiter: str | None = None,
    process: Any = None,
    name: str = "<memory>",
) -> Inputs:
    """A source (paths, globs, directories, addresses, - or a table called `name`) with the labels of another one."""
    called = fspath(source) if isinstance(source, (str, PathLike)) else name
    inputs = Inputs(_targets(source, name), format, delimiter, process, name="<stdin>" if called == "-" else called)
    return inputs.with_labels(labels, on)


def _targets(source: Any, name: str) -> tuple[readers.Target | MemoryTable, ...]:
    """Everything that a source names."""
    if isinstance(source, (str, PathLike)):
        return readers.expand((fspath(source),))
    if isinstance(source, (list, tuple)) and not source:
        raise UsageError(Problem("no-file", "there is no file in the list", help="name at least one"))
    if isinstance(source, (list, tuple)) and all(isinstance(path, (str, PathLike)) for path in source):
        return readers.expand(tuple(fspath(path) for path in source))
    return (MemoryTable(source, name),)


def joined(openers: tuple[Opener, ...], labels: Opener, keys: tuple[str, ...]) -> tuple[Opener, ...]:
    """Files of predictions joined with the labels of another file."""
    from xent_cli.readers.joins.file import Join

    return Join(labels, keys, len(openers)).openers(openers)
