"""Click types: the kinds of values that options of ours take."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Callable, Sequence
from typing import Any

import click

from vtb.did_you_mean import did_you_mean


class _Bounds:
    """Says nothing of bounds where there are none, of which click says ``x<=None``."""

    min: Any
    max: Any

    def _describe_range(self) -> str:
        return "" if self.min is None and self.max is None else super()._describe_range()  # type: ignore[misc]


class Whole(_Bounds, click.IntRange):
    """A whole number within bounds."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number."""
        try:
            int(value)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is not a valid integer: write a whole number, for example 100", param, ctx)
        number: int = super().convert(value, param, ctx)
        return number


class OneOf(click.Choice[str]):
    """One of a few words; a word that is nearly one of them is recognized.

    Words that have to be looked for, in every benchmark's module for example, are looked for when they are needed.
    """

    def __init__(self, choices: Sequence[str] | Callable[[], Sequence[str]]) -> None:
        """The words, or what finds them."""
        super().__init__(() if callable(choices) else choices)
        self._find = choices if callable(choices) else None

    @property
    def choices(self) -> tuple[str, ...]:
        """The words."""
        if self._find is not None:
            self._words, self._find = tuple(self._find()), None
        return self._words

    @choices.setter
    def choices(self, words: Sequence[str]) -> None:
        self._words = tuple(words)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The word."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            self.fail(f"{error.message.rstrip('.')}{did_you_mean(str(value), self.choices)}", param, ctx)


class Finite(_Bounds, click.FloatRange):
    """A number within bounds; not-a-number and infinity pass every comparison or none, so they are refused."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number."""
        try:
            float(value)
        except ValueError:
            self.fail(f"{value!r} is not a number: write for example 0.5", param, ctx)
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number", param, ctx)
        return number


class SizeType(click.ParamType):  # type: ignore[type-arg]  # generic for the type checker only
    """``WxH`` in pixels, kept as a pair."""

    name = "WxH"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """``480x832`` to ``(480, 832)``."""
        parts = value if isinstance(value, (tuple, list)) else str(value).lower().split("x")
        if len(parts) != 2 or not all(str(part).isdecimal() and len(str(part)) < 7 for part in parts):
            self.fail(f"{reprlib.repr(value)} is not a size: write width x height, for example 480x480", param, ctx)
        return int(parts[0]), int(parts[1])


class RangeType(click.ParamType):  # type: ignore[type-arg]
    """``FIELD=LOW..HIGH`` where either end may be missing."""

    name = "FIELD=LOW..HIGH"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, float, float]:
        """``path_length=10..40`` to ``("path_length", 10.0, 40.0)``."""
        if isinstance(value, tuple):
            return value  # as this method has made it before
        field, _, span = str(value).partition("=")
        low, dots, high = span.partition("..")
        try:
            if not (field and dots):
                raise ValueError
            ends = float(low or "-inf"), float(high or "inf")
        except ValueError:
            self.fail(f"{value!r} is not a range: write for example path_length=10..40", param, ctx)
        if not ends[0] <= ends[1]:
            self.fail(f"{value!r} holds no number: the lower end comes first", param, ctx)
        return field, *ends
