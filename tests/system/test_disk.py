"""What systems do differently about files."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from xent_cli.system import disk


@pytest.mark.parametrize(
    ("path", "number"),
    [("/dev/stdout", 1), ("/dev/stderr", 2), ("/dev/fd/7", 7), ("/proc/self/fd/12", 12),
     ("/dev/fd/", None), ("/dev/stdout2", None), ("dev/stdout", None), ("/dev/null", None), ("c:\\dev\\stdout", None)],
)  # fmt: skip
def test_paths_that_name_open_streams(path: str, number: int | None) -> None:
    """Only whole paths of the forms that systems have for streams name one."""
    assert disk.open_descriptor(path) == number


def test_a_new_file_is_ours(tmp_path: Path) -> None:
    """A file or a link that is there already is never opened; bytes are written as they are."""
    path = tmp_path / "new"
    with disk.create(path, None) as file:
        file.write(b"a\nb\r\n")
    assert path.read_bytes() == b"a\nb\r\n"
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for taken in (path, tmp_path / "link"):
        with pytest.raises(FileExistsError):
            disk.create(taken, None)


def test_permissions_are_those_asked_for(tmp_path: Path) -> None:
    """The permissions of the file that is replaced hold whatever the umask is."""
    before = os.umask(0o077)
    try:
        disk.create(tmp_path / "new", 0o664).close()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o664


def test_folders_that_cannot_be_synced_are_left_in_peace(tmp_path: Path) -> None:
    """A folder that cannot be opened is no failure of the output in it."""
    disk.sync_folder(tmp_path)
    disk.sync_folder(tmp_path / "absent")
