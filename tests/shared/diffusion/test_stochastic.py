"""The sampler with noise against its formulas, written out slowly, and on a distribution that is known."""

from __future__ import annotations

import itertools
import math

import pytest

from vtb.diffusion.rollouts import window_of
from vtb.diffusion.stochastic import clipped_loss, deviation_rate, log_prob, step_deviation, step_distance, step_mean
from vtb.engine.advantages import advantages
from vtb.errors import BadInput

pytestmark = pytest.mark.engine
LEVELS = [(0.9, 0.7), (0.5, 0.45), (0.2, 0.05)]


@pytest.mark.parametrize(("level", "after"), LEVELS)
@pytest.mark.parametrize("noise", [0.3, 1.2])
def test_a_step_is_that_of_the_paper(level: float, after: float, noise: float) -> None:
    """Element by element, by equation 9 of Flow-GRPO and the density of the normal distribution."""
    import torch

    x, velocity, found, other = torch.randn(4, 3, 2, generator=torch.Generator().manual_seed(1))
    sigma, dt = noise * math.sqrt(level / (1 - level)), after - level
    assert deviation_rate(level, noise, 0.98) == pytest.approx(sigma)
    spread = step_deviation(level, after, sigma)
    assert spread == pytest.approx(sigma * math.sqrt(-dt))
    mean = step_mean(x, velocity, level, after, sigma)
    likely, apart = [], []
    for row in range(3):
        for column in range(2):
            here, speed = float(x[row, column]), float(velocity[row, column])
            wanted = here + (speed + sigma**2 / (2 * level) * (here + (1 - level) * speed)) * dt
            assert float(mean[row, column]) == pytest.approx(wanted, abs=1e-5)
            away = float(found[row, column]) - wanted
            likely.append(math.log(math.exp(-(away**2) / (2 * spread**2)) / (spread * math.sqrt(2 * math.pi))))
            apart.append((wanted - float(other[row, column])) ** 2 / (2 * spread**2))
    assert float(log_prob(found, mean, spread)) == pytest.approx(sum(likely) / 6, rel=1e-4)
    assert float(step_distance(mean, other, spread)) == pytest.approx(sum(apart) / 6, rel=1e-4)


def test_the_distance_is_what_is_measured() -> None:
    """KL is the mean of log p - log p' over what p draws."""
    import torch

    mean, before, spread = torch.full((1,), 0.3), torch.full((1,), 0.1), 0.4
    drawn = mean + spread * torch.randn(200_000, generator=torch.Generator().manual_seed(2))
    gain = float(log_prob(drawn, mean, spread) - log_prob(drawn, before, spread))
    assert gain == pytest.approx(float(step_distance(mean, before, spread)), abs=4 * 0.5 / math.sqrt(200_000))


def test_without_noise_it_is_the_plain_sampler() -> None:
    import torch

    x, velocity = torch.randn(2, 5, generator=torch.Generator().manual_seed(3))
    level, after = torch.tensor(0.7), torch.tensor(0.6)
    assert torch.equal(step_mean(x, velocity, level, after, 0.0), x + velocity * (after - level))
    assert deviation_rate(0.7, 0.0, 0.9) == 0


def test_at_the_first_level_of_all_sigma_has_a_bound() -> None:
    assert deviation_rate(1.0, 0.7, 0.9) == pytest.approx(0.7 * math.sqrt(1 / 0.1))


@pytest.mark.parametrize("noise", [0.0, 0.3, 0.7])
def test_chance_in_the_steps_leaves_the_distribution_as_it_is(noise: float) -> None:
    """Data from N(1, 0.5^2), whose velocity is known at every level: the drawings have its mean and deviation."""
    import torch

    centre, spread, count, steps = 1.0, 0.5, 40_000, 250
    chance = torch.Generator().manual_seed(4)
    levels = torch.linspace(1, 0, steps + 1, dtype=torch.float64).tolist()
    x = torch.randn(count, generator=chance, dtype=torch.float64)
    for place, (level, after) in enumerate(itertools.pairwise(levels)):
        variance = (1 - level) ** 2 * spread**2 + level**2
        away = (x - (1 - level) * centre) / variance
        velocity = level * away - (centre + (1 - level) * spread**2 * away)  # E[n | x] - E[data | x]
        sigma = deviation_rate(level, noise, levels[1]) if place < steps - 1 else 0.0
        x = step_mean(x, velocity, level, after, sigma)
        if sigma:
            noisy = torch.randn(count, generator=chance, dtype=torch.float64)
            x = x + step_deviation(level, after, sigma) * noisy
    assert float(x.mean()) == pytest.approx(centre, abs=0.02)
    assert float(x.std()) == pytest.approx(spread, abs=0.02)


@pytest.mark.parametrize(
    ("ratio", "worth", "wanted", "learns"),
    [(1.0, 2.0, -2.0, True), (1.2, 2.0, -2.2, False), (0.5, 2.0, -1.0, True), (0.5, -2.0, 1.8, False),
     (1.2, -2.0, 2.4, True)],
)  # fmt: skip
def test_beyond_the_clip_range_nothing_more_is_learned(ratio: float, worth: float, wanted: float, learns: bool) -> None:
    import torch

    own = torch.tensor(math.log(ratio), requires_grad=True)
    loss, found = clipped_loss(own, torch.tensor(0.0), worth, 0.1)
    loss.backward()
    assert float(found) == pytest.approx(ratio)
    assert float(loss.detach()) == pytest.approx(wanted)
    assert own.grad is not None
    assert (float(own.grad) != 0) == learns


def test_what_has_no_difference_teaches_nothing() -> None:
    import torch

    assert advantages(torch.full((4,), 0.3, dtype=torch.float64)).tolist() == [0.0] * 4
    found = advantages(torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64))
    assert float(found.mean()) == pytest.approx(0, abs=1e-6)
    assert float(found.std()) == pytest.approx(1, abs=1e-5)


def test_noise_comes_in_the_first_half_and_never_last() -> None:
    names = ["lora"] * 10
    found = {(window.start, window.stop) for window in (window_of(names, "lora", 2, 7, number) for number in range(99))}
    assert found == {(0, 2), (1, 3), (2, 4), (3, 5)}
    assert window_of(names, "lora", 2, 7, 3) == window_of(names, "lora", 2, 7, 3)
    assert window_of(names, "lora", 9, 7, 3) == range(9)
    two = ["high"] * 4 + ["low"] * 6
    assert {window_of(two, "low", 2, 0, number).start for number in range(50)} == {4, 5}
    assert window_of(two, "high", 9, 0, 0) == range(4)
    with pytest.raises(BadInput, match="raise --rollout-steps"):
        window_of(["high", "low"], "low", 1, 0, 0)
