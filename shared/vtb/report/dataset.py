"""The pages about a data set whose samples are at hand: gallery, preview, and how hard they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from vtb.formats.webdataset import Sample
from vtb.puzzles.sample import EXAMPLE
from vtb.report.axis import Counts
from vtb.report.difficulty import difficulty_page
from vtb.report.gallery import gallery_page, gallery_picture
from vtb.report.pages import render
from vtb.report.samples import Shown, grouped, stored
from vtb.tasks.registry import decode_example

FRAMES = 4
PAGES = {
    "gallery": "gallery.html", "samples with their prompts": "preview.html", "how hard they are": "difficulty.html",
}  # fmt: skip


def preview_page(title: str, samples: Sequence[Shown]) -> str:
    """A page with the first samples of a data set and all that a model is told of them."""
    return render("preview.html", title=title, groups=grouped(samples))


def dataset_pages(
    title: str, samples: Iterable[Sample], difficulty: Mapping[str, Mapping[str, Counts]], groups: Mapping[str, str],
    each: int = 4,
) -> dict[str, bytes]:  # fmt: skip
    """The pages of a data set by file name, those of ``PAGES`` and ``gallery.png``.

    Args:
        title: what the data set is.
        samples: of every family at least some; they are looked through, and the first of each family shown.
        difficulty: ``{part: {figure: {value: how often}}}``.
        groups: the group of the puzzles of each part.
        each: samples of a family on the preview.
    """
    chosen = _first_of_each(samples, each)
    first = [next(one for one in chosen if one.family == family) for family in dict.fromkeys(c.family for c in chosen)]
    return {
        "gallery.html": gallery_page(title, "The first sample of each family.", first).encode(),
        "gallery.png": gallery_picture(first),
        "preview.html": preview_page(title, chosen).encode(),
        "difficulty.html": difficulty_page(f"How hard {title} are", difficulty, groups).encode(),
    }


def _first_of_each(samples: Iterable[Sample], count: int) -> list[Shown]:
    seen, found = Counter[str](), list[Shown]()
    for sample in samples:
        family = decode_example(sample.parts[EXAMPLE]).task
        seen[family] += 1
        if seen[family] <= count:
            found.append(stored(sample, FRAMES))
    return found
