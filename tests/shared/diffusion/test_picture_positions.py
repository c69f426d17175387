"""Tokens of pictures have their places in three axes; DiffSynth-Studio 2.1.12 with transformers 5 forgets them."""

from __future__ import annotations

from typing import Any

import pytest

from drawing import one_thread as one_thread  # a fixture
from drawing import pipeline, rows
from vtb.diffusion.features import encode
from vtb.diffusion.picture_positions import restore_picture_positions
from vtb.diffusion.rows import load_sample
from vtb.diffusion.variants import VARIANTS

pytestmark = pytest.mark.engine
EDITING = ("qwen-image-edit", "qwen-image-edit-2509")


def positions(variant: str, *, mended: bool) -> tuple[Any, Any]:
    """The position ids that reach the language model when a row's prompt is encoded, and which tokens are pictures."""
    pipe = pipeline(variant)
    encoder = pipe.text_encoder
    if not mended:
        encoder._forward_pre_hooks.clear()
        encoder._forward_pre_hooks_with_kwargs.clear()
    seen: list[Any] = []
    told: list[Any] = []
    encoder.register_forward_pre_hook(lambda _, args, kwargs: told.append(kwargs["input_ids"]), with_kwargs=True)
    encoder.model.language_model.register_forward_pre_hook(
        lambda _, args, kwargs: seen.append(kwargs.get("position_ids")), with_kwargs=True
    )
    known = VARIANTS[variant]
    encode(pipe, known, load_sample(rows(variant)[0], known), 4096)
    return seen[0], told[0][0] == encoder.config.image_token_id


@pytest.mark.parametrize("variant", EDITING)
def test_picture_tokens_lie_on_a_grid(variant: str) -> None:
    found, picture = positions(variant, mended=True)
    time, height, width = found[-3:, 0]
    start, count = int(picture.int().argmax()), int(picture.sum())
    side = round(count**0.5)
    assert count == side**2 > 1
    places = range(count)
    assert time[picture].tolist() == [start] * count  # one picture is one moment
    assert height[picture].tolist() == [start + place // side for place in places]
    assert width[picture].tolist() == [start + place % side for place in places]
    for axis in (time, height, width):  # words are counted in all three, and go on after the picture
        assert axis[:start].tolist() == list(range(start))
        assert axis[start + count :].tolist() == [start + side + place for place in range(len(axis) - start - count)]


def test_an_engine_that_says_it_itself_is_left_alone_and_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    import torch

    class Encoder(torch.nn.Module):  # type: ignore[misc]
        def forward(self, **given: Any) -> Any:
            return given

    encoder = Encoder()
    restore_picture_positions(encoder)
    assert encoder(input_ids=None) == {"input_ids": None}  # words alone
    given = {"input_ids": None, "pixel_values": 1, "mm_token_type_ids": 2}
    assert [encoder(**given) for _ in range(2)] == [given, given]
    assert caplog.text.count("can go") == 1


@pytest.mark.parametrize("variant", EDITING)
def test_the_engine_still_needs_to_be_told(variant: str) -> None:
    """Fails when a newer engine does it itself: then ``picture_positions.py`` can go."""
    assert positions(variant, mended=False)[0] is None
