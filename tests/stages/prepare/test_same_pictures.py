"""A model is trained on the pictures that it is asked about later, in every family."""

from __future__ import annotations

import numpy as np
import pytest

from vtb.datasets.readers import load_sample
from vtb.media.image import decode_image
from vtb.puzzles.registry import families, find_family
from vtb.puzzles.sample import make_example, render
from vtb_eval.questions import make_question
from vtb_prepare.vlm import shown


@pytest.mark.parametrize("name", sorted(families()))
def test_training_and_evaluation_show_the_same(name: str) -> None:
    family = find_family(name)
    loaded = load_sample(render(family, make_example(family, family.config_class(), "same", 3, 0)))
    trained, asked = decode_image(shown(loaded)), decode_image(make_question(loaded, None).picture)
    assert np.array_equal(trained, asked)
    prints_names = family.group == "maze"  # whose question speaks of printed numbers
    assert np.array_equal(trained, loaded.puzzle) is not prints_names
    assert ("number printed" in loaded.example.prompts.vlm) is prints_names
