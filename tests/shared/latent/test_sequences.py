"""What a row becomes: which tokens are learned, where latents stand, and what is refused."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest

from latents import FAMILIES, SIZE, batch, dataset, loaded, rows
from latents import one_thread as one_thread  # a fixture
from vtb.errors import BadInput
from vtb.latent.rows import Step, read_rows
from vtb.latent.sequences import IGNORED, Sequencer
from vtb.latent.teacher import segments_of
from vtb_train_vlm.tiny_model import Family

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("family", FAMILIES)
def test_words_and_the_borders_of_segments_are_learned_latents_and_the_question_are_not(family: Family) -> None:
    _, _, tokens, sequencer = loaded(family)
    made = batch(sequencer, [0, 2])
    tokenizer = sequencer.processor.tokenizer
    for row, number in enumerate((0, 2)):
        ids = made.ids[row][made.mask[row] == 1].tolist()
        labels = made.labels[row].tolist()
        learned = [token for token in labels if token != IGNORED]
        text = tokenizer.decode(learned)
        borders = "<|latent_start|><|latent_end|>"
        color = rows()[number].answer
        assert text == f"Draw the image. {borders}Solve it. {borders}Answer: {color}{tokenizer.eos_token}"
        assert [len(segment) for segment in segments_of(ids, tokens)] == [SIZE, SIZE]
        assert all(ids[place] == tokens.pad for segment in segments_of(ids, tokens) for place in segment)
        assert ids.count(tokens.pad) == 2 * SIZE
        assert labels[: made.prompts[row]] == [IGNORED] * made.prompts[row]
        assert ids[: made.prompts[row]] == sequencer.prompts([rows()[number]])["input_ids"][0].tolist()
    assert len(made.grids) == 3  # the second row asks about two pictures
    assert len(made.helper_grids) == 4


def test_without_latents_the_same_words_are_learned() -> None:
    _, _, _, sequencer = loaded("qwen2_5_vl")
    plain = Sequencer(sequencer.processor, None, 4096)
    made = batch(plain, [0])
    learned = [token for token in made.labels[0].tolist() if token != IGNORED]
    color = rows()[0].answer
    assert plain.processor.tokenizer.decode(learned) == f"Draw the image. Solve it. Answer: {color}<|im_end|>"
    assert made.helper_pixels is None


def test_pictures_stand_where_the_words_say() -> None:
    _, _, _, sequencer = loaded("qwen3_vl")
    row = dataclasses.replace(rows()[2], question="First <image> then <image>: which?")
    text = sequencer.prompt(row)
    place = "<|vision_start|><|image_pad|><|vision_end|>"
    assert f"First {place} then {place}: which?" in text
    with pytest.raises(BadInput, match="2 places for 1 pictures"):
        sequencer.prompt(dataclasses.replace(row, images=row.images[:1]))


def test_what_cannot_be_learned_from_is_refused() -> None:
    _, _, _, sequencer = loaded("qwen2_5_vl")
    short = Sequencer(sequencer.processor, sequencer.tokens, 40)
    with pytest.raises(BadInput, match=r"row row-0: is \d+ tokens long: raise --max-length 40"):
        batch(short, [0])
    for mark in ("<|latent_start|>", "<|im_start|>", "<|endoftext|>"):
        marked = dataclasses.replace(rows()[0], plan=(Step(text=f"a {mark} b"),))
        with pytest.raises(BadInput, match=rf"has {re.escape(mark)} among its words"):
            sequencer.batch([marked], [0])


@pytest.mark.parametrize("family", FAMILIES)
def test_a_row_is_as_long_as_it_is_said_to_be(family: Family) -> None:
    _, _, _, sequencer = loaded(family)
    lengths = [sequencer.length(row) for row in rows()]
    assert len(set(lengths)) > 1
    assert lengths == [sequencer.batch([row], [0]).ids.shape[1] for row in rows()]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"image_input": ["../0.png"]}, "is not among its files"),
        ({"image_input": ["/etc/passwd"]}, "is not among its files"),
        ({"sequence_plan": [{"type": "latent", "helper_image": "gone.png"}]}, "is not among its files"),
        ({"sequence_plan": [{"type": "song", "content": "la"}]}, "no step of type 'song'"),
        ({"sequence_plan": [{"type": "text", "content": " "}]}, "has no words"),
        ({"sequence_plan": None}, "line 2"),
    ],
)
def test_damaged_rows_are_named(change: dict[str, object], problem: str, tmp_path: Path) -> None:
    lines = (dataset() / "train.jsonl").read_text().splitlines()[:2]
    for path in dataset().glob("[01]*.png"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    lines[1] = json.dumps({**json.loads(lines[1]), **change})
    (tmp_path / "train.jsonl").write_text("\n".join(lines))
    with pytest.raises(BadInput, match=problem) as caught:
        read_rows(tmp_path, "train")
    assert "train.jsonl: line 2" in str(caught.value)
