"""Exact cross-entropy of prediction files.

`score` reads a file or a table and returns a `Report`, `compare` several and returns a `Comparison`; `losses` holds
the kernels. Everything is imported on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from xent_cli._version import __version__

if TYPE_CHECKING:
    from xent_cli import losses
    from xent_cli.api.compare import compare
    from xent_cli.api.score import score
    from xent_cli.contract.comparison import Comparison
    from xent_cli.contract.documents import to_document
    from xent_cli.contract.errors import DataError, OutputError, Problem, UsageError, XentError
    from xent_cli.contract.report import Report

__all__ = [
    "Comparison",
    "DataError",
    "OutputError",
    "Problem",
    "Report",
    "UsageError",
    "XentError",
    "__version__",
    "compare",
    "losses",
    "score",
    "to_document",
]

_PLACES = {
    "score": "xent_cli.api.score",
    "compare": "xent_cli.api.compare",
    "Comparison": "xent_cli.contract.comparison",
    "Report": "xent_cli.contract.report",
    "to_document": "xent_cli.contract.documents",
    "DataError": "xent_cli.contract.errors",
    "OutputError": "xent_cli.contract.errors",
    "Problem": "xent_cli.contract.errors",
    "UsageError": "xent_cli.contract.errors",
    "XentError": "xent_cli.contract.errors",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name == "losses":
        return import_module("xent_cli.losses")
    if name in _PLACES:
        return getattr(import_module(_PLACES[name]), name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    """The public names."""
    return sorted(__all__)
