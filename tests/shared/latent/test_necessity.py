"""A toy in which latents are needed, and one in which they are not: metric and reward tell them apart."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from latents import job, scratch
from latents import one_thread as one_thread  # a fixture
from vtb.engine.complete import newest_complete_checkpoint
from vtb.engine.launch import TRAIN_LOG
from vtb.engine.stop_signal import StopSignal
from vtb.engine.vision_language import load_processor, load_vision_language
from vtb.latent.ablations import ABLATIONS, answer_without
from vtb.latent.decoding import generate, readable, without_thoughts
from vtb.latent.engine import train
from vtb.latent.export import write_model
from vtb.latent.parts import Parts, parts_of
from vtb.latent.policy import answers_of, log_probs
from vtb.latent.rollouts import plain_sampling, roll_out, without_latents
from vtb.latent.rows import Row, read_rows
from vtb.latent.sequences import Sequencer
from vtb.latent.tokens import LatentTokens, read_latent_config
from vtb.rewards.necessity import NECESSITIES, Group

pytestmark = pytest.mark.engine
COLORS = {"red": (220, 20, 20), "green": (20, 170, 20), "blue": (20, 20, 220), "yellow": (230, 220, 20)}
ROWS = 16
GREEDY: dict[str, Any] = {
    "max_new_tokens": 20, "do_sample": False, "temperature": None, "top_p": None, "top_k": None
}  # fmt: skip
Toy = tuple[Parts, Sequencer, LatentTokens, list[Row]]


def write_toy(folder: Path, *, needed: bool) -> None:
    """Where latents are needed, the color is in the helper picture alone; else in the picture that is asked about, and
    half of the answers do without latents.
    """
    from PIL import Image

    folder.mkdir()
    Image.new("RGB", (56, 56), "white").save(folder / "blank.png")
    for name, color in COLORS.items():
        Image.new("RGB", (56, 56), color).save(folder / f"{name}.png")
    lines = []
    for number in range(ROWS):
        name = list(COLORS)[(number * 7 + number // 3) % 4]
        seen, imagined = ("blank", name) if needed else (name, "blank")
        latent = {"type": "latent", "helper_image": f"{imagined}.png"}
        words = {"type": "text", "content": f"Answer: {name}"}
        for way, plan in (("thinks", [latent, words]), ("says", [words])):
            if needed and way == "says":
                continue
            lines.append({
                "id": f"{way}-{number}", "text_input": f"What is the color of part {number}?",
                "image_input": [f"{seen}.png"], "sequence_plan": plan, "original_final_answer": name, "task": "toy",
                "example": "",
            })  # fmt: skip
    (folder / "train.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


@functools.cache
def toy(needed: bool) -> Toy:
    """A tiny model that has learned it."""
    import torch

    torch.set_num_threads(1)
    name = "needed" if needed else "spare"
    data, out, folder = (scratch() / f"{name}-{what}" for what in ("data", "out", "model"))
    write_toy(data, needed=needed)
    out.mkdir()
    folder.mkdir()
    os.environ[TRAIN_LOG] = str(out / "log.jsonl")
    work = job("qwen2_5_vl", out, dataset=data, tuner="full", steps=150, batch_size=8, learning_rate=2e-3, warmup=10)
    train(work, StopSignal(None))
    checkpoint = newest_complete_checkpoint(out)
    assert checkpoint is not None
    write_model(work, checkpoint, folder)
    model = load_vision_language(folder, None, torch.float32).eval()
    tokens = read_latent_config(folder)
    assert tokens is not None
    rows = [row for row in read_rows(data, "train") if row.id.startswith("thinks")]
    return parts_of(model), Sequencer(load_processor(folder, 1 << 20), tokens, 4096), tokens, rows


def share(sequencer: Sequencer, tokens: LatentTokens, ids: Any, rows: list[Row]) -> float:
    texts = [readable(sequencer.processor.tokenizer, own, tokens) for own in ids.tolist()]
    return sum(worth(text, row) for text, row in zip(texts, rows, strict=True)) / len(rows)


def worth(text: str, row: Row) -> float:
    return float(without_thoughts(text).strip().endswith(row.answer))


@pytest.mark.parametrize("needed", [True, False])
def test_the_metric_tells_whether_latents_matter(needed: bool) -> None:
    parts, sequencer, tokens, rows = toy(needed)
    inputs = sequencer.prompts(rows)
    ids, thoughts = generate(parts, inputs, tokens, "force", **GREEDY)
    assert share(sequencer, tokens, ids, rows) >= 0.9
    assert all(thoughts.found)
    without = {
        which: share(sequencer, tokens, answer_without(parts, inputs, tokens, thoughts, which, 1, **GREEDY), rows)
        for which in ABLATIONS
    }
    if needed:  # one of four colors is right by chance
        assert all(right <= 0.7 for right in without.values()), without
        assert without["shuffled"] <= 0.5
    else:
        assert all(without[which] >= 0.9 for which in ("noise", "shuffled", "forbidden")), without


def values(needed: bool, make: Callable[[Group], list[float]]) -> list[float]:
    """The reward of each of some answers to every question, latents forbidden in four more."""
    parts, sequencer, tokens, rows = toy(needed)
    settings = {"max_new_tokens": 20, **plain_sampling(0.3)}
    found = list[float]()
    for number, row in enumerate(rows):
        rollouts = roll_out(parts, sequencer, row, tokens, 4, "force", number, **settings)
        controls = roll_out(parts, sequencer, row, tokens, 4, "forbid", number, **settings)
        answers = answers_of(rollouts, tokens, "force", 0)

        def replayed(row: Row = row, rollouts: Any = rollouts) -> list[float | None]:
            said = without_latents(parts, sequencer, row, rollouts, tokens, 1, **settings)
            return [None if text is None else worth(text, row) for text in said]

        def drops(answers: Any = answers) -> list[float | None]:
            seeing, blind = (log_probs(parts, answers, tokens, 0.3, blind=each).detach() for each in (False, True))
            return [float(one) for one in ((seeing - blind) * answers.chosen).sum(-1) / answers.chosen.sum(-1)]

        right = [worth(text, row) for text in rollouts.texts]
        group = Group(right, [True] * 4, [worth(text, row) for text in controls.texts], replayed, drops)
        found += make(group)
    return found


@pytest.mark.parametrize("name", sorted(NECESSITIES))
def test_the_reward_is_positive_where_latents_are_needed_and_not_where_they_are_not(name: str) -> None:
    make = NECESSITIES[name]
    needed, spare = values(True, make), values(False, make)
    means = sum(needed) / len(needed), sum(spare) / len(spare)
    assert means[1] <= 0.05
    assert means[0] > means[1] + 0.2, means  # by replay, an answer that is right either way costs something
    assert means[0] > 0.2 or name == "replay"
