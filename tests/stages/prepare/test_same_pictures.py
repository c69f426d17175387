"""A model is trained on the pictures that it is asked about later, in every family."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from contract.command_line import call
from stages.prepare.prepare_runs import NAMES, good, picture_of, rows
from vtb.datasets.readers import load_sample
from vtb.datasets.shown import shown
from vtb.formats.webdataset import read_tar
from vtb.media.image import decode_image
from vtb.puzzles.registry import families, find_family
from vtb.puzzles.sample import make_example, render
from vtb_eval.questions import make_question


@pytest.mark.parametrize("reasoning", [False, True])
@pytest.mark.parametrize("name", sorted(families()))
def test_training_and_evaluation_show_the_same(name: str, reasoning: bool) -> None:
    """Also where the sample has a picture with printed names, which not every question speaks of."""
    family = find_family(name)
    loaded = load_sample(render(family, make_example(family, family.config_class(), "same", 3, 0, reasoning=reasoning)))
    assert (loaded.reasoning is not None) is reasoning
    (training,), (evaluation,) = shown(loaded), make_question(loaded, shown(loaded), None).shown
    trained, asked = (decode_image(file) for one in (training, evaluation) for file in one.files)
    assert np.array_equal(trained, asked)
    prints_names = family.group == "maze"  # whose question speaks of printed numbers
    assert np.array_equal(trained, loaded.puzzle) is not prints_names
    assert ("number printed" in loaded.example.prompts.vlm) is prints_names


def test_numbers_for_people_are_not_trained_on(tmp_path: Path) -> None:
    made = call("vtb-gen-visual", "--task", "size_grid", "--count", "3", "--show-numbers", "--workers", "1",
                "--output", tmp_path / "visual")  # fmt: skip
    assert made.code == 0, made.err
    good(tmp_path / "dataset", tmp_path / "visual", more=("--val", "0"))
    samples = {sample.key: sample for sample in read_tar((tmp_path / "visual/shards/00000.tar").read_bytes())}
    trained = {row["id"]: picture_of(tmp_path / "dataset", row) for row in rows(tmp_path / "dataset", NAMES[0])}
    assert trained == {key: sample.parts["puzzle.png"] for key, sample in samples.items()}
    assert all(sample.parts["reasoning.png"] != sample.parts["puzzle.png"] for sample in samples.values())
