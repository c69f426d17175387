"""Which row comes when, and how fast the model learns from it."""

from __future__ import annotations

import pytest

from vtb.engine.order import Order
from vtb.engine.pace import rate_factor


def test_every_epoch_shows_every_row_once_in_an_order_of_its_own() -> None:
    order = Order(50, 7)
    epochs = [[order.row_of(epoch * 50 + place) for place in range(50)] for epoch in range(3)]
    assert all(sorted(epoch) == list(range(50)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 3
    assert [Order(50, 7).row_of(number) for number in range(100, 150)] == epochs[2]  # without those before
    assert [Order(50, 8).row_of(number) for number in range(50)] != epochs[0]
    assert [Order(1, 7).row_of(number) for number in range(3)] == [0, 0, 0]


def test_the_rate_rises_in_a_line_and_falls_along_a_cosine() -> None:
    rates = [rate_factor(step, 110, 10, "cosine") for step in range(110)]
    assert rates[:10] == pytest.approx([step / 10 for step in range(1, 11)])
    assert rates[10] == 1
    assert rates[60] == pytest.approx(0.5)
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert 0 < rates[-1] < 0.001
    lines = [rate_factor(step, 12, 2, "linear") for step in range(12)]
    assert lines == pytest.approx([0.5, 1, 1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1])
    assert [rate_factor(step, 5, 0, "constant") for step in range(5)] == [1] * 5
