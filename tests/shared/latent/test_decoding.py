"""Answers with latents: each row's own machine, and the same as when the whole answer is read at once."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from latents import FAMILIES, SIZE, loaded, rows
from latents import one_thread as one_thread  # a fixture
from vtb.latent.ablations import Ablation, answer_without, donors
from vtb.latent.decoding import Machine, generate, readable, segments_in
from vtb.latent.parts import last_states, seen
from vtb.latent.sequences import IGNORED, Batch
from vtb.latent.teacher import segments_of
from vtb.latent.tokens import LatentTokens
from vtb_eval.thinking import Thinker
from vtb_train_vlm.tiny_model import Family

pytestmark = pytest.mark.engine
GREEDY: dict[str, Any] = {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}


def begins_often(model: Any, tokens: LatentTokens, by: float = 6.0) -> None:
    """An untrained model that likes to begin segments."""
    import torch

    with torch.no_grad():
        table = model.get_output_embeddings().weight
        table[tokens.start] = table[:700].mean(dim=0) + by * torch.randn(table.shape[1]) / table.shape[1] ** 0.5


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("sampled", [False, True])
def test_answers_equal_reading_them_whole(family: Family, sampled: bool) -> None:
    """Every token that was not forced is the one that the model gives where all tokens and latents are put in."""
    import torch

    model, parts, tokens, sequencer = loaded(family)
    begins_often(model, tokens)
    few = [rows()[number] for number in (0, 1, 2, 4)]
    inputs = sequencer.prompts(few)
    settings: dict[str, Any] = {"do_sample": True, "temperature": 1.0, "top_k": 0, "top_p": 1.0} if sampled else GREEDY
    torch.manual_seed(3)
    ids, thoughts = generate(parts, inputs, tokens, max_new_tokens=60, **settings)
    assert sum(segments_in(row, tokens) for row in ids.tolist()) > 4
    ends = model.generation_config.eos_token_id
    for row, puzzle in enumerate(few):
        alone = sequencer.prompts([puzzle])
        said = ids[row].tolist()
        length = next((place + 1 for place, token in enumerate(said) if token in ends), len(said))
        answer = torch.tensor(said[:length])
        every = torch.cat([alone["input_ids"][0], answer])[None]
        kinds = torch.nn.functional.pad(alone["mm_token_type_ids"], (0, length))
        made = Batch(
            every, torch.ones_like(every), kinds, every * 0 + IGNORED, alone["pixel_values"], alone["image_grid_thw"],
            None, None, [alone["input_ids"].shape[1]], [0],
        )  # fmt: skip
        with torch.no_grad():
            embeds = parts.embed(made.ids)
            at = (every[0, :-1] == tokens.pad).nonzero().flatten()  # the last token has not been read
            embeds[0, at] = torch.stack(thoughts.found[row][: len(at)]) if len(at) else embeds[0, at]
            states = last_states(parts, made, seen(parts, made.pixels, made.grids), embeds)
        # What went in as a latent is the state before it.
        for segment in segments_of(every[0].tolist(), tokens):
            for place in segment:
                if place < every.shape[1] - 1:
                    assert torch.allclose(states[0, place - 1], embeds[0, place], atol=2e-3)
        if not sampled:
            scores = parts.logits(states[0, made.prompts[0] - 1 : -1])
            machine = Machine(tokens, made.prompts[0], "auto")
            suppressed = model.generation_config.suppress_tokens
            for place in range(length):
                before = every[:, : made.prompts[0] + place]
                one = scores[place : place + 1].clone()
                one[:, suppressed] = -torch.inf
                assert int(machine(before, one).argmax()) == said[place]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_row_answers_alike_alone_and_in_company(family: Family) -> None:
    model, parts, tokens, sequencer = loaded(family)
    begins_often(model, tokens)
    few = [rows()[number] for number in (0, 1, 2)]
    together, thoughts = generate(parts, sequencer.prompts(few), tokens, max_new_tokens=40, **GREEDY)
    for row, puzzle in enumerate(few):
        alone, own = generate(parts, sequencer.prompts([puzzle]), tokens, max_new_tokens=40, **GREEDY)
        text = readable(sequencer.processor.tokenizer, alone[0].tolist(), tokens)
        assert readable(sequencer.processor.tokenizer, together[row].tolist(), tokens) == text
        assert len(own.found[0]) <= len(thoughts.found[row])


def test_segments_are_whole_and_nothing_of_them_is_elsewhere() -> None:
    import torch

    model, parts, tokens, sequencer = loaded("qwen2_5_vl")
    begins_often(model, tokens)
    inputs = sequencer.prompts(rows()[:4])
    for mode in ("auto", "force", "forbid"):
        for seed in range(3):
            torch.manual_seed(seed)
            ids, thoughts = generate(
                parts, inputs, tokens, mode, max_new_tokens=50, do_sample=True, temperature=1.5, top_k=0, top_p=1.0
            )
            for row, said in enumerate(ids.tolist()):
                assert well_formed(said, tokens)
                assert (said[0] == tokens.start) or mode != "force"
                assert (tokens.start in said) <= (mode != "forbid")
                assert len(thoughts.found[row]) >= said.count(tokens.pad) - 1


def well_formed(ids: list[int], tokens: LatentTokens) -> bool:
    """Whether every segment has K latents and an end, but for one that the length cuts off."""
    inside = -1
    for token in ids:
        if inside >= 0:
            expected = tokens.pad if inside < SIZE else tokens.end
            if token != expected:
                return False
            inside = inside + 1 if inside < SIZE else -1
        elif token == tokens.start:
            inside = 0
        elif token in (tokens.pad, tokens.end):
            return False
    return True


def test_a_segment_ends_before_its_last_latent_where_that_is_allowed_and_the_model_says_so() -> None:
    import torch

    model, parts, tokens, sequencer = loaded("qwen2_5_vl")
    begun = torch.tensor([[1, tokens.start, tokens.pad]])
    scores = torch.zeros(1, 800)
    for ahead in (1.0, -1.0, torch.inf):
        scores[0, tokens.end] = ahead
        found = Machine(tokens, 1, "auto", early_end=True)(begun, scores)[0]
        assert int(found.argmax()) == (tokens.end if ahead > 0 else tokens.pad)
        assert int(Machine(tokens, 1, "auto")(begun, scores)[0].argmax()) == tokens.pad
        chance = Machine(tokens, 1, "auto", early_end=True, drawn=True)(begun, scores)[0].softmax(dim=-1)
        likely = 1.0 if ahead == torch.inf else float(scores[0].softmax(dim=-1)[tokens.end])
        assert float(chance[tokens.end]) == pytest.approx(likely)
        assert float(chance[tokens.pad]) == pytest.approx(1 - likely)
    begins_often(model, tokens)
    begins_often(model, dataclasses.replace(tokens, start=tokens.end), by=8.0)
    said: dict[str, Any] = {"max_new_tokens": 30, **GREEDY}
    ids, thoughts = generate(parts, sequencer.prompts(rows()[:4]), tokens, "force", early_end=True, **said)
    lengths = set[int]()
    for row, own in zip(ids.tolist(), thoughts.found, strict=True):
        starts = [place for place, token in enumerate(row) if token == tokens.start]
        ends = [place for place, token in enumerate(row) if token == tokens.end]
        lengths |= {end - start - 1 for start, end in zip(starts, ends, strict=False)}
        assert row.count(tokens.pad) - 1 <= len(own)
    assert min(lengths) < SIZE
    assert max(lengths) <= SIZE
    tokenizer = sequencer.processor.tokenizer
    thinker = Thinker(model, tokenizer, tokens, "force", ablations=False, early_end=True)
    answers = thinker.answer(sequencer.prompts(rows()[:4]), 1, **said)
    assert [one.text for one in answers] == [readable(tokenizer, row, tokens) for row in ids.tolist()]


def test_other_latents_in_their_place() -> None:
    """Dropped, the segment is empty; changed, other vectors went in, and what follows may differ."""
    import torch

    model, parts, tokens, sequencer = loaded("qwen2_5_vl")
    begins_often(model, tokens)
    inputs = sequencer.prompts(rows()[:2])
    plain, own = generate(parts, inputs, tokens, "force", max_new_tokens=30, **GREEDY)
    dropped, none = generate(parts, inputs, tokens, "force", size=0, max_new_tokens=30, **GREEDY)
    assert dropped[0, :2].tolist() == [tokens.start, tokens.end]
    assert none.found == [[], []]
    zeros, thoughts = generate(
        parts, inputs, tokens, "force", change=lambda rows, latents: torch.zeros_like(latents), max_new_tokens=30,
        **GREEDY,
    )  # fmt: skip
    assert all(not latent.any() for row in thoughts.found for latent in row)
    assert any(latent.any() for latent in own.found[0])
    assert not torch.equal(plain, zeros)


def test_the_answer_as_people_read_it() -> None:
    _, _, tokens, sequencer = loaded("qwen2_5_vl")
    tokenizer = sequencer.processor.tokenizer
    words = tokenizer("The color is red.", add_special_tokens=False)["input_ids"]
    ids = [*words, tokens.start, *[tokens.pad] * SIZE, tokens.end, *words, tokenizer.eos_token_id]
    assert readable(tokenizer, ids, tokens) == "The color is red.<latent>The color is red."
    assert segments_in(ids, tokens) == 1


def test_ablations_begin_as_the_answers_began() -> None:
    """Where segments were forced, they are forced in the changed answers, too; and a row needs another to shuffle."""
    _, parts, tokens, sequencer = loaded("qwen2_5_vl")
    inputs = sequencer.prompts(rows()[:3])
    said: dict[str, Any] = {"max_new_tokens": 12, **GREEDY}
    _, thoughts = generate(parts, inputs, tokens, "force", **said)
    forms: tuple[Ablation, ...] = ("dropped", "noise", "shuffled")
    for which in forms:
        ids = answer_without(parts, inputs, tokens, thoughts, which, 1, "force", **said)
        assert ids[:, 0].tolist() == [tokens.start] * 3
        pads = (ids == tokens.pad).sum(dim=1).tolist()
        assert all((count == 0) is (which == "dropped") for count in pads)
    assert donors(thoughts) == {0: 1, 1: 2, 2: 0}
    thoughts.found[1] = []
    assert donors(thoughts) == {0: 2, 2: 0}
    thoughts.found[0] = []
    assert donors(thoughts) == {}
