"""What a question is asked about, and what one is."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vtb.rng import shuffled
from vtb.scenes.scene import Scene, Thing
from vtb.scenes.visibility import Sight

LETTERS = "ABCD"


@dataclass(frozen=True)
class Question:
    """One question.

    Attributes:
        kind: its type, as VSI-Bench names it.
        words: without the options.
        answer: the letter of an option, or a number as text.
        options: with their letters; empty where a number is asked for.
    """

    kind: str
    words: str
    answer: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class View:
    """A scene, and what is seen of it: only that is asked about."""

    scene: Scene
    sight: Sight

    @property
    def named(self) -> list[int]:
        """The things that were seen whole and that a question can name."""
        return [number for number in self.scene.single if number in self.sight.whole]

    def thing(self, number: int) -> Thing:
        """A thing by its number."""
        return self.scene.things[number]

    def name(self, number: int) -> str:
        """What it is called."""
        return self.scene.things[number].name


# Draws a question of one type, or None where the scene has none that is fair.
Asker = Callable[[random.Random, View], "Question | None"]


def with_options(rng: random.Random, kind: str, words: str, right: str, wrong: Sequence[str]) -> Question:
    """A question whose options stand in a random order."""
    options = shuffled(rng, [right, *wrong])
    lettered = tuple(f"{letter}. {option}" for letter, option in zip(LETTERS, options, strict=False))
    return Question(kind, words, LETTERS[options.index(right)], lettered)
