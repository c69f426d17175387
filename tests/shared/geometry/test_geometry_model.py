"""The model: equal to a slow transcription, packed or not, side by side or alone, saved or not."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from geometries import MODES, QUERIES, loaded, rows
from latents import one_thread as one_thread  # a fixture
from latents import tiny
from shared.geometry.slow_geometry import slow_look, slow_norm, slow_spatial
from vtb.geometry.job import Geometry
from vtb.geometry.sequences import IGNORED, Pack
from vtb.geometry.trained import make_trainable

pytestmark = pytest.mark.engine
PICTURE, TWO, CLIP, WORDS = range(4)  # rows


def scores(model: Any, pack: Pack) -> Any:
    """(T, V) scores of a pack."""
    import torch

    question = model.words(pack.ids, None) & (pack.labels == IGNORED)
    more = {"samples": pack.samples, "question": question} if hasattr(model, "geometry") else {}
    with torch.no_grad():
        return model(input_ids=pack.ids, position_ids=pack.positions, use_cache=False, **pack.media, **more).logits[0]


@pytest.mark.parametrize("row", [PICTURE, CLIP])
def test_forward_equals_a_slow_transcription(row: int) -> None:
    """Geometry by hand, put behind the vision tokens by hand, at positions counted by hand."""
    import torch

    model, sequencer = loaded("select")
    pack = sequencer.pack([rows()[row]])
    kind = "video" if row == CLIP else "image"
    pixels = pack.media["pixel_values_videos" if row == CLIP else "pixel_values"]
    grid = pack.media[f"{kind}_grid_thw"][0].tolist()
    text, embed = model.config.text_config, model.get_input_embeddings()
    ids, pad = pack.ids[0].tolist(), getattr(model.config, f"{kind}_token_id")
    start, seen = ids.index(pad), math.prod(grid) // 4
    step = model.config.vision_config.tokens_per_second * 2 * 1.5 if row == CLIP else 0  # seconds of a pair of frames
    with torch.no_grad():
        spatial, blocks = slow_spatial(model, pixels, grid)
        tokenizer = sequencer.processor.tokenizer
        asked = sequencer.processor.apply_chat_template(
            [{"role": "user", "content": [{"type": kind}, {"type": "text", "text": rows()[row].turns[0][1][7:]}]}],
            add_generation_prompt=True,
        )
        special = {number for number, token in tokenizer.added_tokens_decoder.items() if token.special}
        question = [token for token in tokenizer(asked)["input_ids"] if token not in special]
        assert "assistant" in tokenizer.decode(question)
        read = slow_look(
            model.geometry.reader, text, model.geometry.queries, embed(torch.tensor(question)),
            [[number] * 3 for number in range(len(question))],
        )  # fmt: skip
        at = [(int(t * step), y, x) for t, y, x in blocks]
        taken = slow_look(model.geometry.selector, text, read, spatial, at)
        taken = torch.stack([slow_norm(one, model.geometry.norm.weight, text.rms_norm_eps) for one in taken])
        vision = model.model.visual(pixels, grid_thw=torch.tensor([grid])).pooler_output
        embeds = embed(pack.ids[0]).clone()
        embeds[start : start + seen] = vision
        embeds[start + seen : start + seen + QUERIES] = taken
        places = [[number] * 3 for number in range(start)]
        places += [[start + int(t * step), start + y, start + x] for t, y, x in blocks]
        after = start + max(grid[1], grid[2]) // 2  # as transformers counts on: not the time of a clip
        places += [[after + number] * 3 for number in range(len(ids) - start - seen)]
        states = model.model.language_model(
            inputs_embeds=embeds[None], position_ids=torch.tensor(places).T[:, None], use_cache=False
        ).last_hidden_state
        slow = model.lm_head(states)[0]
    assert pack.positions[1:, 0].T.tolist() == places
    torch.testing.assert_close(scores(model, pack), slow, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("mode", [*MODES, "none"])
def test_packed_equals_one_by_one(mode: Geometry) -> None:
    """Pictures and clips of several sizes, and words alone, in one pack."""
    import torch

    model, sequencer = loaded(mode)
    if mode == "none":
        model.words = lambda ids, mask: ids > 0
    together = scores(model, sequencer.pack(rows()))
    alone = torch.cat([scores(model, sequencer.pack([row])) for row in rows()])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("mode", MODES)
def test_side_by_side_equals_one_by_one(mode: Geometry) -> None:
    """Prompts of one batch as ``generate`` has them, padded; and the likeliest next token is the one of training."""
    model, sequencer = loaded(mode)
    every = [rows()[number] for number in (TWO, CLIP, WORDS)]
    settings = {"max_new_tokens": 5, "do_sample": False, "temperature": None, "top_p": None, "top_k": None}
    inputs = sequencer.prompts(every)
    asked = inputs["input_ids"].shape[1]
    together = model.generate(**inputs, **settings)
    assert together[:, :asked].tolist() == inputs["input_ids"].tolist()
    pad = sequencer.processor.tokenizer.pad_token_id
    for number, row in enumerate(every):
        alone = sequencer.prompts([row])
        said = model.generate(**alone, **settings, return_dict_in_generate=True, output_scores=True)
        new = said.sequences[0, alone["input_ids"].shape[1] :].tolist()
        assert [token for token in together[number, asked:].tolist() if token != pad] == [t for t in new if t != pad]
        pack = sequencer.pack([row])
        first = int((pack.labels[0] != IGNORED).nonzero()[0])
        trained = scores(model, pack)[first - 1]
        free = said.scores[0][0].isfinite()  # not forbidden by the model's settings
        assert (trained - said.scores[0][0])[free].abs().max() < 1e-4


def test_several_answers_to_one_prompt() -> None:
    model, sequencer = loaded("select")
    inputs = sequencer.prompts([rows()[PICTURE], rows()[CLIP]])
    said = model.generate(**inputs, max_new_tokens=3, do_sample=True, num_return_sequences=2)
    assert said.shape[0] == 4


def test_labels_are_no_question() -> None:
    """As others train it: labels given to ``forward``, which must not read the answer."""
    import torch

    model, sequencer = loaded("select")
    pack = sequencer.pack([rows()[PICTURE]])
    given = {"input_ids": pack.ids, "position_ids": pack.positions, **pack.media}
    with torch.no_grad():
        found = model(**given, labels=pack.labels)
    torch.testing.assert_close(found.logits[0], scores(model, pack))
    learned = pack.labels[0, 1:] != IGNORED
    by_hand = torch.nn.functional.cross_entropy(found.logits[0, :-1][learned], pack.labels[0, 1:][learned])
    torch.testing.assert_close(found.loss, by_hand)


def test_what_is_selected_depends_on_the_question_and_on_nothing_of_others() -> None:
    import torch

    model, sequencer = loaded("select")
    pack = sequencer.pack([rows()[PICTURE], rows()[TWO]])
    words = model.words(pack.ids, None) & (pack.labels == IGNORED)
    with torch.no_grad():
        before = model.look(pack.ids, words, pack.samples, pack.media)["image"].pooler_output
        other = pack.ids.clone()
        other[(pack.samples == 0) & words] = int(pack.ids[words][0])
        after = model.look(other, words, pack.samples, pack.media)["image"].pooler_output
    changed = [float((one - two)[-QUERIES:].abs().max()) for one, two in zip(before, after, strict=True)]
    assert changed[0] > 0.01
    assert changed[1:] == [0.0, 0.0]


@pytest.mark.parametrize("mode", MODES)
def test_saved_and_loaded_it_is_the_same(mode: Geometry, tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForImageTextToText

    from vtb.geometry.known import make_known

    model, sequencer = loaded(mode)
    model.save_pretrained(tmp_path)
    make_known(tmp_path)
    again = AutoModelForImageTextToText.from_pretrained(tmp_path).eval()
    before, after = model.state_dict(), again.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(weight, after[name]) for name, weight in before.items())
    pack = sequencer.pack([rows()[CLIP]])
    assert torch.equal(scores(model, pack), scores(again, pack))
    assert type(again).__name__ == "GeometryQwen"


def test_a_model_whose_tables_are_one_keeps_them_so(tmp_path: Path) -> None:
    """As Qwen2.5-VL-3B's."""
    import torch
    from transformers import AutoModelForImageTextToText

    from geometries import encoder
    from vtb.engine.vision_language import load_vision_language
    from vtb.geometry.encoder import load_encoder
    from vtb.geometry.known import make_known
    from vtb.geometry.making import with_geometry

    _, sequencer = loaded("select")
    plain = load_vision_language(tiny("qwen2_5_vl"), None, torch.float32)
    plain.config.tie_word_embeddings = True
    plain.tie_weights()
    made = with_geometry(plain, load_encoder(encoder()), sequencer.processor, "select", QUERIES, seed=4).eval()
    made.save_pretrained(tmp_path)
    make_known(tmp_path)
    again = AutoModelForImageTextToText.from_pretrained(tmp_path).eval()
    assert again.lm_head.weight is again.get_input_embeddings().weight
    pack = sequencer.pack([rows()[PICTURE]])
    assert torch.equal(scores(made, pack), scores(again, pack))


@pytest.mark.parametrize(
    ("switches", "moves"),
    [
        ({}, {"language_model", "lm_head", "merger", "geometry"}),
        ({"tune_llm": False}, {"merger", "geometry"}),
        ({"tune_merger": False, "tune_llm": False}, {"geometry"}),
        ({"tune_vision": True}, {"language_model", "lm_head", "merger", "geometry", "visual"}),
    ],
)
def test_gradients_only_where_they_should_be(switches: dict[str, bool], moves: set[str], tmp_path: Path) -> None:
    from geometries import job
    from vtb.geometry.learner import make_learner

    model, sequencer = loaded("select")
    model = make_trainable(model, job(tmp_path, **switches))
    make_learner(model)(sequencer.pack(rows()[:3]))[0].backward()
    found = set()
    for name, weight in model.named_parameters():
        part = next(
            each for each in ("encoder", "geometry", "merger", "visual", "language_model", "lm_head") if each in name
        )
        assert (weight.grad is not None) == (part in moves), name
        if weight.grad is not None and float(weight.grad.abs().max()) > 0:
            found.add(part)
    assert found == moves
