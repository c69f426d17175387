"""Whatever is done to a record, decoding refuses it, or everything that uses it copes, in little time and memory."""

from __future__ import annotations

import functools
import random
import resource
import time
from collections.abc import Iterator
from typing import Any

import pytest

from shared.puzzles.damaged import decoded, plain, use
from vtb.errors import BadInput
from vtb.media.image import Image, to_rgb
from vtb.puzzles.family import Clip
from vtb.puzzles.registry import families, find_family
from vtb.puzzles.sample import make_example

MUTANTS, USED = 200, 8  # of each family; how many of those that pass are used, which takes most of the time
SECONDS, MEMORY = 20.0, 3 << 30  # of processor time each; bytes beyond what there was
NUMBERS = (0, -1, 1, 2, 7, 0.5, 1e-300, 255, 4096, 16384, 10**6, 2**31, 2**63, 10**30, 1e308, -1e308, "NaN")
OTHER_TYPES: tuple[Any, ...] = (None, True, "1", [], {}, [None], [[]], 3.5)


@pytest.fixture(autouse=True)
def _limited() -> Iterator[None]:
    """An array of absurd size fails at once, and not by the machine's swapping."""
    with open("/proc/self/statm") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


@functools.cache
def good(name: str, *, clip: bool) -> tuple[dict[str, Any], Image]:
    """A payload as JSON, and the picture of its solution."""
    family = find_family(name)
    config = family.config_class(clip=Clip(13, 16, (480, 384)) if clip else None)
    record = make_example(family, config, name, 3, 0).payload
    return plain(record), to_rgb(family.draw_solution(record), family.palette)


def mutate(rng: random.Random, fields: dict[str, Any]) -> str:
    """Change one place, in a small way or a large one; what was done, in words."""
    holder: Any = fields
    key: Any = rng.choice(sorted(fields))
    path = [str(key)]
    while isinstance(holder[key], (dict, list)) and holder[key] and rng.random() < 0.7:
        holder = holder[key]
        key = rng.choice(sorted(holder)) if isinstance(holder, dict) else rng.randrange(len(holder))
        path.append(str(key))
    value = other(rng, holder[key], fields)
    holder[key] = value
    return f"{'.'.join(path)} = {value!r}"[:200]


def other(rng: random.Random, value: Any, fields: dict[str, Any]) -> Any:
    """A value to put in the place of another."""
    if rng.random() < 0.1:
        return rng.choice(OTHER_TYPES)
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, (int, float)):
        near = (value + 1, value - 1, -value, 2 * value, value / 2, 10 * value, value * 1000)
        return rng.choice(near if rng.random() < 0.6 else NUMBERS)
    if isinstance(value, str):
        words = [word for field in fields.values() if isinstance(field, list) for word in field if type(word) is str]
        return rng.choice(["", "A", "E", "\0", "red", "x" * 10**5, value * 2, *words])
    if isinstance(value, list):
        few, many = value[: rng.randrange(len(value) + 1)], value * rng.choice((2, 3, 50, 2000))
        return rng.choice([[], few, value[::-1], many[:100_000], [*value, *value[:1]], rng.sample(value, len(value))])
    return {name: entry for name, entry in value.items() if rng.random() < 0.8}


@pytest.mark.parametrize("name", sorted(families()))
def test_a_mutated_record_is_refused_or_can_be_used(name: str) -> None:
    rng, used = random.Random(name), 0
    for number in range(MUTANTS):
        fields, image = good(name, clip=number % 2 == 0)
        fields = plain_copy(fields)
        done = [mutate(rng, fields) for _ in range(rng.choice((1, 1, 2, 4)))]
        started = time.thread_time()
        try:
            record = decoded(name, fields)
        except BadInput as problem:
            assert "\n" not in str(problem)  # noqa: PT017
        else:
            used += 1
            if used > USED:
                continue
            try:
                assert all(score.reason for score in use(find_family(name), record, image))
            except Exception as error:
                raise AssertionError(f"{error!r} after {done}") from error
        assert time.thread_time() - started < SECONDS, done
    assert 2 < used < MUTANTS  # the mutations are neither all harmless nor all refused


def plain_copy(value: Any) -> Any:
    """A deep copy of JSON."""
    if isinstance(value, dict):
        return {name: plain_copy(entry) for name, entry in value.items()}
    return [plain_copy(entry) for entry in value] if isinstance(value, list) else value
