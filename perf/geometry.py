"""A model with geometry beside the plain one: an update on the same rows at tiny shapes; what the module adds to the
work at the shapes of 7 billion weights, counted without computing it; and how full packs of rows are.
"""  # noqa: D205

from __future__ import annotations

import json
import random
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from perf.latents import ROUNDS, _in_turns
from vtb.engine.own_model import load_model
from vtb.engine.vision_language import load_processor
from vtb.geometry.job import QUERIES
from vtb.geometry.learner import make_learner
from vtb.geometry.packing import efficiency, pack
from vtb.geometry.rows import Row, read_rows
from vtb.geometry.sequences import Sequencer
from vtb.geometry.trained import mergers_of
from vtb_train_vlm.tiny_model import Family

STEPS, MOST, FRAMES = 4, 8192, 32
# By the kind of model: its name, and height and width of a frame in its patches: 225,792 and 225,280 pixels.
SHAPES = {"qwen2_5_vl": ("7b", 24, 48), "qwen3_vl": ("8b", 20, 44)}
WORDS = 160  # tokens of a question with its options


def run(rounds: int = ROUNDS) -> list[dict[str, Any]]:
    """Four figures."""
    from vtb.engine.torchvision_cpu import allow_cpu_torchvision

    allow_cpu_torchvision()
    import torch

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(prefix="vtb-geometry-") as folder:
        return [_steps(Path(folder), rounds), work("qwen2_5_vl"), work("qwen3_vl"), _packs(Path(folder))]


def _write_rows(folder: Path, sizes: list[tuple[int, int, int]]) -> list[Row]:
    """Rows about a picture or a clip: frames, height and width; what they show is of one color."""
    from PIL import Image

    lines = []
    for number, (frames, high, wide) in enumerate(sizes):
        name = f"{high}x{wide}.png"
        if not (folder / name).is_file():
            Image.new("RGB", (wide, high), (number % 256, 90, 90)).save(folder / name)
        place, shown = ("<video>", {"videos": [[name] * frames]}) if frames > 1 else ("<image>", {"images": [name]})
        asked = place + "Between the start and the end, how does the distance change? " * (1 + number % 6)
        turns = [{"role": "user", "content": asked}, {"role": "assistant", "content": "B"}]
        lines.append(json.dumps({"messages": turns, **shown, "id": str(number)}) + "\n")
    (folder / "train_sft.jsonl").write_text("".join(lines))
    return read_rows(folder, "train")


def _steps(folder: Path, rounds: int) -> dict[str, Any]:
    """Forward and backward of one pack."""
    from vtb.geometry.encoder import load_encoder
    from vtb.geometry.making import with_geometry
    from vtb_train_vlm.tiny_encoder import build_tiny_encoder
    from vtb_train_vlm.tiny_model import build_tiny_model

    build_tiny_model("qwen2_5_vl", folder / "model", size="small")
    build_tiny_encoder(folder / "encoder", size="small")
    processor = load_processor(folder / "model", 1 << 20)
    rows = _write_rows(folder, [(8, 112, 112), (1, 224, 224), (4, 112, 168), (1, 168, 168)])
    made: dict[str, Any] = {}
    for mode in ("none", "select"):
        model = load_model(folder / "model", "cpu")
        if mode == "select":
            model = with_geometry(model, load_encoder(folder / "encoder"), processor, mode, QUERIES, seed=1)
            model.geometry.encoder.requires_grad_(False)
        model.model.visual.requires_grad_(False)
        sequencer = Sequencer(processor, mode, QUERIES, model.model.get_rope_index, MOST, 1 << 20)
        made[mode] = (make_learner(model), sequencer.pack(rows))

    def step(mode: str) -> None:
        learner, packed = made[mode]
        learner(packed)[0].backward()

    best = _in_turns({mode: partial(step, mode) for mode in made}, rounds, STEPS)
    return {
        "name": "geometry_step_vs_plain", "value": round(best["select"] / best["none"], 3), "unit": "x the cost",
        "tokens": {mode: packed.ids.shape[1] for mode, (_, packed) in made.items()},
        "seconds": {name: round(value, 4) for name, value in best.items()},
    }  # fmt: skip


def work(family: Family) -> dict[str, Any]:
    """Operations of a step on one clip that trains the language model and the merger, without checkpointing."""
    plain, added, tokens = _operations(family, backward=True)
    once, more, _ = _operations(family, backward=False)
    return {
        "name": f"geometry_work_at_{SHAPES[family][0]}", "value": round(100 * added / plain, 2),
        "unit": "% more operations a step", "target": 15, "better": "less", "tokens": tokens,
        "plain_tflop": round(plain / 1e12, 1), "added_tflop": round(added / 1e12, 1),
        "percent_of_a_forward": round(100 * more / once, 2),
    }  # fmt: skip


def _operations(family: Family, *, backward: bool) -> tuple[int, int, int]:
    """Of the plain model on a clip, what geometry adds, and the tokens; on tensors without content."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    _, high, wide = SHAPES[family]
    seen = FRAMES // 2 * high * wide // 4
    with torch.device("meta"):
        model = _published(family)
        model.requires_grad_(backward)
        model.model.visual.requires_grad_(False)
        for merger in mergers_of(model.model.visual):
            merger.requires_grad_(backward)
        model.geometry.encoder.requires_grad_(False)
        pixels = torch.randn(FRAMES // 2 * high * wide, 3 * 2 * model.config.vision_config.patch_size**2)
        words = torch.randn(WORDS, model.config.text_config.hidden_size, requires_grad=backward)
        places = torch.zeros(3, seen, dtype=torch.long)
        frequencies = torch.zeros(model.config.text_config.head_dim // 2)
        at = {
            "interp_indices": torch.zeros(len(pixels), 4, dtype=torch.long),
            "interp_weights": torch.ones(len(pixels), 4),
        }

    # Which patches are neighbours is read from the grid, so this part has to have content.
    rotary = type(model.model.visual.rotary_pos_emb)(model.config.vision_config)
    rotary.register_forward_hook(lambda module, given, found: tuple(one.to("meta") for one in found))
    model.model.visual.rotary_pos_emb = rotary

    def vision() -> Any:
        grids, more = torch.tensor([[FRAMES // 2, high, wide]]), at if family == "qwen3_vl" else {}
        return model.model.visual(pixels, grid_thw=grids, **more).pooler_output

    def plain(extra: Any = None) -> Any:
        parts = [vision(), words] if extra is None else [vision(), extra, words]
        embeds = torch.cat(parts)[None]
        count = torch.zeros(3, 1, embeds.shape[1], dtype=torch.long, device="meta")
        states = model.model.language_model(inputs_embeds=embeds, position_ids=count, use_cache=False).last_hidden_state
        return model.lm_head(states[:, -2:]).sum()

    def whole() -> Any:
        spatial = model.geometry.spatial(pixels, [(FRAMES // 2, high, wide)])
        return plain(model.geometry.selected(spatial, [places], [words], [0], frequencies)[0])

    counts = []
    for forward in (plain, whole):
        with FlopCounterMode(display=False) as counter, torch.set_grad_enabled(backward):
            found = forward()
            if backward:
                found.backward()
        counts.append(counter.get_total_flops())
    return counts[0], counts[1] - counts[0], seen + WORDS


def _published(family: Family) -> Any:
    """Qwen2.5-VL-7B or Qwen3-VL-8B with Pi3's encoder, without weights."""
    from transformers import Dinov2WithRegistersConfig

    from vtb.geometry.config import GeometryConfig
    from vtb.geometry.qwen import MADE_OF

    encoder = Dinov2WithRegistersConfig(
        hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, image_size=518, patch_size=14
    )
    rope = {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [16, 24, 24]}
    text: dict[str, Any] = {
        "vocab_size": 152064, "hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28,
        "num_attention_heads": 28, "num_key_value_heads": 4, "head_dim": 128, "max_position_embeddings": 128000,
    }  # fmt: skip
    vision: dict[str, Any] = {"hidden_size": 1280, "out_hidden_size": 3584, "tokens_per_second": 2}
    if family == "qwen3_vl":
        rope = {"rope_type": "default", "rope_theta": 5e6, "mrope_section": [24, 20, 20], "mrope_interleaved": True}
        text |= {"vocab_size": 151936, "hidden_size": 4096, "intermediate_size": 12288, "num_hidden_layers": 36,
                 "num_attention_heads": 32, "num_key_value_heads": 8}  # fmt: skip
        vision = {"depth": 27, "hidden_size": 1152, "intermediate_size": 4304, "num_heads": 16, "patch_size": 16,
                  "out_hidden_size": 4096, "deepstack_visual_indexes": [8, 16, 24]}  # fmt: skip
    make = MADE_OF[family]
    own = GeometryConfig(mode="select", queries=QUERIES, encoder_config=encoder)
    return make(
        make.config_class(geometry_config=own, text_config={**text, "rope_parameters": rope}, vision_config=vision)
    )


def _packs(folder: Path) -> dict[str, Any]:
    """Of 400 rows about pictures and clips of many sizes, counted as the trainer counts them."""
    chance, sizes = random.Random(1), list[tuple[int, int, int]]()
    for _ in range(400):
        side = chance.choice((224, 280, 336, 420, 480))
        sizes.append((chance.choice((1, 1, 8, 16, 32)), side, chance.choice((side, side * 4 // 3, side * 16 // 9))))
    rows = _write_rows(folder, sizes)
    processor = load_processor(folder / "model", 1 << 20)
    for part in (processor.image_processor, processor.video_processor):
        part.size["longest_edge"] = 1 << 40  # the tiny model's own are for tiny pictures
    sequencer = Sequencer(processor, "select", QUERIES, lambda: None, MOST, 230_400)
    lengths = [sequencer.length(row) for row in rows]
    packs = pack(lengths, MOST, seed=1)
    return {
        "name": "geometry_packing", "value": round(100 * efficiency(lengths, len(packs), MOST), 1), "unit": "% full",
        "target": 90, "rows": len(rows), "packs": len(packs), "tokens": sum(lengths),
    }  # fmt: skip
