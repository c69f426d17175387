"""Benchmarks of other packages."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import EntryPoint

import pytest

from vtb import plug_ins
from vtb.benchmarks import registry


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    registry.benchmarks.cache_clear()
    yield
    registry.benchmarks.cache_clear()


@pytest.mark.parametrize("value", ["no.such.module:BENCHMARK", "vtb.benchmarks.registry:GROUP"])
def test_a_broken_one_is_named_and_left_out(
    value: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    whole = set(registry.benchmarks())
    registry.benchmarks.cache_clear()
    monkeypatch.setattr(plug_ins, "entry_points", lambda group: [EntryPoint("bad", value, group)])
    assert set(registry.benchmarks()) == whole
    assert f"benchmark 'bad' of {value}: cannot be loaded" in caplog.text
