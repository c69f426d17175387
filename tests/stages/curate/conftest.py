"""The mazes that the tests of this folder curate."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.command_line import call
from stages.curate.curate_runs import LINE, MAZE


@pytest.fixture(scope="session")
def mazes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("curate") / "mazes"
    assert call(MAZE, *LINE, "--output", folder).code == 0
    return folder
