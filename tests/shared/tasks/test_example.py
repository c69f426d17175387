"""An example as JSON: every family's comes back as it was, in the same columns, and damage is told on reading."""

from __future__ import annotations

import functools
import json
import math
from typing import Any

import pytest
from msgspec.structs import replace

from vtb.errors import BadInput
from vtb.puzzles.family import Clip
from vtb.puzzles.registry import families, find_family
from vtb.puzzles.sample import make_example
from vtb.tasks.example import Example, encode_example, example_fields
from vtb.tasks.registry import decode_example, from_fields

COLUMNS = ["key", "source", "task", "version", "seed", "index", "media", "prompts", "answer", "difficulty", "payload"]
every_family = pytest.mark.parametrize("name", sorted(families()))


@functools.cache
def example_of(name: str, *, clip: bool = True) -> Example:
    family = find_family(name)
    config = family.config_class(clip=Clip(9, 16, (320, 320)) if clip else None)
    return make_example(family, config, name, 5, 3)


def changed(name: str, **fields: Any) -> bytes:
    """The JSON of an example with other columns."""
    return json.dumps({**json.loads(encode_example(example_of(name))), **fields}).encode()


@every_family
@pytest.mark.parametrize("clip", [True, False])
def test_an_example_comes_back_from_json(name: str, clip: bool) -> None:
    example = example_of(name, clip=clip)
    again = decode_example(encode_example(example))
    assert again == example
    assert type(again.payload) is find_family(name).payload_class
    assert (again.payload.clip is not None) == clip


@every_family
def test_the_columns_are_the_same_whatever_the_family(name: str) -> None:
    row = json.loads(encode_example(example_of(name)))
    assert [*row] == COLUMNS
    assert json.loads(json.dumps(example_fields(example_of(name)))) == row
    assert {name: type(value) for name, value in row.items()} == {
        **dict.fromkeys(("key", "source", "task", "answer", "payload"), str),
        **dict.fromkeys(("version", "seed", "index"), int),
        **dict.fromkeys(("media", "difficulty"), list), "prompts": dict,
    }  # fmt: skip
    assert {tuple(medium) for medium in row["media"]} == {("role", "kind", "name")}
    assert {tuple(figure) for figure in row["difficulty"]} == {("name", "value")}
    assert [*row["prompts"]] == ["vlm", "image", "video"]
    assert {type(figure["value"]) for figure in row["difficulty"]} == {float}
    assert type(json.loads(row["payload"])) is dict


@every_family
def test_unknown_fields_are_passed_over(name: str) -> None:
    """What a later version of another program adds harms no reader."""
    payload = {**json.loads(json.loads(encode_example(example_of(name)))["payload"]), "zzz": [1]}
    assert decode_example(changed(name, zzz={"a": 1}, payload=json.dumps(payload))) == example_of(name)


@every_family
def test_a_later_version_is_refused(name: str) -> None:
    version = find_family(name).version
    decode_example(changed(name, version=version))
    with pytest.raises(BadInput, match=f"later version of {name}: upgrade"):
        decode_example(changed(name, version=version + 1))


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"task": "maze_round"}, "there is no task 'maze_round' of 'vtb'"),
        ({"task": "midpoint"}, "it is no example: .*missing required field"),
        ({"source": "videothinkbanch"}, "there is no benchmark 'videothinkbanch'"),
        ({"source": "videothinkbench", "task": "nothing"}, "there is no task 'nothing' of 'videothinkbench'"),
        ({"task": None}, r"it is no example: .*`\$.task`"),
        ({"version": "1"}, r"it is no example: .*`\$.version`"),
        ({"prompts": {"vlm": "a"}}, r"it is no example: .*`\$.prompts`"),
        ({"difficulty": {"size": 9}}, r"it is no example: .*`\$.difficulty`"),
        ({"media": [{"role": "puzzle", "kind": "sound", "name": "a"}]}, r"it is no example: .*`\$.media"),
        ({"payload": {}}, r"it is no example: .*`\$.payload`"),
        ({"payload": "{"}, "it is no example"),
        ({"payload": "null"}, "it is no example"),
        ({"payload": "[" * 100_000}, "it is no example"),
        ({"payload": "\ud800"}, "it is no example"),
    ],
)
def test_damage_is_told(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(BadInput, match=says) as told:
        decode_example(changed("maze_square", **fields))
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"key": 1e999}'])
def test_what_is_no_row_is_told(data: bytes) -> None:
    with pytest.raises(BadInput, match="it is no example"):
        decode_example(data)


@every_family
def test_a_flat_record_is_the_same_example(name: str) -> None:
    """As the folder layout has it: the payload's fields stand beside the others."""
    example = example_of(name)
    row = example_fields(example)
    flat = {**json.loads(row["payload"]), "id": example.key, "difficulty": example.figures, "prompts": row["prompts"],
            **{field: row[field] for field in ("source", "task", "version", "seed", "index", "answer")}}  # fmt: skip
    assert from_fields(flat) == replace(example, media=())
    for wrong in ({"version": 10**6}, {"task": "maze_round"}, {"prompts": None}, {"difficulty": {"a": math.nan}}):
        with pytest.raises(BadInput):
            from_fields({**flat, **wrong})
