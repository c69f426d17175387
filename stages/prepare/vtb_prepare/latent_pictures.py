"""The pictures that published rows name: below a folder, or in an archive of it."""

from __future__ import annotations

import functools
import hashlib
import io
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from vtb.errors import BadInput
from vtb.media.image import MAX_FILE, UnreadableImage, decode_image, encode_rgb
from vtb.regular_file import read_regular
from vtb_prepare.latent_archive import unpacked

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif")


@dataclass(frozen=True)
class Pictures:
    """A root below which paths begin.

    Attributes:
        root: the folder.
        archive: whether it was made of one.
    """

    root: Path
    archive: bool = False

    def read(self, path: str) -> bytes:
        """The file at a path.

        Raises:
            BadInput: the path leads out of the root, or no file that can be read is there.
        """
        try:
            return read_regular(self._place(path), MAX_FILE)
        except FileNotFoundError as error:
            raise BadInput(
                f"{path[:200]!r} is not in the {'archive' if self.archive else 'folder'} of pictures"
                f"{self._advice(path)}"
            ) from error
        except OSError as error:
            raise BadInput(f"{path[:200]!r} cannot be read ({error.strerror})") from error

    def digest(self, path: str) -> str:
        """The hash of a picture's file."""
        return hashlib.sha256(self.read(path)).hexdigest()

    def _place(self, path: str) -> Path:
        """Below the root; its first folder may be a link to another disk, as people make them."""
        parts = PurePosixPath(path).parts
        root = self.root.resolve()
        if not parts or path.startswith("/") or ".." in parts or "\0" in path:
            raise BadInput(f"{path[:200]!r} leads out of the folder of pictures: write it as below --images")
        try:
            place, first = root.joinpath(*parts).resolve(), (root / parts[0]).resolve()
        except RuntimeError as error:  # how pathlib tells a loop of symbolic links
            raise BadInput(f"{path[:200]!r} is a loop of links") from error
        if not place.is_relative_to(root) and not (len(parts) > 1 and place.is_relative_to(first)):
            raise BadInput(f"{path[:200]!r} is a link that leads out of the folder of pictures")
        return place

    def _advice(self, path: str) -> str:
        """What to write instead, or which folder to give, where that has the picture."""
        first = path.split("/")[0]
        if path.startswith(f"{first}/{first}/") and (self.root / path.removeprefix(f"{first}/")).is_file():
            return f": it names {first}/ twice: write it once in the rows"
        near = () if self.archive else (self.root.resolve().parent, *_folders(self.root))
        fits = next((folder for folder in near if (folder / path).is_file()), None)
        return f": --images should be the folder that contains {first}/: give {fits}" if fits else ""


@functools.lru_cache(maxsize=1)
def _folders(root: Path) -> tuple[Path, ...]:
    return tuple(sorted(path for path in root.iterdir() if path.is_dir()))


def open_pictures(place: Path, wanted: Collection[str]) -> Pictures:
    """A folder as it is; of an archive, the wanted pictures in a folder of the cache."""
    if place.is_dir():
        return Pictures(place)
    return Pictures(unpacked(place, {str(PurePosixPath(path)) for path in wanted}), archive=True)


def as_stored(path: str, data: bytes) -> tuple[str, bytes]:
    """A picture's ending and bytes: its own, but for shades of more than eight bits, which many readers cut off.

    Raises:
        BadInput: it is no picture.
    """
    try:
        image = decode_image(data)
    except UnreadableImage as error:
        raise BadInput(f"{path[:200]!r} is {error}") from error
    from PIL import Image as PillowImage

    with PillowImage.open(io.BytesIO(data)) as opened:
        deep = opened.mode.startswith(("I", "F"))
    if deep:
        return ".png", encode_rgb(image)
    ending = PurePosixPath(path).suffix.lower()
    return ending if ending in SUFFIXES else ".png", data


def joined(pictures: Iterable[tuple[str, ...]]) -> list[str]:
    """For each row the least of all pictures that it is joined to, by pictures that rows share."""
    groups = list(pictures)
    above: dict[str, str] = {}

    def top(name: str) -> str:
        while above.setdefault(name, name) != name:
            above[name] = name = above[above[name]]
        return name

    for group in groups:
        for other in group[1:]:
            one, two = sorted((top(group[0]), top(other)))
            above[two] = one
    return [top(group[0]) for group in groups]
