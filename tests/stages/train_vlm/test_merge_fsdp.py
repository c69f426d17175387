"""``vtb-train-vlm merge --fsdp`` on checkpoints that torch's own FSDP has written."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from contract.command_line import Result, call
from stages.train_vlm import fsdp_writer
from stages.train_vlm.fsdp_faults import Evil, content, files, rewritten, spoil
from stages.train_vlm.stage_runs import ONE_THREAD, metrics
from vtb.artifact import read_manifest
from vtb_train_vlm.tiny_model import build_tiny_model

pytestmark = pytest.mark.engine
Case = tuple[str, str, int]
CASES: tuple[Case, ...] = (
    ("qwen3_vl", "fsdp1", 2),
    ("qwen3_vl", "fsdp2", 2),
    ("qwen3_vl", "fsdp2", 3),  # whose parts are of different sizes
    ("qwen3_vl", "hsdp", 4),
    ("qwen2_5_vl", "fsdp1", 2),
    ("qwen2_5_vl", "fsdp2", 2),
    ("tied", "fsdp1", 2),
    ("tied", "fsdp2", 2),
)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A model of each family, and one whose output layer is its table of words."""
    import torch
    from transformers import AutoConfig, AutoModelForImageTextToText

    out = tmp_path_factory.mktemp("models")
    for family in ("qwen3_vl", "qwen2_5_vl"):
        build_tiny_model(family, out / family, seed=5)
    shutil.copytree(out / "qwen3_vl", out / "tied")
    config = AutoConfig.from_pretrained(out / "tied")
    config.tie_word_embeddings = True
    config.text_config.tie_word_embeddings = True
    torch.manual_seed(5)
    tied = AutoModelForImageTextToText.from_config(config)
    assert tied.lm_head.weight is tied.get_input_embeddings().weight
    tied.save_pretrained(out / "tied")
    return {path.name: path for path in out.iterdir()}


@pytest.fixture(scope="module")
def written(models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[Case, Path]:
    """A checkpoint of each case."""
    out, words, places = tmp_path_factory.mktemp("checkpoints"), list[str](), dict[Case, Path]()
    for name, how, world in CASES:
        actor = out / f"{name}-{how}-{world}" / "actor"
        (actor / "huggingface").mkdir(parents=True)
        for file in (path for path in models[name].iterdir() if path.suffix != ".safetensors"):
            shutil.copy(file, actor / "huggingface")
        words += [str(models[name]), str(actor), how, str(world)]
        places[name, how, world] = actor
    line = [sys.executable, fsdp_writer.__file__, *words]
    done = subprocess.run(line, env={**os.environ, **ONE_THREAD}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return places


@pytest.fixture
def copied(written: dict[Case, Path], tmp_path: Path) -> Path:
    """A checkpoint to do harm to."""
    return Path(shutil.copytree(written["qwen3_vl", "fsdp2", 2], tmp_path / "actor"))


def merge(parts: Path, out: Path, *more: object) -> Result:
    return call("vtb-train-vlm", "merge", "--fsdp", parts, "--output", out, *more)


def logits(folder: Path) -> Any:
    import torch
    from transformers import AutoModelForImageTextToText

    model = AutoModelForImageTextToText.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.inference_mode():
        return model(input_ids=torch.arange(8, 40)[None]).logits


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_merged_model_is_the_one_that_was_cut(
    written: dict[Case, Path], models: dict[str, Path], tmp_path: Path, case: Case
) -> None:
    import torch

    parts, (name, _, world) = written[case], case
    done = merge(parts.parent, tmp_path / "out")
    assert done.code == 0, done.err
    assert torch.equal(logits(tmp_path / "out"), logits(models[name]))
    manifest = read_manifest(str(tmp_path / "out"), ("checkpoint",))
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {file.path for file in manifest.files}
    assert [entry.kind for entry in manifest.plan.inputs] == ["fsdp-checkpoint"]
    assert metrics(str(tmp_path / "out"))["ranks"] == world
    assert "already complete" in merge(parts, tmp_path / "out").err


def test_half_the_size(written: dict[Case, Path], tmp_path: Path) -> None:
    from safetensors.torch import load_file

    done = merge(written["qwen3_vl", "fsdp1", 2], tmp_path / "out", "--bfloat16")
    assert done.code == 0, done.err
    tensors = load_file(tmp_path / "out" / "model.safetensors")
    assert {str(tensor.dtype) for tensor in tensors.values()} == {"torch.bfloat16"}
    assert json.loads((tmp_path / "out" / "config.json").read_text())["dtype"] == "bfloat16"


def test_rows_without_a_mesh(models: dict[str, Path], copied: Path, tmp_path: Path) -> None:
    """As veRL wrote them before it had meshes: each process has rows of each tensor, or all of them."""
    import torch
    from safetensors.torch import load_file

    whole = load_file(models["qwen3_vl"] / "model.safetensors")
    norm = "model.language_model.norm.weight"  # all ones: its halves are equal, and yet no copies
    assert torch.equal(*whole[norm].chunk(2))
    for rank, file in enumerate(files(copied)):
        cut = {name: tensor.chunk(2)[rank].clone() for name, tensor in whole.items()}
        torch.save({**cut, "lm_head.weight": whole["lm_head.weight"]}, file)
    done = merge(copied, tmp_path / "out")
    assert done.code == 0, done.err
    assert torch.equal(logits(tmp_path / "out"), logits(models["qwen3_vl"]))


def test_files_of_an_older_torch(models: dict[str, Path], copied: Path, tmp_path: Path) -> None:
    """Before 2.5 the classes lay elsewhere; how a mesh is kept inside has changed with nearly every release."""
    import torch

    spec, placement_types = b"torch.distributed.tensor._dtensor_spec\n", b"torch.distributed._tensor.placement_types\n"
    for file in files(copied):
        rewritten(
            file,
            (b"torch.distributed.tensor\nDTensor\n", b"torch.distributed._tensor.api\nDTensor\n"),
            (spec + b"DTensorSpec\n", placement_types + b"DTensorSpec\n"),
            (spec + b"TensorMeta\n", placement_types + b"TensorMeta\n"),
            (b"torch.distributed.tensor.placement_types\n", placement_types),
            (b"shard_order", b"_shard_oder"),
            (b"_rank_map", b"_rink_mop"),
        )
    done = merge(copied, tmp_path / "out")
    assert done.code == 0, done.err
    assert torch.equal(logits(tmp_path / "out"), logits(models["qwen3_vl"]))


@pytest.mark.parametrize("how", ["zip", "plain pickle", "called safe by a library"])
def test_code_in_a_file_is_refused_and_not_run(copied: Path, tmp_path: Path, how: str) -> None:
    import torch

    mark = tmp_path / "ran"
    if how == "plain pickle":
        files(copied)[1].write_bytes(pickle.dumps({"x": Evil(mark)}))
    else:
        torch.save({**content(files(copied)[1]), "x": Evil(mark)}, files(copied)[1])
    with torch.serialization.safe_globals([os.mkdir] if how.startswith("called") else []):
        done = merge(copied, tmp_path / "out")
        assert (os.mkdir in torch.serialization.get_safe_globals()) == how.startswith("called")
    assert not mark.exists()
    assert (done.code, len(done.err.splitlines())) == (3, 1), done.err
    assert "model_world_size_2_rank_1.pt: " in done.err
    assert ("posix.mkdir" in done.err) == (how != "plain pickle")
    assert not list(tmp_path.glob("out/*"))
    pickle.loads(pickle.dumps(Evil(mark)))
    assert mark.exists()  # so it would have been noticed


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("missing rank", "lacks the files of ranks 1 of 2"),
        ("another world", "has files for world sizes 2, 4"),
        ("no configuration", "has no huggingface/config.json"),
        ("code", "modeling.py is code"),
        ("a tensor more", "has no tensor score.weight"),
        ("a tensor less", "has a tensor lm_head.weight, the files have none"),
        ("a tensor less in one", "ranks 0 and 1 hold different tensors (lm_head.weight)"),
        ("one rank twice", "its parts make"),
        ("adapter", "holds a LoRA"),
        ("no tensor", "FSDP writes no such tensor"),
        ("no dictionary", "holds no tensors by name"),
        ("cut off", "rank_1.pt: cannot be read"),
        ("partial sums", "rank_0.pt: FSDP writes no such tensor (its placement is Partial)"),
    ],
)
def test_refused(copied: Path, tmp_path: Path, how: str, said: str) -> None:
    spoil(copied, how)
    done = merge(copied, tmp_path / "out")
    assert (done.code, len(done.error_lines)) == (3, 1), done.err
    assert said in done.err
    assert "Traceback" not in done.err
    assert not list(tmp_path.glob("out/*"))


def test_what_does_not_fit_is_told_in_one_line(copied: Path, tmp_path: Path) -> None:
    spoil(copied, "other shape")
    done = call("vtb-train-vlm", "merge", "--fsdp", copied, "--output", tmp_path / "out", env=ONE_THREAD)
    assert (done.code, len(done.err.splitlines())) == (3, 1), done.err
    assert "makes lm_head.weight (832, 64), the files have (768, 64)" in done.err


@pytest.mark.parametrize(
    "rest", [(), ("--model", "m"), ("--fsdp", "f", "--model", "m"), ("--adapter", "a", "--fsdp", "f")]
)
def test_one_of_the_two(tmp_path: Path, rest: tuple[str, ...]) -> None:
    done = call("vtb-train-vlm", "merge", "--output", tmp_path / "out", *rest)
    assert (done.code, "say what to merge: --model and --adapter, or --fsdp" in done.err) == (2, True), done.err


def test_dry_run(written: dict[Case, Path], tmp_path: Path) -> None:
    done = merge(written["qwen3_vl", "hsdp", 4], tmp_path / "out", "--dry-run")
    assert (done.code, "the model that 4 processes have in parts" in done.out) == (0, True), done.err
    assert not list(tmp_path.glob("out/*"))
    assert merge(tmp_path / "none", tmp_path / "out", "--dry-run").code == 4
