"""Features that are kept are those that would be made, and a change of anything that made them is noticed."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from drawing import FEW, pipeline, rows, tiny
from drawing import one_thread as one_thread  # a fixture
from vtb.diffusion.feature_cache import FeatureCache, maker_digest
from vtb.diffusion.features import Features, encode
from vtb.diffusion.rows import load_sample
from vtb.diffusion.variants import VARIANTS


def never() -> Features:
    raise AssertionError("it is there already")


@pytest.mark.engine
@pytest.mark.parametrize("variant", FEW)
def test_kept_features_are_the_same(variant: str, tmp_path: Path) -> None:
    import torch

    pipe, known, row = pipeline(variant), VARIANTS[variant], rows(variant)[0]
    made = encode(pipe, known, load_sample(row, known), 4096)
    cache = FeatureCache(tmp_path, maker_digest(known, tiny(variant), {}))
    cache.get(cache.key(row), lambda: made)
    kept = cache.get(cache.key(row), never)
    again = encode(pipe, known, load_sample(row, known), 4096)
    for found in (kept, again):
        assert found.keys() == made.keys()
        assert all(torch.equal(found[name], made[name]) for name in made)


def test_a_damaged_file_is_made_again(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    cache, good = FeatureCache(tmp_path, "maker"), {"input_latents": torch.ones(2)}
    cache.get("ab", lambda: good)
    (path,) = tmp_path.rglob("*.safetensors")
    path.write_bytes(path.read_bytes()[:-3])
    assert torch.equal(cache.get("ab", lambda: good)["input_latents"], good["input_latents"])
    assert torch.equal(cache.get("ab", never)["input_latents"], good["input_latents"])
    save_file({"other": torch.ones(2)}, path)
    assert torch.equal(cache.get("ab", lambda: good)["input_latents"], good["input_latents"])
    assert [found.name for found in tmp_path.rglob("*") if found.is_file()] == ["ab.safetensors"]


def test_a_failed_making_leaves_nothing(tmp_path: Path) -> None:
    cache = FeatureCache(tmp_path, "maker")
    with pytest.raises(AssertionError):
        cache.get("ab", never)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_another_puzzle_has_another_key(tmp_path: Path) -> None:
    row = rows("qwen-image-edit")[0]
    cache = FeatureCache(tmp_path, "maker")
    target, shown = tmp_path / "target.png", tmp_path / "shown.png"
    shutil.copy(row.target, target)
    shutil.copy(row.shown[0], shown)
    moved = replace(row, target=target, shown=(shown,))
    assert cache.key(moved) == cache.key(row)  # where it lies does not matter
    keys = {cache.key(row), cache.key(replace(row, prompt=row.prompt + " ")), FeatureCache(tmp_path, "b").key(row)}
    target.write_bytes(target.read_bytes() + b"\0")
    keys.add(cache.key(moved))
    shown.write_bytes(shown.read_bytes() + b"\0")
    keys.add(cache.key(moved))
    assert len(keys) == 5


@pytest.mark.parametrize("variant", FEW)
def test_another_model_makes_other_features(variant: str, tmp_path: Path) -> None:
    known, copy = VARIANTS[variant], tmp_path / "model"
    shutil.copytree(tiny(variant), copy)
    first = maker_digest(known, copy, {"edit_pixels": 1})
    assert first == maker_digest(known, tiny(variant), {"edit_pixels": 1})
    found = {first, maker_digest(known, copy, {"edit_pixels": 2})}
    changed = [Path(path) for part in ("text_encoder", "vae") for path in known.find(copy)[part]]
    changed.append(next(path for path in (copy / known.tokenizer).iterdir()))
    for path in changed:
        path.write_bytes(path.read_bytes() + b" ")
        found.add(maker_digest(known, copy, {"edit_pixels": 1}))
    assert len(found) == 2 + len(changed)
    dit = Path(known.find(copy)["dit"][0])  # features do not depend on it
    before = maker_digest(known, copy, {})
    dit.write_bytes(dit.read_bytes() + b" ")
    assert maker_digest(known, copy, {}) == before
