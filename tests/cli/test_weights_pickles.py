"""``vtb weights fetch`` of a model that is published as a pickle: it is converted, here or elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.local_hub import StartHub, check, fetch, published
from cli.local_hub import hub as hub  # a fixture
from tiny_perception import tiny_orienter
from vtb.perception.published import WEIGHTS


def test_a_pickle_that_lies_there_needs_no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    place = tmp_path / "orient-anything-large"
    place.mkdir()
    (place / "dino_weight.pt").write_bytes((tiny_orienter() / "dino_weight.pt").read_bytes())
    assert "still to be converted: vtb weights fetch" in check(tmp_path)[1]["orient-anything-large"]
    assert fetch("orient-anything-large", tmp_path).code == 0
    assert (place / "dino_weight.pt").is_file()  # which is the user's
    done = fetch("pi3", tmp_path)
    assert done.code == 75
    assert "Traceback" not in done.err


def test_without_torch_a_pickle_is_brought_and_it_is_said_where_to_convert_it(
    hub: StartHub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hub(published(WEIGHTS["orient-anything-large"]))
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "torch", None)
        done = fetch("orient-anything-large", tmp_path)
    assert done.code == 4
    assert "converting published weights needs torch and safetensors: run this where models run" in done.error_lines[0]
    assert [path.name for path in (tmp_path / "orient-anything-large").iterdir()] == ["dino_weight.pt"]
    assert fetch("orient-anything-large", tmp_path).code == 0


PICKLES: dict[str, Callable[[], object]] = {
    "shared": lambda: (lambda tensor: {"a": tensor, "b": tensor})(_torch().zeros(4)),
    "larger than its file": lambda: {"a": _torch().zeros(1).expand(1 << 40)},
    "no shapes": lambda: {"dinov2.embeddings.cls_token": _torch().zeros(())},
    "a list": lambda: [_torch().zeros(1)],
}


def _torch() -> Any:
    import torch

    return torch


@pytest.mark.parametrize("case", PICKLES)
def test_pickles_of_odd_tensors(case: str, tmp_path: Path) -> None:
    place = tmp_path / "orient-anything-large"
    place.mkdir()
    _torch().save(PICKLES[case](), place / "dino_weight.pt")
    done = fetch("orient-anything-large", tmp_path)
    assert (done.code, len(done.error_lines), "internal" in done.err) == (3, 1, False), done.err
