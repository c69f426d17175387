"""Which sample comes when: every epoch has an order of its own, which depends on the seed alone."""

from __future__ import annotations

from vtb.rng import sample_rng, shuffled


class Order:
    """Sample numbers, from 0 on and over any number of epochs, to rows."""

    def __init__(self, rows: int, seed: int) -> None:
        """``rows`` must be at least one."""
        self._rows, self._seed = rows, seed
        self._epoch, self._places = -1, list[int]()

    def row_of(self, number: int) -> int:
        """The row of a sample; in each epoch every row comes once."""
        epoch, place = divmod(number, self._rows)
        if epoch != self._epoch:
            self._epoch, self._places = epoch, shuffled(sample_rng(self._seed, "epoch", epoch), range(self._rows))
        return self._places[place]
