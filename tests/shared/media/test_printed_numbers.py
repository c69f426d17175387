"""Numbers that are printed can be read, or it is known before that they cannot."""

from __future__ import annotations

import numpy as np
import pytest

from legible import read_number
from vtb.media.image import can_be_read, print_centred


@pytest.mark.parametrize("box", [*range(6, 48), 64, 96, 256])
def test_numbers_that_can_be_read(box: int) -> None:
    numbers = [*range(10), *range(10, 100, 3), *range(100, 1000, 37), *range(1000, 9999, 977)]
    wrong = {}
    for number in (number for number in map(str, numbers) if can_be_read(number, box)):
        picture = np.zeros((2 * box + 60, 2 * box + 60), np.uint8)
        print_centred(picture, number, (box + 30, box + 30), 1, box)
        found = read_number(picture, len(number))
        ys, xs = np.nonzero(picture)
        if found != number or max(np.ptp(xs), np.ptp(ys)) >= box:
            wrong[number] = found
    assert wrong == {}


def test_from_which_size_on_they_can() -> None:
    least = {len(number): min(box for box in range(6, 99) if can_be_read(number, box)) for number in ("8", "88", "888")}
    assert least == {1: 11, 2: 16, 3: 22}
