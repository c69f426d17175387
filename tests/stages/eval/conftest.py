"""The puzzles to which the tests of this folder give answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from stages.eval.answer_folders import write_puzzles


@pytest.fixture(scope="module")
def puzzles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_puzzles(tmp_path_factory.mktemp("world") / "puzzles")
