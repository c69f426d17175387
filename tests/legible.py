"""Reads letters and numbers off pictures, as one who knows only what letters look like.

A letter is a piece of ink that touches nothing else; what it is, is told by its shape alone, blown up to one size and
compared with letters drawn large.
"""

from __future__ import annotations

import functools

import cv2
import numpy as np
from numpy.typing import NDArray

Ink = NDArray[np.uint8]
GRID = (20, 28)  # width and height to which shapes are blown up
LEAST_PX = 5  # lower letters nobody reads


def read_at(ink: Ink, x: float, y: float, reach: float, names: str) -> str | None:
    """The letter whose ink lies wholly within so many pixels of a place, or None where there is none by itself.

    A letter is one piece with its diagonals; one that touches something by a corner only is still told from it.
    """
    ys, xs = np.mgrid[: ink.shape[0], : ink.shape[1]]
    away = np.hypot(xs - x, ys - y)
    whole = _within(ink, away, reach, 8)[:1] or _within(ink, away, reach, 4)
    return read(np.any(whole, axis=0).astype(np.uint8), names) if whole else None


def _within(ink: Ink, away: NDArray[np.float64], reach: float, connectivity: int) -> list[NDArray[np.bool_]]:
    """The pieces of ink that lie wholly within reach, the one nearest to the middle first."""
    _, labels = cv2.connectedComponents(ink, connectivity=connectivity)
    pieces = [labels == n for n in np.unique(labels[away <= reach]) if n and not (labels[away > reach] == n).any()]
    return sorted(pieces, key=lambda piece: float(away[piece].mean()))


def read(ink: Ink, names: str) -> str | None:
    """The letter that is most like the ink; None where it is too low, or two are nearly alike."""
    box = _cropped(ink)
    if box.shape[0] < LEAST_PX:
        return None
    likeness = sorted((_alike(_blown_up(box), _large(name)), name) for name in names)
    (second, _), (best, name) = likeness[-2:]
    return name if best - second > 0.02 else None


def _cropped(ink: Ink) -> Ink:
    ys, xs = np.nonzero(ink)
    return ink[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1] if len(xs) else ink[:0, :0]


def _blown_up(box: Ink) -> NDArray[np.float32]:
    shape = cv2.resize(box.astype(np.float32), GRID, interpolation=cv2.INTER_LINEAR)
    blurred = cv2.GaussianBlur(shape, (0, 0), 1.5)
    return np.asarray(blurred - blurred.mean(), np.float32)


@functools.cache
def _large(name: str) -> NDArray[np.float32]:
    sheet = np.zeros((120, 120), np.uint8)
    cv2.putText(sheet, name, (20, 100), cv2.FONT_HERSHEY_SIMPLEX, 3.0, 1, 9)
    return _blown_up(_cropped(sheet))


def _alike(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return float((a * b).sum() / (np.sqrt((a * a).sum() * (b * b).sum()) + 1e-9))


def read_number(ink: Ink, digits: int) -> str:
    """So many digits from left to right; a question mark for one that cannot be read.

    Two that touch are parted where least ink joins them.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    order = sorted(range(1, count), key=lambda n: int(stats[n, cv2.CC_STAT_LEFT]))
    pieces = [_cropped((labels == n).view(np.uint8)) for n in order]
    while 0 < len(pieces) < digits:
        widest = max(range(len(pieces)), key=lambda n: pieces[n].shape[1])
        pieces[widest : widest + 1] = _parted(pieces[widest])
    return "".join(read(piece, "0123456789") or "?" for piece in pieces)


def _parted(box: Ink) -> list[Ink]:
    """A box cut in two at the column with the least ink of its middle third."""
    third = box.shape[1] // 3
    cut = third + int(box[:, third : 2 * third + 1].sum(axis=0).argmin())
    return [_cropped(box[:, :cut]), _cropped(box[:, cut:])] if cut else [box, box[:0, :0]]
