"""A sampler with noise in its steps, how likely a step is, and what a group of drawings teaches (Flow-GRPO, DanceGRPO).

Flow matching draws by a differential equation, in which nothing is left to chance. Flow-GRPO (arXiv 2505.05470, eq. 9)
gives the stochastic equation with the same distributions at every noise level. With x_s = (1 - s) x + s n, the velocity
v = n - x, a step from level s to t < s, dt = t - s and sigma = a sqrt(s / (1 - s)), it draws from the normal
distribution of

    mean = x_s + [v + sigma^2 / (2 s) (x_s + (1 - s) v)] dt,   deviation = sigma sqrt(-dt).

Such a step has a probability, so that the policy gradient of GRPO (arXiv 2402.03300) applies. As in the authors' code,
log-probabilities are means over the elements and not sums: that is why ratios are clipped at such small differences.
"""

from __future__ import annotations

import math
from typing import Any

_WHOLE = 1 - 1e-4  # the first level of noise, which schedulers round


def deviation_rate(level: float, noise: float, second: float) -> float:
    """The sigma of a level: ``noise`` sqrt(s / (1 - s)).

    Args:
        level: s, above 0.
        noise: a, how much noise steps have.
        second: the level after the first one; at s = 1, where sigma has no bound, 1 - s is that of this level, as in
            the authors' code.
    """
    return noise * math.sqrt(level / (1 - (second if level > _WHOLE else level)))


def step_mean(x: Any, velocity: Any, level: Any, after: Any, sigma: float) -> Any:
    """The mean of a step; without noise it is the step of the plain sampler, to the bit.

    Args:
        x: what was drawn so far.
        velocity: what the model says of it, of the same shape.
        level: s.
        after: t.
        sigma: of the level.
    """
    dt = after - level
    if sigma == 0:
        return x + velocity * dt
    drift = sigma**2 / (2 * level)
    return x * (1 + drift * dt) + velocity * ((1 + drift * (1 - level)) * dt)


def step_deviation(level: float, after: float, sigma: float) -> float:
    """The deviation of a step."""
    return sigma * math.sqrt(level - after)


def log_prob(found: Any, mean: Any, deviation: float) -> Any:
    """How likely a step was: the mean of the log-densities of its elements, in float32."""
    away = (found.float() - mean.float()) / deviation
    return -0.5 * (away**2).mean() - math.log(deviation) - 0.5 * math.log(2 * math.pi)


def step_distance(mean: Any, before: Any, deviation: float) -> Any:
    """KL between the steps of two models from the same place, the mean of its elements: |mean - mean'|^2 / 2 dev^2."""
    return ((mean.float() - before.float()) ** 2).mean() / (2 * deviation**2)


def clipped_loss(own: Any, old: Any, worth: float, clip: float) -> tuple[Any, Any]:
    """The loss of one step, and the ratio of how likely it is to how likely it was when it was drawn.

    Args:
        own: its log-probability, with gradients.
        old: the same when it was drawn.
        worth: advantage of the drawing.
        clip: by how much the ratio may differ from 1 before nothing more is learned (PPO, arXiv 1707.06347, eq. 7).
    """
    import torch

    ratio = torch.exp(own - old)
    return -torch.minimum(ratio * worth, ratio.clamp(1 - clip, 1 + clip) * worth), ratio.detach()
