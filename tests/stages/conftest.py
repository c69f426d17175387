"""Small folders in the forms of benchmarks, for all stages that make or read them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from stages.benchmark_folders import LAYOUTS, generate


@pytest.fixture(scope="session")
def benchmark_folders(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """One of each benchmark, by its name."""
    base = tmp_path_factory.mktemp("benchmarks")
    for layout in LAYOUTS:
        done = generate(layout, base / layout, "--workers", 1)
        assert done.code == 0, done.err
    return {layout: base / layout for layout in LAYOUTS}
