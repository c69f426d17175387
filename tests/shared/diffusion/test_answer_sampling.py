"""What the engine's pipeline is asked for: everything that decides a drawing gets there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from drawing import EVERY
from vtb.diffusion.rows import Sample
from vtb.diffusion.sampling import Sampling, draw_answer
from vtb.diffusion.variants import VARIANTS

PICTURE = np.full((64, 96, 3), 7, np.uint8)


@pytest.mark.parametrize("variant", EVERY)
def test_all_that_is_asked_for_reaches_the_engine(variant: str) -> None:
    known, asked = VARIANTS[variant], {}
    shown = () if known.shown == "nothing" else (PICTURE,)

    def pipe(**given: Any) -> Any:
        asked.update(given)
        return [PICTURE] * 5 if known.moving else PICTURE

    drawn = draw_answer(pipe, known, Sample("Draw.", (), shown, (96, 64), 5), Sampling(7, 2.5, 96 * 64), 2**64 + 9)
    assert len(drawn) == (5 if known.moving else 1)
    assert (asked["prompt"], asked["cfg_scale"], asked["num_inference_steps"], asked["seed"]) == ("Draw.", 2.5, 7, 9)
    assert (asked["width"], asked["height"]) == (96, 64)
    if known.moving:
        assert (asked["num_frames"], asked["switch_DiT_boundary"]) == (5, known.boundary)
        assert (asked["input_image"] is None) == (not shown)
        return
    assert asked["zero_cond_t"] == (variant == "qwen-image-edit-2511")
    assert asked["edit_image_auto_resize"] is False
    pictures = asked["edit_image"] if isinstance(asked["edit_image"], list) else [asked["edit_image"]]
    assert isinstance(asked["edit_image"], list) == (known.shown == "pictures")
    assert [one and one.size for one in pictures] == [(96, 64) if shown else None]
