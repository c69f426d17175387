"""Tasks by the categories that a file names, where nobody has published their names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from vtb.benchmarks.common.picture_question import PictureTask


class TasksByCategory(Mapping[str, PictureTask]):
    """A task for each category that a file names: ``NAME_CATEGORY``, and ``NAME`` alone where it names none."""

    def __init__(self, name: str, make: Callable[[str], PictureTask], known: Sequence[str] = ()) -> None:
        """``known`` are those that are listed; any other of this form is made when it is asked for."""
        self._form, self._make = re.compile(rf"{re.escape(name)}(?:_[a-z0-9]+)*"), make
        self._made = {name: make(name) for name in (name, *known)}

    def __getitem__(self, name: str) -> PictureTask:
        """The task of a name.

        Raises:
            KeyError: it has another form.
        """
        if name not in self._made and (len(name) > 200 or not self._form.fullmatch(name)):
            raise KeyError(name)
        return self._made.setdefault(name, self._make(name))

    def __iter__(self) -> Iterator[str]:
        """The names of those that are known or were asked for."""
        return iter(tuple(self._made))

    def __len__(self) -> int:
        """How many there are."""
        return len(self._made)


def task_name(benchmark: str, category: str) -> str:
    """The task of a category: its words in lower case."""
    slug = re.sub(r"[^a-z0-9]+", "_", category.lower()).strip("_")[:100].strip("_")
    return f"{benchmark}_{slug}" if slug else benchmark
