"""What `xent config` shows: schema `xent.config/1` as frozen values."""

from __future__ import annotations

from typing import Any

from xent_cli.contract.frozen import result


@result
class SettingRow:
    """The value of a flag, and where it came from: a variable, a file with its table, or "default".

    `key` is the flag, or COMMAND.FLAG where it holds for one command.
    """

    key: str
    value: Any
    origin: str


@result
class Settings:
    """What is configured. `file` is the file in effect, None where there is none."""

    schema: str
    file: str | None
    settings: tuple[SettingRow, ...]
