"""Print what a run runs on: the Python, where xent_cli was imported from, and the versions it depends on."""

from __future__ import annotations

import importlib.util
import platform
import sys
from importlib.metadata import version

PACKAGES = ("xent-cli", "click", "numpy", "pandas", "pyarrow", "rich")


def main() -> None:
    """Print one line."""
    spec = importlib.util.find_spec("xent_cli")
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    sys.stdout.write(f"Python {platform.python_version()}, {packages}; xent_cli is {spec and spec.origin}\n")


if __name__ == "__main__":
    main()
