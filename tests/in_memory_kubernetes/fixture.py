"""The fixture `kubernetes`, which tests/conftest.py makes known."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from in_memory_kubernetes.cluster import Kubernetes


@pytest.fixture
def kubernetes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kubernetes]:
    """A fresh cluster in memory, which KUBECONFIG points to."""
    with Kubernetes() as cluster:
        monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
        yield cluster
