"""The model: equal to a slow transcription, packed or not, side by side or alone, saved or not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from geometries import FAMILIES, MODES, QUERIES, loaded, rows
from latents import one_thread as one_thread  # a fixture
from latents import tiny
from shared.geometry.slow_geometry import slow_look, slow_norm, slow_spatial
from vtb.geometry.job import Geometry
from vtb.geometry.sequences import IGNORED, Pack
from vtb.geometry.trained import make_trainable
from vtb_train_vlm.tiny_model import Family

pytestmark = pytest.mark.engine
PICTURE, TWO, CLIP, WORDS = range(4)  # rows
WAYS: tuple[tuple[Geometry, Family], ...] = tuple((mode, family) for family in FAMILIES for mode in (*MODES, "none"))


def scores(model: Any, pack: Pack) -> Any:
    """(T, V) scores of a pack."""
    import torch

    question = model.words(pack.ids, None) & (pack.labels == IGNORED)
    more = {"samples": pack.samples, "question": question} if hasattr(model, "geometry") else {}
    with torch.no_grad():
        return model(input_ids=pack.ids, position_ids=pack.positions, use_cache=False, **pack.media, **more).logits[0]


def counted(ids: list[int], pad: int, runs: list[list[tuple[int, int, int]]], high: int) -> tuple[list[Any], list[int]]:
    """Positions of all tokens, and which are vision tokens.

    Args:
        ids: tokens of one row.
        pad: that stands where its medium is seen.
        runs: of its vision tokens: time, height and width of each from where the run begins.
        high: how much further words behind a run are than those before it.
    """
    places: list[Any] = []
    seen: list[int] = []
    done = at = 0
    for run in runs:
        start = ids.index(pad, done)
        places += [[at + number] * 3 for number in range(start - done)]
        at += start - done
        places += [[at + t, at + y, at + x] for t, y, x in run]
        seen += range(start, start + len(run))
        done, at = start + len(run), at + high
    return places + [[at + number] * 3 for number in range(len(ids) - done)], seen


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("row", [PICTURE, CLIP])
def test_forward_equals_a_slow_transcription(row: int, family: Family) -> None:
    """Geometry by hand, put behind the vision tokens by hand, at positions counted by hand."""
    import torch

    model, sequencer = loaded("select", family)
    pack = sequencer.pack([rows()[row]])
    kind = "video" if row == CLIP else "image"
    pixels = pack.media["pixel_values_videos" if row == CLIP else "pixel_values"]
    grid = pack.media[f"{kind}_grid_thw"][0].tolist()
    text, embed = model.config.text_config, model.get_input_embeddings()
    ids, pad = pack.ids[0].tolist(), getattr(model.config, f"{kind}_token_id")
    step = 1.0  # Qwen3-VL says the seconds in words, and counts pairs of frames
    if family == "qwen2_5_vl":
        step = model.config.vision_config.tokens_per_second * 2 * 1.5 if row == CLIP else 0  # seconds of two frames
    with torch.no_grad():
        spatial, blocks = slow_spatial(model, pixels, grid)
        tokenizer = sequencer.processor.tokenizer
        special = {number for number, token in tokenizer.added_tokens_decoder.items() if token.special}
        answer = tokenizer(f"{rows()[row].answer}<|im_end|>")["input_ids"]
        question = [token for token in ids[: -len(answer)] if token not in special]
        words = tokenizer.decode(question)
        assert "user" in words
        assert "assistant" in words
        assert ("<0.8 seconds>" in words) == (row == CLIP and family == "qwen3_vl")
        read = slow_look(
            model.geometry.reader, text, model.geometry.queries, embed(torch.tensor(question)),
            [[number] * 3 for number in range(len(question))],
        )  # fmt: skip
        at = [(int(t * step), y, x) for t, y, x in blocks]
        taken = slow_look(model.geometry.selector, text, read, spatial, at)
        taken = torch.stack([slow_norm(one, model.geometry.norm.weight, text.rms_norm_eps) for one in taken])
        runs = [[(int(t * step), y, x) for t, y, x in blocks]]
        if family == "qwen3_vl":
            runs = [[(0, y, x) for t, y, x in blocks if t == time] for time in range(grid[0])]
        places, seen = counted(ids, pad, runs, max(grid[1:]) // 2)  # as transformers counts on: not the time of a clip
        vision = model.model.visual(pixels, grid_thw=torch.tensor([grid]))
        embeds = embed(pack.ids[0]).clone()
        embeds[seen] = vision.pooler_output
        embeds[seen[-1] + 1 : seen[-1] + 1 + QUERIES] = taken
        within = {}
        if family == "qwen3_vl":  # its layers see the picture once more, and nothing of geometry
            mask = torch.zeros(1, len(ids), dtype=torch.bool)
            mask[0, seen] = True
            within = {"visual_pos_masks": mask, "deepstack_visual_embeds": vision.deepstack_features}
        states = model.model.language_model(
            inputs_embeds=embeds[None], position_ids=torch.tensor(places).T[:, None], use_cache=False, **within
        ).last_hidden_state
        slow = model.lm_head(states)[0]
    assert pack.positions[1:, 0].T.tolist() == places
    torch.testing.assert_close(scores(model, pack), slow, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("mode", "family"), WAYS)
def test_packed_equals_one_by_one(mode: Geometry, family: Family) -> None:
    """Pictures and clips of several sizes, and words alone, in one pack."""
    import torch

    model, sequencer = loaded(mode, family)
    if mode == "none":
        model.words = lambda ids, mask: ids > 0
    together = scores(model, sequencer.pack(rows()))
    alone = torch.cat([scores(model, sequencer.pack([row])) for row in rows()])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("mode", "family"), [way for way in WAYS if way[0] != "none"])
def test_side_by_side_equals_one_by_one(mode: Geometry, family: Family) -> None:
    """Prompts of one batch as ``generate`` has them, padded; and the likeliest next token is the one of training."""
    model, sequencer = loaded(mode, family)
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


@pytest.mark.parametrize("limits", [{"max_length": 3}, {"max_length": 9, "min_length": 4}])
def test_lengths_count_the_prompt_as_it_was_asked(limits: dict[str, int]) -> None:
    model, sequencer = loaded("select")
    inputs = sequencer.prompts([rows()[PICTURE]])
    asked = inputs["input_ids"].shape[1]
    said = model.generate(**inputs, do_sample=False, **{name: asked + count for name, count in limits.items()})
    assert limits.get("min_length", 1) <= said.shape[1] - asked <= limits["max_length"]


@pytest.mark.parametrize(
    ("rope", "wanted"),
    [({}, [(0, 24), (1, 20), (2, 20)]), ({"mrope_section": [4, 2, 2]}, [(0, 4), (1, 2), (2, 2)])],
)
def test_qwen3_turns_by_axes_as_transformers_does(rope: dict[str, Any], wanted: list[tuple[int, int]]) -> None:
    """Whatever its configuration says of ``mrope_interleaved``."""
    import torch
    from transformers import Qwen3VLTextConfig
    from transformers.models.qwen3_vl.modeling_qwen3_vl import Qwen3VLTextRotaryEmbedding

    from vtb.geometry.former import axes_of

    text = Qwen3VLTextConfig(head_dim=2 * sum(count for _, count in wanted))
    text.rope_parameters = {"rope_type": "default", "rope_theta": 1e4, **rope}
    axes = axes_of(text)
    assert [(axis, axes.count(axis)) for axis in range(3)] == wanted
    rotary = Qwen3VLTextRotaryEmbedding(text)
    for axis in range(3):  # moved along one axis, what turns by it, and nothing else, is turned
        places = torch.zeros(3, 1, 1, dtype=torch.long)
        places[axis] = 1
        _, sin = rotary(torch.zeros(1, 1, 1), places)
        assert (sin[0, 0, : len(axes)] != 0).tolist() == [one == axis for one in axes]


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


@pytest.mark.parametrize(
    ("mode", "family", "name"),
    [("select", "qwen2_5_vl", "GeometryQwen25"), ("concat", "qwen2_5_vl", "GeometryQwen25"),
     ("select", "qwen3_vl", "GeometryQwen3")],
)  # fmt: skip
def test_saved_and_loaded_it_is_the_same(mode: Geometry, family: Family, name: str, tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForImageTextToText

    from vtb.geometry.known import make_known

    model, sequencer = loaded(mode, family)
    model.save_pretrained(tmp_path)
    make_known(tmp_path)
    again = AutoModelForImageTextToText.from_pretrained(tmp_path).eval()
    before, after = model.state_dict(), again.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(weight, after[name]) for name, weight in before.items())
    pack = sequencer.pack([rows()[CLIP]])
    assert torch.equal(scores(model, pack), scores(again, pack))
    assert type(again).__name__ == name


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


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    ("switches", "moves"),
    [
        ({}, {"language_model", "lm_head", "merger", "geometry"}),
        ({"tune_llm": False}, {"merger", "geometry"}),
        ({"tune_merger": False, "tune_llm": False}, {"geometry"}),
        ({"tune_vision": True}, {"language_model", "lm_head", "merger", "geometry", "visual"}),
    ],
)
def test_gradients_only_where_they_should_be(
    switches: dict[str, bool], moves: set[str], family: Family, tmp_path: Path
) -> None:
    from geometries import job
    from vtb.geometry.learner import make_learner

    model, sequencer = loaded("select", family)
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
