"""A run into S3 that nothing disturbed, and a server of a test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contract.command_line import call, files, without_run
from s3_server import S3Server
from stages.generate.maze_runs import make
from stages.generate.s3_runs import LINE, MAZE, OBJECTS, Held, HoldingProxy


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("undisturbed")
    assert call(MAZE, *LINE, "--workers", "1", "--output", folder).code == 0
    found = without_run(files(folder))
    assert len(found) == OBJECTS
    return found


@pytest.fixture
def held(tmp_path: Path, no_s3_env: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    with S3Server(tmp_path) as server, HoldingProxy(server.url) as proxy:
        server.make_bucket("bucket")
        for name, value in server.env.items():
            monkeypatch.setenv(name, value)
        yield Held(server, proxy, tmp_path / "bucket" / "o")


@pytest.fixture(scope="session")
def mazes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Mazes of two sizes in nine shards."""
    folder = tmp_path_factory.mktemp("mazes") / "whole"
    make(folder, "--workers", "1")
    return folder
