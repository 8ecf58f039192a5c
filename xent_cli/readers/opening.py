"""Which reader a file gets: the first bytes decide; a given format and the name are checked against them."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from xent_cli.contract.errors import Problem, UsageError
from xent_cli.contract.report import Notice
from xent_cli.readers.refusals import refuse
from xent_cli.readers.sources import magic
from xent_cli.readers.sources.byte_source import ByteSource, open_source
from xent_cli.readers.sources.foreign import foreign, refuse_foreign

if TYPE_CHECKING:
    from xent_cli.contract.errors import DataError
    from xent_cli.readers.interface import TableFile, Target

WRONG_MAGIC_HELP = "--input-format csv reads it as text, if that is what it is"
FORMATS = ("csv", "parquet", "arrow")
EXTENSIONS = {
    ".parquet": "parquet",
    ".parq": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".arrows": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
}


def open_file(
    target: Target, *, format: str | None = None, delimiter: str | None = None, stdin: BinaryIO | None = None
) -> TableFile:
    """Open an input with the reader for its content. `format` is "csv", "parquet", "arrow" or None."""
    _check_flags(format, delimiter)
    source = open_source(target, stdin)
    try:
        return _reader(source, format, delimiter)
    except BaseException:
        source.stream.close()
        raise


def _reader(source: ByteSource, format: str | None, delimiter: str | None) -> TableFile:
    """The reader for what the first bytes are."""
    found = magic.table_format(source.head)
    if format is not None and format != _family(found):
        raise _contradiction(source, format, found)
    if found == "parquet":
        from xent_cli.readers.parquet.file import ParquetFile

        return ParquetFile(source)
    if found is not None:
        from xent_cli.readers.arrow.ipc import ArrowFile

        return ArrowFile(source, streamed=found == "arrow-stream")
    return _text(source, format, delimiter)


def _text(source: ByteSource, format: str | None, delimiter: str | None) -> TableFile:
    """The reader for text; refuses what is known to be something else."""
    from xent_cli.readers.csv.file import CsvFile

    other = foreign(source.head, source.path, given=format is not None)
    if other is not None:
        raise refuse_foreign(other, source.path)
    named = _named_format(source.path)
    if named is not None and format is None and b"\x00" in source.head:
        raise _wrong_magic(source, named)
    file = CsvFile(source, delimiter)
    if named is not None and format is None and len(file.names) == 1:
        raise _wrong_magic(source, named)
    if named is not None and format is None:
        message = f"the name says {named}, but the content is text: read as CSV"
        file.notices.append(Notice("format-by-content", message))
    return file


def _named_format(path: str) -> str | None:
    """The columnar format that the extension of a path says."""
    return next((name for extension, name in EXTENSIONS.items() if path.lower().endswith(extension)), None)


def _family(found: str | None) -> str:
    """The format to report for what the first bytes are."""
    return "csv" if found is None else found.removesuffix("-stream")


def _contradiction(source: ByteSource, format: str, found: str | None) -> DataError:
    """The refusal for a file that is not what the user said."""
    if found is None:
        return _wrong_magic(source, format)
    message = f"the file is {_family(found)}, not {format} as --input-format says"
    return refuse(
        "corrupt-file",
        source.path,
        message,
        help="leave --input-format out: the format is detected from the first bytes",
    )


def _wrong_magic(source: ByteSource, format: str) -> DataError:
    """The refusal for a file without the first bytes of its format."""
    name = {"parquet": "Parquet", "arrow": "Arrow"}[format]
    message = f"the file is not {name}: its first bytes are {source.head[:8]!r}"
    return refuse("corrupt-file", source.path, message, detail="read 8 bytes", help=WRONG_MAGIC_HELP)


def _check_flags(format: str | None, delimiter: str | None) -> None:
    """Refuse a format or delimiter that no reader knows."""
    if format is not None and format not in FORMATS:
        message = f"unknown input format {format!r}"
        raise UsageError(Problem("unknown-format", message, help=f"one of {', '.join(FORMATS)}"))
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n\0 ' or not delimiter.isascii()):
        message = f"the delimiter {delimiter!r} is not one plain character"
        raise UsageError(Problem("bad-delimiter", message, help="a comma, a tab, a semicolon or a pipe are usual"))
