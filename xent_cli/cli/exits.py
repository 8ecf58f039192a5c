"""The exit statuses, and the exceptions that end a run on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xent_cli.contract.errors import XentError


INTERRUPTED, CLOSED_PIPE, BUG = 130, 141, 70


class ClosedPipe(Exception):  # noqa: N818  (not an error: the reader has seen enough)
    """The reader of standard output went away."""


class ErrorStyle(NamedTuple):
    """How a failure is shown: the flags that errors follow too."""

    format: str | None = None
    color: str = "auto"
    quiet: int = 0
    debug: bool = False

    @classmethod
    def of(cls, flags: Mapping[str, Any]) -> ErrorStyle:
        """The style that the flags of a command ask for, as far as they could be read."""
        format_ = "json" if flags.get("json") else flags.get("format")
        return cls(format_, flags.get("color") or "auto", flags.get("quiet") or 0, bool(flags.get("debug")))


class Refused(Exception):  # noqa: N818  (the error is the one that it carries)
    """A refusal by a command whose flags are known, those of the configuration too."""

    def __init__(self, error: XentError, style: ErrorStyle) -> None:
        super().__init__(str(error))
        self.error = error
        self.style = style
