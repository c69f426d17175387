"""Thinking in latents beside what it adds to: an update against plain training on the same tokens, and decoding against
transformers' ``generate``, in turns in one process, on one thread. The least CPU seconds of each count, so that others'
work is not in the ratio.
"""  # noqa: D205

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from vtb.engine.vision_language import load_processor
from vtb.latent.decoding import generate
from vtb.latent.loading import add_latents
from vtb.latent.parts import Parts, last_states, parts_of, seen
from vtb.latent.rows import Row, read_rows
from vtb.latent.sequences import Sequencer
from vtb.latent.student import make_student, word_loss
from vtb.latent.teacher import Teacher
from vtb.latent.tokens import LatentTokens

ROUNDS, STEPS, ROWS, SIZE, SIDE, WORDS = 5, 6, 4, 8, 224, 160


def run(rounds: int = ROUNDS) -> list[dict[str, Any]]:
    """Two ratios."""
    from vtb.engine.torchvision_cpu import allow_cpu_torchvision

    allow_cpu_torchvision()
    import torch

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(prefix="vtb-latents-") as folder:
        model, parts, tokens, sequencer, rows = _prepared(Path(folder))
        steps = _steps(model, parts, tokens, sequencer, rows, rounds)
        return [steps, _decoding(parts, tokens, sequencer, rows, rounds)]


def _prepared(folder: Path) -> tuple[Any, Parts, LatentTokens, Sequencer, list[Row]]:
    from PIL import Image
    from transformers import AutoModelForImageTextToText

    from vtb_train_vlm.tiny_model import build_tiny_model

    build_tiny_model("qwen2_5_vl", folder / "model", size="small")
    plan: list[dict[str, str]] = []
    for number in range(2):
        plan += [{"type": "text", "content": "Find the path from the start to the goal. " * 4},
                 {"type": "latent", "helper_image": f"helper-{number}.png"}]  # fmt: skip
        Image.effect_noise((SIDE, SIDE), 90).convert("RGB").save(folder / f"helper-{number}.png")
    Image.effect_noise((SIDE, SIDE), 90).convert("RGB").save(folder / "asked.png")
    row = {"text_input": "Find the shortest path that connects the two red dots. " * 4, "image_input": ["asked.png"],
           "sequence_plan": [*plan, {"type": "text", "content": "Answer: red"}], "original_final_answer": "red",
           "example": ""}  # fmt: skip
    lines = [json.dumps({**row, "id": f"row-{number}"}) + "\n" for number in range(ROWS)]
    (folder / "train.jsonl").write_text("".join(lines))
    model = AutoModelForImageTextToText.from_pretrained(folder / "model")
    processor = load_processor(folder / "model", 1 << 20)
    tokens = add_latents(model, processor, folder / "model", SIZE, "full")
    parts = parts_of(model)
    parts.inner.visual.requires_grad_(False)
    return model, parts, tokens, Sequencer(processor, tokens, 8192), read_rows(folder, "train")


def _steps(
    model: Any, parts: Parts, tokens: LatentTokens, sequencer: Sequencer, rows: list[Row], rounds: int
) -> dict[str, Any]:
    import torch

    teacher = Teacher(model, parts, tokens, sequencer.processor.tokenizer.all_special_ids)
    student = make_student(
        model, parts, tokens, teacher, stage=1, seed=1, word_weight=1.0, latent_weight=1.0, vision_frozen=True
    )
    batch = sequencer.batch(rows, range(len(rows)))

    def latent() -> None:
        student(batch)[0].backward()

    def plain() -> None:
        with torch.no_grad():
            pictures = seen(parts, batch.pixels, batch.grids)
        word_loss(parts, last_states(parts, batch, pictures, parts.embed(batch.ids)), batch.labels).backward()

    best = _in_turns({"latent": latent, "plain": plain}, rounds, STEPS)
    return {
        "name": "latent_step_vs_plain", "value": round(best["latent"] / best["plain"], 3), "unit": "x the cost",
        "target": 2.2, "better": "less", "tokens": int(batch.mask.sum()),
        "seconds": {name: round(value, 4) for name, value in best.items()},
    }  # fmt: skip


def _decoding(parts: Parts, tokens: LatentTokens, sequencer: Sequencer, rows: list[Row], rounds: int) -> dict[str, Any]:
    """As many tokens each way; with latents, about every tenth begins a segment."""
    import torch

    inputs = sequencer.prompts(rows)
    said: dict[str, Any] = {
        "max_new_tokens": WORDS,
        "min_new_tokens": WORDS,
        "do_sample": True,
        "temperature": 1.0,
        "top_k": 0,
    }
    table = parts.whole.get_output_embeddings().weight
    with torch.no_grad():
        table[tokens.start] = table[:700].mean(dim=0) + 4 * torch.randn(table.shape[1]) / table.shape[1] ** 0.5

    def latent() -> None:
        torch.manual_seed(0)
        generate(parts, inputs, tokens, **said)

    def plain() -> None:
        torch.manual_seed(0)
        with torch.no_grad():
            parts.whole.generate(**inputs, **said)

    best = _in_turns({"latent": latent, "plain": plain}, rounds, 1)
    return {
        "name": "latent_decoding_vs_generate", "value": round(best["latent"] / best["plain"], 3),
        "unit": "x the time per token", "target": 1.3, "better": "less",
        "tokens_per_s": {name: round(len(rows) * WORDS / value) for name, value in best.items()},
    }  # fmt: skip


def _in_turns(ways: dict[str, Callable[[], None]], rounds: int, times: int) -> dict[str, float]:
    """The least CPU seconds of one call of each."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, do in ways.items():
            began = time.process_time()
            for _ in range(times):
                do()
            found[name].append((time.process_time() - began) / times)
    return {name: min(values) for name, values in found.items()}
