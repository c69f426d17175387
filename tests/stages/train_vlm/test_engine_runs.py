"""Real runs of ms-swift on a tiny random model."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stages.train_vlm.engine_runs import Run, train
from vtb.engine.complete import complete_checkpoints, newest_complete_checkpoint
from vtb.engine.curves import read_outcome
from vtb.engine.launch import train_log
from vtb.engine.proof import training_proof
from vtb.errors import BadInput
from vtb_train_vlm.job import Job
from vtb_train_vlm.merge_adapter import merge_adapter

pytestmark = pytest.mark.engine


def _losses(run: Run) -> list[float]:
    return [row["loss"] for row in run.rows if "loss" in row]


def test_lora_learns_and_says_so(trained: Run, tiny: Path) -> None:
    assert trained.code == 0, trained.lines[-20:]
    losses = _losses(trained)
    assert len(losses) == 90
    assert losses[-1] < 0.1 * losses[0]
    assert {"grad_norm", "learning_rate", "token_acc", "max_steps", "epoch", "time"} <= set(trained.rows[0])
    assert trained.rows[-1]["eval_loss"] < 0.5
    outcome = read_outcome(train_log(trained.output_dir)) or {}
    assert (outcome["step"], outcome["max_steps"], outcome["stopped"]) == (90, 90, False)
    assert [path.name for path in complete_checkpoints(trained.output_dir)] == [
        "checkpoint-30",
        "checkpoint-60",
        "checkpoint-90",
    ]
    proof = training_proof(tiny, adapter=trained.output_dir / "checkpoint-90")
    assert proof["lora_modules"] == 14
    assert proof["lora_b_max"] > 0


def test_resume_goes_on_as_if_never_stopped(trained: Run, job: Job, tmp_path: Path) -> None:
    again = train(replace(job, output_dir=tmp_path, resume_from=trained.output_dir / "checkpoint-60"))
    assert again.code == 0, again.lines[-20:]
    assert [row["step"] for row in again.rows if "loss" in row] == list(range(61, 91))
    assert _losses(again) == pytest.approx(_losses(trained)[60:], rel=1e-4)


def test_a_missing_picture_is_an_error(job: Job, puzzles: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "train.jsonl").write_text((puzzles / "train.jsonl").read_text())
    run = train(replace(job, dataset_dir=tmp_path / "data", output_dir=tmp_path / "out"))
    assert run.code != 0
    assert "images/" in "\n".join(run.lines[-40:])


def _answers(model: Any, processor: Any, puzzles: Path) -> tuple[Any, list[str], list[str]]:
    """Returns the logits of one prompt, what the model answers to all, and what it should."""
    import torch
    from PIL import Image

    logits, written, wanted = None, [], []
    for line in (puzzles / "train.jsonl").read_text().splitlines():
        row = json.loads(line)
        text = row["messages"][0]["content"].removeprefix("<image>")
        parts = [{"type": "image", "image": Image.open(puzzles / row["images"][0])}, {"type": "text", "text": text}]
        inputs = processor.apply_chat_template(
            [{"role": "user", "content": parts}],
            tokenize=True,
            add_generation_prompt=True,
            return_dict=True,
            return_tensors="pt",
        )
        with torch.no_grad():
            logits = model(**inputs).logits
            tokens = model.generate(**inputs, max_new_tokens=40, do_sample=False)[0][inputs["input_ids"].shape[1] :]
        written.append(processor.decode(tokens, skip_special_tokens=True))
        wanted.append(row["solution"])
    return logits, written, wanted


def test_merged_is_the_adapter_and_not_the_base(trained: Run, tiny: Path, puzzles: Path, tmp_path: Path) -> None:
    adapter, merged = trained.output_dir / "checkpoint-90", tmp_path / "merged"
    merge_adapter(tiny, adapter, merged, os.environ)
    from peft import PeftModel
    from transformers import AutoModelForImageTextToText as Model
    from transformers import AutoProcessor

    processor = AutoProcessor.from_pretrained(merged)
    base, _, _ = _answers(Model.from_pretrained(tiny), processor, puzzles)
    adapted, _, _ = _answers(PeftModel.from_pretrained(Model.from_pretrained(tiny), str(adapter)), processor, puzzles)
    together, written, wanted = _answers(Model.from_pretrained(merged), processor, puzzles)
    assert float((adapted - together).abs().max()) < 1e-3
    assert float((base - together).abs().max()) > 1
    # What swift trained, transformers alone repeats: both see the same prompt and the same picture.
    assert sum(one == other for one, other in zip(written, wanted, strict=True)) >= 6
    proof = training_proof(tiny, merged=merged)
    assert proof["weights_changed"] == 14
    assert proof["weights_diff_max"] > 1e-3
    assert {path.name for path in tiny.iterdir()} <= {path.name for path in merged.iterdir()}


def test_merge_without_an_adapter(tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no adapter here"):
        merge_adapter(tiny, tmp_path, tmp_path / "merged", os.environ)


def test_full_tuning_stops_on_sigterm(job: Job, tmp_path: Path) -> None:
    long = replace(
        job,
        output_dir=tmp_path,
        tuner="full",
        learning_rate=3e-3,
        max_steps=100_000,
        save_steps=50_000,
        engine_args=("--dataloader_num_workers", "1"),
    )
    run = train(long, stop_at=3, by_signal=True)
    _assert_stopped(run)
    assert (newest_complete_checkpoint(tmp_path) / "model.safetensors").exists()  # type: ignore[operator]


def test_two_processes_stop_at_the_same_step(job: Job, tmp_path: Path) -> None:
    run = train(
        replace(job, output_dir=tmp_path, nproc=2, batch_size=4, max_steps=100_000, save_steps=50_000), stop_at=3
    )
    _assert_stopped(run)
    newest = newest_complete_checkpoint(tmp_path)
    assert newest is not None
    assert {"rng_state_0.pth", "rng_state_1.pth"} <= {path.name for path in newest.iterdir()}
    losses = _losses(run)
    assert losses[-1] < losses[0]


def _assert_stopped(run: Run) -> None:
    assert run.code == 0, run.lines[-20:]
    outcome = read_outcome(train_log(run.output_dir)) or {}
    assert outcome["stopped"] is True
    assert 3 <= outcome["step"] < outcome["max_steps"]
    newest = newest_complete_checkpoint(run.output_dir)
    assert newest is not None
    assert newest.name == f"checkpoint-{outcome['step']}"


def test_a_signal_before_the_first_step_ends_at_once() -> None:
    script = (
        "import time; from vtb.engine.stop_signal import StopSignal\n"
        "StopSignal(None).listen(); print('up', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        began = time.monotonic()
        child.send_signal(signal.SIGTERM)
        assert child.wait(timeout=20) == 0
    assert time.monotonic() - began < 20


def test_the_engine_runs_no_code_of_the_model(
    job: Job, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where the check before it is passed by: the engine itself has it turned off."""
    model, mark = tmp_path / "model", tmp_path / "ran"
    shutil.copytree(tiny, model)
    code = f"open({str(mark)!r}, 'a').write(__file__)\n"
    (model / "custom_generate").mkdir()
    for name in ("custom_generate/generate.py", "evil.py"):
        (model / name).write_text(code)
    names = {"AutoConfig": "evil.C", "AutoTokenizer": ["evil.T", "evil.T"], "AutoProcessor": "evil.P"}
    for name in ("config.json", "tokenizer_config.json", "processor_config.json"):
        content = json.loads((model / name).read_text())
        (model / name).write_text(json.dumps({**content, "auto_map": names}))
    monkeypatch.setattr("vtb_train_vlm.engine_options.read_json", lambda path: json.loads(path.read_text()))
    run = train(replace(job, model=model, output_dir=tmp_path / "out", max_steps=1))
    assert not mark.exists(), mark.read_text()
    assert run.code == 0, run.lines[-20:]
