"""``--set``: settings of a pipeline's steps from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from launch.pipelines import ALL, read, values, words
from vtb.errors import UsageProblem
from vtb.pipeline.settings import with_settings
from vtb.pipeline.step import Pipeline


def options(pipeline: Pipeline) -> dict[str, dict[str, Any]]:
    return {step.name: dict(step.options) for step in pipeline.steps}


@pytest.fixture
def chain(tmp_path: Path) -> Pipeline:
    return read(tmp_path, *ALL)


def test_a_setting_of_one_step(chain: Pipeline) -> None:
    found = options(with_settings(chain, ["mazes.count=9", "mazes.size=[11]", "answers.batch-size=2"]))
    assert found["mazes"] == {"size": [11], "count": 9, "video": True}
    assert found["answers"] == {"batch-size": 2}
    assert found["curated"] == {}


def test_a_setting_of_every_step_that_has_it(chain: Pipeline) -> None:
    found = options(with_settings(chain, ["samples_per_shard=5", "seed=7"]))
    assert {name for name, step in found.items() if step.get("samples-per-shard") == 5} == {
        "mazes", "curated", "answers",
    }  # fmt: skip
    assert all(step["seed"] == 7 for step in found.values())


def test_a_setting_replaces_an_input(chain: Pipeline) -> None:
    changed = with_settings(chain, ["model=/models/big"])
    for name in ("adapter", "answers"):
        assert values(words(changed, name), "model") == ["/models/big"]
    assert values(words(chain, "answers"), "model") == ["s3://b/p/model"]
    one = with_settings(chain, ["answers.model=/models/big"])
    assert values(words(one, "adapter"), "model") == ["s3://b/p/model"]


def test_values_are_yaml(chain: Pipeline) -> None:
    found = options(with_settings(chain, ["mazes.video=false", "answers.split='no'", "learning-rate=1e-3"]))
    assert (found["mazes"]["video"], found["answers"]["split"]) == (False, "no")
    assert values(words(with_settings(chain, ["learning-rate=1e-3"]), "adapter"), "learning-rate") == ["1e-3"]
    ranged = with_settings(chain, ["curated.difficulty=path_length=3.."])
    assert values(words(ranged, "curated"), "difficulty") == ["path_length=3.."]


def test_a_setting_that_changes_nothing_is_no_error(chain: Pipeline) -> None:
    assert with_settings(chain, ["mazes.count=4"]) == chain


@pytest.mark.parametrize(
    ("setting", "part"),
    [
        ("nothing=1", "no step has option 'nothing'"),
        ("maze.count=1", "no step is called 'maze': did you mean mazes?"),
        ("nobody.count=1", "no step is called 'nobody': choose of mazes, curated"),
        ("mazes.cuont=1", "no step mazes has option 'cuont': did you mean count?"),
        ("learnig-rate=1", "no step has option 'learnig-rate': did you mean learning-rate?"),
        ("mazes.engine-args=[--a]", "no step mazes has option 'engine-args'"),
        ("curated.count=1", "no step curated has option 'count'"),
        ("count", "write [STEP.]OPTION=VALUE"),
        ("=1", "write [STEP.]OPTION=VALUE"),
        ("mazes.=1", "write [STEP.]OPTION=VALUE"),
        ("mazes.output=/x", "no step mazes has option 'output'"),
        ("input=/x", "no step has option 'input'"),
        ("mazes.count=", "neither a value"),
        ("mazes.count=[1", "is not YAML"),
        ("mazes.video=maybe", "true or false"),
        ("answers.split=no", "quote it"),
        ("mazes.fps=[1, 2]", "takes one value"),
    ],
)
def test_settings_that_cannot_be(chain: Pipeline, setting: str, part: str) -> None:
    with pytest.raises(UsageProblem) as error:
        with_settings(chain, [setting])
    assert part in str(error.value)
