from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest

from vtb.errors import BadInput, NotAvailable, UsageProblem
from vtb_train_vlm.engine import with_callback
from vtb_train_vlm.job import Job
from vtb_train_vlm.refused import ARGUMENTS, VARIABLES, check_argument
from vtb_train_vlm.swift_command import command, environment


@pytest.fixture
def plain(tmp_path: Path) -> Job:
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text('{"model_type": "qwen3_vl_moe"}')
    return Job(
        model=model,
        dataset_dir=tmp_path / "data",
        train_file="train.jsonl",
        val_file=None,
        output_dir=tmp_path / "out",
        tuner="lora",
        epochs=2.0,
        max_steps=None,
        learning_rate=1e-4,
        batch_size=2,
        grad_accum=1,
        lora_rank=8,
        lora_alpha=16,
        max_length=512,
        max_pixels=65536,
        save_steps=20,
        save_total_limit=1,
        seed=7,
        resume_from=None,
        nproc=1,
        deepspeed=None,
        engine_args=(),
        engine_config=None,
    )


def _arguments(words: list[str]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for word in words[words.index("sft") + 1 :]:
        if word.startswith("--"):
            values = grouped.setdefault(word[2:], [])
        else:
            values.append(word)
    return grouped


def test_cpu_and_cuda_differ_where_they_must(plain: Job) -> None:
    cpu, cuda = (_arguments(command(plain, device)) for device in ("cpu", "cuda"))
    assert (cpu["torch_dtype"], cuda["torch_dtype"]) == (["float32"], ["bfloat16"])
    assert cpu["use_cpu"] == ["true"]
    assert "attn_impl" not in cuda
    assert (cpu["model_type"], cpu["template"]) == (["qwen3_vl_moe"], ["qwen3_vl"])
    assert cpu["save_total_limit"] == ["2"]


def test_user_arguments_win_and_nothing_comes_twice(plain: Job, tmp_path: Path) -> None:
    config = tmp_path / "engine.yaml"
    config.write_text(
        "ENV: {MAX_PIXELS: 1024}\nlearning_rate: 1.0e-3\nlora_alpha: 99\nuse_rslora: true\n"
        "lr_scheduler_kwargs: {min_lr: 0.1}\ntarget_modules: [q_proj, v_proj]\nlogging_steps: null\n"
    )
    given = ("--learning-rate=5e-4", "--callbacks", "lisa", "early_stop", "--no_check_model", "--freeze_vit", "false")
    job = replace(plain, engine_config=config, engine_args=given)
    words = command(job, "cpu")
    names = [word for word in words if word.startswith("--")]
    assert len(names) == len(set(names))
    arguments = _arguments(words)
    assert arguments["learning_rate"] == ["5e-4"]
    assert arguments["lora_alpha"] == ["99"]
    assert arguments["use_rslora"] == ["true"]
    assert arguments["target_modules"] == ["q_proj", "v_proj"]
    assert json.loads(arguments["lr_scheduler_kwargs"][0]) == {"min_lr": 0.1}
    assert arguments["check_model"] == ["false"]
    assert "logging_steps" not in arguments
    assert environment(job, {}, "cpu")["MAX_PIXELS"] == "1024"
    assert with_callback(words)[-1] != "vtb"
    assert "vtb lisa early_stop" in " ".join(with_callback(words))


@pytest.mark.parametrize("given", [("--output_dir", "x"), ("--output-dir=x",), ("stray", "--seed", "1")])
def test_arguments_that_cannot_be(plain: Job, given: tuple[str, ...]) -> None:
    with pytest.raises(UsageProblem):
        command(replace(plain, engine_args=given), "cpu")


def test_config_that_cannot_be(plain: Job, tmp_path: Path) -> None:
    config = tmp_path / "engine.yaml"
    for text in ("- a\n", "a: [\n", "ENV: 3\n", "output_dir: x\n"):
        config.write_text(text)
        with pytest.raises(UsageProblem):
            command(replace(plain, engine_config=config), "cpu")


def test_missing_model_and_deepspeed_on_cpu(plain: Job, tmp_path: Path) -> None:
    with pytest.raises(NotAvailable, match="no model here"):
        command(replace(plain, model=tmp_path / "nowhere"), "cpu")
    with pytest.raises(UsageProblem, match="GPU"):
        command(replace(plain, deepspeed="zero2"), "cpu")
    assert _arguments(command(replace(plain, deepspeed="zero2"), "cuda"))["deepspeed"] == ["zero2"]


def test_one_process_several_and_several_nodes(plain: Job) -> None:
    assert "torch.distributed.run" not in command(plain, "cuda")
    assert "--standalone" in command(replace(plain, nproc=4), "cuda")
    cluster = {"PET_NNODES": "2", "PET_NPROC_PER_NODE": "8", "JOB_COMPLETION_INDEX": "1", "WORLD_SIZE": "16"}
    words = command(plain, "cuda", cluster)
    assert words[words.index("--nproc_per_node") + 1] == "8"
    assert "--standalone" not in words
    env = environment(plain, cluster)
    assert env["PET_NODE_RANK"] == "1"
    assert "WORLD_SIZE" not in env


def test_environment_is_offline_and_absolute(plain: Job) -> None:
    env = environment(plain, {"HOME": "/nowhere", "HF_HOME": "/cache"}, "cpu")
    assert env["HF_HUB_OFFLINE"] == "1"
    assert env["VLLM_NO_USAGE_STATS"] == "1"
    assert env["HF_HOME"] == "/cache"
    assert env["CUDA_VISIBLE_DEVICES"] == ""
    assert Path(env["ROOT_IMAGE_DIR"]).is_absolute()


def test_no_engine_is_imported_early() -> None:
    script = (
        "import sys, pkgutil, importlib, vtb_train_vlm\n"
        "for m in pkgutil.iter_modules(vtb_train_vlm.__path__):\n"
        "    if m.name != '__main__': importlib.import_module('vtb_train_vlm.' + m.name)\n"
        "print([n for n in ('torch', 'swift', 'transformers', 'matplotlib', 'peft') if n in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "[]"


# --- what would break the stage's promises


def _spellings(name: str) -> list[tuple[str, ...]]:
    """How one can write an argument; the engine also takes the beginning of a name for it."""
    dashed = name.replace("_", "-")
    return [(f"--{name}", "x"), (f"--{dashed}", "x"), (f"--{name}=x",), (f"--{dashed}=x",), (f"--{name}",),
            (f"--{name[:-1]}", "x")]  # fmt: skip


@pytest.mark.parametrize("name", ARGUMENTS)
def test_arguments_of_the_table_are_refused_however_they_are_written(plain: Job, tmp_path: Path, name: str) -> None:
    for given in [("--seed", "1", *words) for words in _spellings(name)]:
        with pytest.raises(UsageProblem, match=r"^engine argument \w+ \(after --\) .{8,}"):
            command(replace(plain, engine_args=given), "cpu")
    config = tmp_path / "engine.yaml"
    for key in (name, name.replace("_", "-"), name[:-1]):
        for value in ("x", "null", "[true]", "{}"):
            config.write_text(f"{key}: {value}\n")
            with pytest.raises(UsageProblem, match="engine argument"):
                command(replace(plain, engine_config=config), "cpu")


def test_what_breaks_no_promise_may_be_said(plain: Job) -> None:
    given = ("--no_check_model", "--save-only-model=False", "--report_to", "tensorboard", "--stream", "true")
    arguments = _arguments(command(replace(plain, engine_args=given), "cpu"))
    assert arguments["check_model"] == ["false"]
    assert arguments["report_to"] == ["tensorboard"]


@pytest.mark.parametrize("given", [("--max_steps", "5", "--max-steps=6"), ("--strict", "true", "--no_strict")])
def test_an_argument_twice(plain: Job, given: tuple[str, ...]) -> None:
    with pytest.raises(UsageProblem, match="given twice"):
        command(replace(plain, engine_args=given), "cpu")


@pytest.mark.parametrize("name", [*VARIABLES, "PET_NNODES"])
def test_variables_of_the_stage(plain: Job, tmp_path: Path, name: str) -> None:
    config = tmp_path / "engine.yaml"
    config.write_text(f"ENV: {{{name}: 1}}\n")
    with pytest.raises(UsageProblem, match=name):
        environment(replace(plain, engine_config=config), {}, "cpu")


def test_a_config_without_end(plain: Job, tmp_path: Path) -> None:
    bomb = "a: &a [1, 1]\n" + "".join(
        f"{new}: &{new} [*{old}, *{old}]\n" for old, new in itertools.pairwise("abcdefghijklmnopqrstuvwxyz")
    )
    config, fifo = tmp_path / "engine.yaml", tmp_path / "fifo"
    os.mkfifo(fifo)
    for text in (bomb, "a: &a {b: *a}\n", "a: " + "[" * 3_000, " " * (2 << 20)):
        config.write_text(text)
        with pytest.raises(UsageProblem):
            command(replace(plain, engine_config=config), "cpu")
    with pytest.raises(UsageProblem):
        command(replace(plain, engine_config=fifo), "cpu")


@pytest.mark.parametrize("text", ["[]", "null", '{"model_type": ["qwen3_vl"]}', "[" * 100_000, "{"])
def test_a_model_without_a_configuration(plain: Job, text: str) -> None:
    (plain.model / "config.json").write_text(text)
    with pytest.raises(BadInput, match=r"config\.json"):
        command(plain, "cpu")


@pytest.mark.engine
def test_the_table_has_names_of_the_engine() -> None:
    """Names that it knows, and no name of its own is taken for one of them."""
    from vtb.engine.torchvision_cpu import allow_cpu_torchvision

    allow_cpu_torchvision()
    from swift.arguments import RLHFArguments

    names = [field.name for field in fields(RLHFArguments)]
    assert set(ARGUMENTS) <= set(names)
    for name in set(names) - set(ARGUMENTS):
        check_argument(name, ["x"], "here")


def test_frames_of_clips_have_the_limit_of_pictures(job: Job) -> None:
    """In tokens, which is how the engine's reader of clips counts: one is 2 x 2 patches of 16 x 16 pixels here."""
    assert environment(job, {}, "cpu")["VIDEO_MAX_TOKEN_NUM"] == str(65536 // 32**2) == "64"
