"""Files of formats that no reader takes: what they are, from their first bytes, and the line that converts them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from xent_cli.contract.frozen import struct
from xent_cli.readers.refusals import refuse

if TYPE_CHECKING:
    from xent_cli.contract.errors import DataError


@struct
class Foreign:
    """What a file is, and the help, in which FILE stands for its path. `runs_code`: reading one runs what is in it."""

    what: str
    help: str
    runs_code: bool = False

    @property
    def message(self) -> str:
        """Why the file is not read."""
        reason = "and reading one runs the code in it" if self.runs_code else "which is not read"
        return f"the file is {self.what}, {reason}"

    def help_for(self, path: str) -> str:
        """The help for a file: with its path where that needs quotes neither in a shell nor in Python."""
        return self.help.replace("FILE", path) if re.fullmatch(r"[A-Za-z0-9_./][A-Za-z0-9_./-]*", path) else self.help


def _python(imports: str, table: str) -> str:
    """The command that makes a Parquet file of a table of pandas."""
    return f"python -c \"import {imports}pandas; {table}.to_parquet('FILE.parquet')\""


_ARRAYS = "pandas.DataFrame({{k: list(v) for k, v in {}.items()}})"

XZ = Foreign("xz-compressed", "xz -dc FILE | xent score -")
SEVEN_ZIP = Foreign("a 7-Zip archive", "7z x -so FILE | xent score -")
ZIP = Foreign("a zip archive", "unzip -p FILE | xent score -")
TAR = Foreign("a tar archive", "tar -xOf FILE | xent score -")
EXCEL = Foreign("an Excel workbook", "save the sheet as CSV, or: " + _python("", "pandas.read_excel('FILE')"))
OPEN_DOCUMENT = Foreign("an OpenDocument file", EXCEL.help)
FEATHER_1 = Foreign("a Feather file of version 1", "write it again as Feather 2 (Arrow IPC) or Parquet")
NPY = Foreign(
    "a NumPy array, without column names and labels",
    _python("numpy, ", "pandas.DataFrame(numpy.load('FILE')).add_prefix('p')") + "; --labels names the labels",
)
NPZ = Foreign("a NumPy archive (.npz)", _python("numpy, ", _ARRAYS.format("numpy.load('FILE')")))
SAFETENSORS = Foreign(
    "a safetensors file",
    _python("safetensors.numpy as s, ", _ARRAYS.format("s.load_file('FILE')")),
)
HDF5 = Foreign("an HDF5 file", "where pandas wrote it: " + _python("", "pandas.read_hdf('FILE')"))
AVRO = Foreign("an Avro file", _python("fastavro, ", "pandas.DataFrame(fastavro.reader(open('FILE', 'rb')))"))
ORC = Foreign("an ORC file", _python("", "pandas.read_orc('FILE')"))
SQLITE = Foreign("an SQLite database", "sqlite3 -header -csv FILE 'select * from TABLE' | xent score -")
PDF = Foreign("a PDF document", "export the table as CSV")
R_OBJECT = Foreign("an R object (RDS)", "Rscript -e \"arrow::write_parquet(readRDS('FILE'), 'FILE.parquet')\"")
JSON = Foreign("JSON", _python("json, ", "pandas.DataFrame(json.load(open('FILE')))"))
JSON_LINES = Foreign("JSON lines", _python("json, ", "pandas.DataFrame(map(json.loads, open('FILE')))"))
LFS = Foreign("a Git LFS pointer, not the data", "run git lfs pull")
PAGE = Foreign("an HTML or XML page", "download the file itself")
REPORT = Foreign("a report of xent", "score and compare take prediction files; --baseline of xent score takes a report")

_TRUSTED = "where you trust it, write it again as Parquet or with np.savez: "
PICKLE = Foreign("a Python pickle", _TRUSTED + _python("", "pandas.read_pickle('FILE')"), runs_code=True)
JOBLIB = Foreign(
    "a compressed Python pickle (joblib)",
    _TRUSTED + _python("joblib, ", "pandas.DataFrame(joblib.load('FILE'))"),
    runs_code=True,
)
TORCH = Foreign(
    "a PyTorch file (a pickle)",
    _TRUSTED + _python("torch, ", _ARRAYS.format("torch.load('FILE')").replace("list(v)", "v.tolist()")),
    runs_code=True,
)
OBJECTS = Foreign(
    "a NumPy array of Python objects (a pickle)",
    "where you trust it, write it again with np.save as an array of numbers or text, not of object",
    runs_code=True,
)

_STARTS = (
    ((b"\xfd7zXZ",), XZ),
    ((b"7z\xbc\xaf\x27\x1c",), SEVEN_ZIP),
    ((b"FEA1",), FEATHER_1),
    ((b"\x89HDF",), HDF5),
    ((b"Obj\x01",), AVRO),
    ((b"ORC",), ORC),
    ((b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",), EXCEL),
    ((b"%PDF-",), PDF),
    ((b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"), PICKLE),
    ((b"SQLite format 3\x00",), SQLITE),
    ((b"X\n\x00\x00\x00", b"RDX2\n", b"RDX3\n"), R_OBJECT),
)
_NUMPY = b"\x93NUMPY"
_ZIPPED = (b"PK\x03\x04", b"PK\x05\x06")
_SHEETS = (b"[Content_Types].xml", b"_rels/", b"docProps/", b"xl/")
_ZLIB = (b"x\x01", b"x\x5e", b"x\x9c", b"x\xda")
_TAR = slice(257, 262)

LOOK = 512
"""How many first bytes tell every format, where there are as many."""
FIRST_OF_TEXT = ord("\t")


def foreign(head: bytes, path: str, *, given: bool) -> Foreign | None:
    """What a file is that no reader takes, by its first bytes; text is taken for what the user says it is."""
    if head.startswith(_ZIPPED):
        return _archive(head)
    if head.startswith(_NUMPY):
        return OBJECTS if b"'|O'" in head else NPY
    if head[_TAR] == b"ustar":
        return TAR
    if head.startswith(_ZLIB) and _holds_pickle(head):
        return JOBLIB
    if head[8:10] == b'{"' and head[5:8] == b"\x00\x00\x00":  # the length of the header, then the header
        return SAFETENSORS
    found = next((kind for starts, kind in _STARTS if head.startswith(starts)), None)
    if found is ORC and min(head) >= FIRST_OF_TEXT:  # three letters that the name of a column may begin with
        found = None
    return found if given or found is not None else _text(head, path)


def refuse_foreign(found: Foreign, path: str, codec: str | None = None) -> DataError:
    """The refusal of a file that no reader takes; `codec` is what it was compressed with."""
    message = found.message if codec is None else found.message.replace(",", f" inside {codec} compression,", 1)
    cure = found.help_for(path) if codec is None else f"unpack it first; then {found.help}"
    return refuse("pickle" if found.runs_code else "unsupported-format", path, message, help=cure)


def _archive(head: bytes) -> Foreign:
    """What a zip archive is, by the name of its first member."""
    name = head[30 : 30 + int.from_bytes(head[26:28], "little")]
    if name.startswith(_SHEETS):
        return EXCEL
    if name == b"mimetype" and b"opendocument" in head:
        return OPEN_DOCUMENT
    if name.endswith(b"/data.pkl"):
        return TORCH
    return NPZ if name.endswith(b".npy") else ZIP


def _holds_pickle(head: bytes) -> bool:
    """Whether what zlib makes of these bytes begins as a pickle does."""
    import zlib

    try:
        return zlib.decompressobj().decompress(head, 2).startswith(b"\x80")
    except zlib.error:
        return False


def _text(head: bytes, path: str) -> Foreign | None:
    """What text is that is no table."""
    if head.startswith(b"version https://git-lfs"):
        return LFS
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        return PAGE
    if text.startswith(b"{") and b"".join(text.split()).startswith(b'{"schema":"xent.'):
        return REPORT
    if not (text.startswith((b"[", b"{")) and text[1:].lstrip().startswith((b"[", b"{", b'"'))):
        return None
    line, ended, _ = text.partition(b"\n")
    whole = line.rstrip().endswith(b"}") if ended else not re.search(r"\.json(\.|$)", path.lower())
    return JSON_LINES if line.startswith(b"{") and whole else JSON
