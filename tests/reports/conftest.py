"""The made-up repository that gates are tested with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gated import predictions
from tests.running import xent


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up repository: the model of main with its report, one that regresses, one that does not, one undecided."""
    folder = tmp_path_factory.mktemp("repository")
    predictions(folder / "main.csv", 0.75)
    predictions(folder / "worse.csv", 0.55)
    predictions(folder / "better.csv", 1.0)
    predictions(folder / "undecided.csv", 0.73)
    answer = xent("score", folder / "main.csv", "--output", f"json={folder / 'main.json'}", "-qq")
    assert answer.status == 0
    return folder
