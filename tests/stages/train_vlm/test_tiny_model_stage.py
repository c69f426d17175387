"""``vtb-train-vlm tiny-model`` as a command: an artifact like any other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contract.command_line import call, run
from vtb.artifact import read_manifest
from vtb.cli.show import check_all
from vtb.store import open_store

if TYPE_CHECKING:
    from buckets import Bucket

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("family", ["qwen3_vl", "qwen2_5_vl"])
def test_writes_a_checkpoint_of_the_family(family: str, tmp_path: Path) -> None:
    done = call("vtb-train-vlm", "tiny-model", "--family", family, tmp_path)
    assert (done.code, done.out) == (0, f"{tmp_path}\n"), done.err
    manifest = read_manifest(str(tmp_path), ("checkpoint",))
    check_all(open_store(str(tmp_path)), manifest)
    assert json.loads((tmp_path / "config.json").read_text())["model_type"] == family
    assert manifest.plan.config == {"seed": 42, "family": family, "size": "tiny"}
    assert str(tmp_path) not in json.dumps(manifest.body())


@pytest.mark.store
def test_same_digest_in_another_process_and_store(s3: Bucket, tmp_path: Path) -> None:
    here = call("vtb-train-vlm", "tiny-model", tmp_path / "here", "--seed", 3)
    there = run("vtb-train-vlm", "tiny-model", "--output", f"{s3.uri}/there", "--seed", 3)
    other = call("vtb-train-vlm", "tiny-model", tmp_path / "other", "--seed", 4)
    assert (here.code, there.code, other.code) == (0, 0, 0), there.err
    first, second, third = (read_manifest(result.out.strip()) for result in (here, there, other))
    assert first.digest == second.digest != third.digest
    check_all(open_store(f"{s3.uri}/there"), second)


def test_again_and_dry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dry = call("vtb-train-vlm", "tiny-model", tmp_path / "out", "--dry-run")
    assert (dry.code, (tmp_path / "out").exists()) == (0, False)
    assert "a tiny qwen3_vl model" in dry.out
    assert call("vtb-train-vlm", "tiny-model", tmp_path / "out").code == 0
    monkeypatch.delattr("vtb_train_vlm.tiny_model.build_tiny_model")
    again = call("vtb-train-vlm", "tiny-model", tmp_path / "out")
    assert (again.code, "already complete" in again.err) == (0, True)
    other = call("vtb-train-vlm", "tiny-model", tmp_path / "out", "--family", "qwen2_5_vl")
    assert (other.code, "family: there 'qwen3_vl', here 'qwen2_5_vl'" in other.err) == (3, True)


def test_place_is_needed(tmp_path: Path) -> None:
    done = call("vtb-train-vlm", "tiny-model")
    assert (done.code, "give OUT or --output" in done.err) == (2, True)
    unknown = call("vtb-train-vlm", "tiny-model", tmp_path / "out", "--family", "llama")
    assert (unknown.code, "llama" in unknown.err) == (2, True)
