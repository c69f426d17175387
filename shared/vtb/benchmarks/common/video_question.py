"""Questions about one video with options: what their tasks share beyond questions about pictures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from vtb.benchmarks.common.picture_question import PictureRecord, PictureTask
from vtb.benchmarks.common.stated_words import LETTERS
from vtb.errors import BadInput
from vtb.tasks.task import Modality

NOTE = "These are frames of a video."
LETTER_CLOSING = "Answer with the letter of the right option alone."
_LETTERED = re.compile(r"\s*(?:\(([A-I])\)|([A-I])[.:)])\s*(\S.*)", re.DOTALL)


class VideoTask(PictureTask):
    """One kind of such questions; a record's only picture is the name of its video. Judged as ``PictureTask`` says."""

    group = "videos"

    def ask(self, record: PictureRecord, modality: Modality) -> str:
        """The question and its options."""
        return f"{NOTE}\n{super().ask(record, modality)}"


def video_name(place: str, where: str) -> str:
    """The name of a video from its path or its address, without the ending of the file.

    Raises:
        BadInput: it names nothing below a folder of videos.
    """
    path = _of_address(place) if "://" in place else place
    parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".")]
    if not parts or ".." in parts or "\0" in path:
        raise BadInput(f"{where}: {place[:80]!r} is no video below a folder: write its path, or an address of the hub")
    return re.sub(r"\.(?:mp4|mkv|webm|avi|mov|m4v)$", "", "/".join(parts), flags=re.IGNORECASE)


def _of_address(place: str) -> str:
    """The path within a repository of the hub; empty of an address that is none."""
    try:
        return unquote(urlsplit(place).path).partition("/resolve/")[2].partition("/")[2]
    except ValueError:
        return ""


def option_words(options: Sequence[str], where: str) -> tuple[str, ...]:
    """The words of options, without the letters where all have them in their order.

    Raises:
        BadInput: there are too few or too many, or one is empty.
    """
    if not 2 <= len(options) <= len(LETTERS) or not all(option.strip() for option in options):
        raise BadInput(f"{where} has {len(options)} options: give 2 to {len(LETTERS)}, none of them empty")
    found = [_LETTERED.fullmatch(option) for option in options]
    marks = [match[1] or match[2] for match in found if match]
    if marks != list(LETTERS[: len(options)]):
        return tuple(option.strip() for option in options)
    return tuple(match[3].strip() for match in found if match)
