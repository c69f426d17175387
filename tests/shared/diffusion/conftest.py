"""Tiny models on a busy machine: more threads only wait for each other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """For what this process computes; and the engine can be imported by whatever test comes first."""
    import torch

    from vtb.diffusion.pipelines import import_engine

    import_engine()
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
