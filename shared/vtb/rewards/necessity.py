"""Necessity: what latents are worth to an answer, as a reward for using them where they are needed.

The formula of the system that named it was never published. Three are offered, by name; ``group`` is inferred from a
related one (CodeVision: contrast within a group, granted only where the group without rarely succeeds), ``replay`` and
``likelihood`` follow others that were published (docs/rewards.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

RARELY = 1  # answers of the group without latents that may be right


@dataclass(frozen=True)
class Group:
    """The answers to one question.

    Attributes:
        right: what each is worth, from 0 to 1.
        used: whether each went into latents.
        controls: what further answers are worth, for which latents were forbidden.
        replayed: gives what each is worth when it is repeated from its first segment on without latents; None for
            those that used none.
        drops: gives by how much the words after each one's last segment become less likely, per token in nats, when
            nothing can look at the latents; None for those that used none.
    """

    right: Sequence[float]
    used: Sequence[bool]
    controls: Sequence[float]
    replayed: Callable[[], Sequence[float | None]]
    drops: Callable[[], Sequence[float | None]]


def by_group(group: Group) -> list[float]:
    """max(0, mean right with latents - mean right without), for right answers that used them; 0 where nothing can be
    compared, or where the answers without are right more than rarely.
    """  # noqa: D205
    having = [right for right, used in zip(group.right, group.used, strict=True) if used]
    lacking = [*(right for right, used in zip(group.right, group.used, strict=True) if not used), *group.controls]
    if not having or not lacking or sum(right >= 1 for right in lacking) > RARELY:
        return [0.0] * len(group.right)
    gain = max(0.0, fmean(having) - fmean(lacking))
    return [gain if used and right >= 1 else 0.0 for right, used in zip(group.right, group.used, strict=True)]


def by_replay(group: Group) -> list[float]:
    """1 where an answer is right and wrong without its latents, -0.5 where it is right either way or only without, 0
    where it is wrong either way or used none.
    """  # noqa: D205
    found = zip(group.right, group.replayed(), strict=True)
    return [0.0 if without is None else _worth(right >= 1, without >= 1) for right, without in found]


def _worth(right: bool, without: bool) -> float:
    return (1.0 if not without else -0.5) if right else (-0.5 if without else 0.0)


def by_likelihood(group: Group) -> list[float]:
    """The drop in likelihood, from 0 to 1, for right answers that used latents."""
    found = zip(group.right, group.drops(), strict=True)
    return [min(1.0, max(0.0, drop)) if drop is not None and right >= 1 else 0.0 for right, drop in found]


NECESSITIES: Mapping[str, Callable[[Group], list[float]]] = {
    "group": by_group, "replay": by_replay, "likelihood": by_likelihood,
}  # fmt: skip
