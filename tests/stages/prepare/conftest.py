"""What the tests of this folder prepare, in every form."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.command_line import call
from stages.prepare.prepare_runs import LINE, MAZE, good


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Raw mazes with and without printed IDs, a curated set, and a folder."""
    base = tmp_path_factory.mktemp("prepare")
    assert call(MAZE, *LINE, "--show-cell-ids", "--output", base / "printed").code == 0
    assert call(MAZE, *LINE, "--output", base / "mazes").code == 0
    assert call(MAZE, *LINE, "--layout", "folder", "--output", base / "folder").code == 0
    shares = ("--val", "0.3", "--test", "0.3", "--samples-per-shard", "6", "--workers", "1")
    assert call("vtb-curate", "--input", base / "printed", "--output", base / "curated", *shares).code == 0
    good(base / "dataset", base / "curated")
    return base
