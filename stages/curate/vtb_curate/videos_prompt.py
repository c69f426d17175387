"""The words in which a video is asked about: ours, or those of a file."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from vtb.errors import BadInput
from vtb.formats.special_tokens import neutral
from vtb.regular_file import read_regular

PLACE = "{caption}"
LONGEST = 1 << 16  # bytes
AGAIN = "An answer before could not be read: it {why}. Answer in exactly the form that is asked for, with nothing else."


@dataclass(frozen=True)
class Prompt:
    """The words, with the place of the caption where captions are shown."""

    words: str

    def about(self, caption: str | None, why: str = "") -> str:
        """The words about a video; ``why`` says what was wrong with the answer before, if there was one."""
        words = self.words if caption is None else self.words.replace(PLACE, neutral(caption))
        return f"{words}\n\n{AGAIN.format(why=why)}" if why else words


def own_prompt(by_frames: bool) -> Prompt:
    """Ours: ``prompts/frames.txt`` or ``prompts/captions.txt`` of this package."""
    name = "frames" if by_frames else "captions"
    return Prompt((files("vtb_curate") / "prompts" / f"{name}.txt").read_text(encoding="utf-8").strip())


def read_prompt(path: Path, by_frames: bool) -> Prompt:
    """That of a file.

    Raises:
        BadInput: it cannot be read, is empty, or has no place for the caption.
    """
    try:
        words = read_regular(path, LONGEST).decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: is no prompt in UTF-8 of at most {LONGEST} bytes ({error})") from error
    if not words:
        raise BadInput(f"{path}: is empty: write what to ask")
    if not by_frames and PLACE not in words:
        raise BadInput(f"{path}: does not say where the caption belongs: write {PLACE} there")
    return Prompt(words)
