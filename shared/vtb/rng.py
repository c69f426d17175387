"""Random numbers that depend on (seed, family, index) and on nothing else.

Worker counts, shard sizes and the order of work never reach a generator, so sample *i* of a run is the same sample on
a laptop and on a thousand pods.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from typing import TypeVar

Value = TypeVar("Value")


def sample_seed(seed: int, family: str, index: int) -> int:
    """The 64-bit seed of one sample: a hash, so neighbouring indices are unrelated."""
    digest = hashlib.blake2b(f"{seed}/{family}/{index}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def sample_rng(seed: int, family: str, index: int) -> random.Random:
    """A generator for one sample.

    ``random.Random`` and not NumPy's: the stream behind ``random()`` and ``getrandbits()`` is promised never to change.
    """
    return random.Random(sample_seed(seed, family, index))


def below(rng: random.Random, n: int) -> int:
    """A uniform integer in [0, n), built on the promised stream alone (``randrange`` may change between versions)."""
    bits = n.bit_length()
    value = rng.getrandbits(bits)
    while value >= n:
        value = rng.getrandbits(bits)
    return value


def pick(rng: random.Random, values: Sequence[Value]) -> Value:
    """One of them, each with the same chance."""
    return values[below(rng, len(values))]


def shuffled(rng: random.Random, values: Sequence[Value], count: int | None = None) -> list[Value]:
    """All of them, or so many, in an order; every order with the same chance."""
    rest = list(values)
    return [rest.pop(below(rng, len(rest))) for _ in range(len(rest) if count is None else count)]


def stable_fraction(text: str, salt: str = "") -> float:
    """A number in [0, 1) that depends on the text alone: the base of splits that never move."""
    digest = hashlib.sha256(f"{salt}\0{text}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
