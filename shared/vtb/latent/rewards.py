"""What answers that went through latents are worth: the judge's parts, how latents were used, and whether they had to.

Parts add, penalties take away; each lies between 0 and 1 (necessity by replay between -0.5 and 1) and has a weight.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vtb.errors import UsageProblem
from vtb.latent.decoding import THOUGHT, stated
from vtb.latent.rollouts import Rollouts, well_formed
from vtb.latent.tokens import LatentTokens
from vtb.rewards.necessity import NECESSITIES, RARELY, Group
from vtb.rewards.registry import change_weights
from vtb.rewards.reward import Reward

# quality: nothing is said over and over (VisionReasoner); usage: whole segments, as many as are allowed; necessity:
# see vtb.rewards.necessity.
PARTS: Mapping[str, float] = {"quality": 0.0, "usage": 0.1, "necessity": 0.2}
# too_many: more segments than are allowed; malformed: a segment that was cut off; unneeded: latents where answers
# without them are right more than rarely; overlong: an answer that was cut off.
PENALTIES: Mapping[str, float] = {"too_many": 0.0, "malformed": 0.0, "unneeded": 0.0, "overlong": 0.0}
# As the launch script of the published system bears in its name, whose content was not published; the weight is
# CodeVision's.
ALL_PENALTIES: Mapping[str, float] = dict.fromkeys(PENALTIES, 0.5)
PRESETS: Mapping[str, Mapping[str, float]] = {
    "plain": {}, "all-penalties": {**ALL_PENALTIES, "quality": 0.1},
}  # fmt: skip
_SENTENCE_END = re.compile(r"[.。!?\n]")


@dataclass(frozen=True)
class LatentReward:
    """How the answers to one question are rewarded.

    Attributes:
        base: the reward of the words.
        weights: of all parts and penalties.
        necessity: which of ``NECESSITIES``.
        most_segments: that an answer may have.
    """

    base: Reward
    weights: Mapping[str, float]
    necessity: str
    most_segments: int

    def parts(
        self, rollouts: Rollouts, row: Mapping[str, Any], tokens: LatentTokens, controls: Sequence[str],
        replayed: Callable[[], Sequence[str | None]], drops: Callable[[], Sequence[float | None]],
    ) -> list[dict[str, float]]:  # fmt: skip
        """The parts of each answer.

        Args:
            rollouts: the answers.
            row: of the data.
            tokens: of latent segments.
            controls: what was said where latents were forbidden.
            replayed: gives what is said when an answer is repeated without its latents.
            drops: gives by how much answers become less likely without looking at their latents.
        """
        found = [self.base.parts(text, row) for text in rollouts.stated]
        right, used = [self.worth(one) for one in found], [count > 0 for count in rollouts.segments]
        group = Group(
            right, used, [self.worth(self.base.parts(text, row)) for text in controls],
            lambda: [None if text is None else self.worth(self.base.parts(stated(text), row)) for text in replayed()],
            drops,
        )  # fmt: skip
        needed = NECESSITIES[self.necessity](group) if self.weights["necessity"] else [0.0] * len(right)
        spare = not_needed(group)
        for number, one in enumerate(found):
            whole = well_formed(rollouts.ids[number, : rollouts.lengths[number]].tolist(), tokens)
            one |= {
                "quality": quality(rollouts.texts[number]),
                "usage": float(0 < rollouts.segments[number] <= self.most_segments and whole),
                "necessity": needed[number],
                "too_many": float(rollouts.segments[number] > self.most_segments),
                "malformed": float(not whole),
                "unneeded": float(used[number] and spare),
                "overlong": float(not rollouts.ended[number]),
            }
        return found

    def worth(self, parts: Mapping[str, float]) -> float:
        """How right an answer is: the base reward's first part."""
        return parts[next(iter(self.base.weights))]

    def total(self, parts: Mapping[str, float]) -> float:
        """The reward."""
        return sum((-weight if name in PENALTIES else weight) * parts[name] for name, weight in self.weights.items())


def quality(text: str) -> float:
    """1 unless two or more sentences come again (VisionReasoner's reward for not repeating).

    One that leads into a thought ("I go on.") may: what follows is another thought each time.
    """
    *before, after = ([one.strip() for one in _SENTENCE_END.split(part) if one.strip()] for part in text.split(THOUGHT))
    sentences = [*(one for part in before for one in part[:-1]), *after]
    return 0.0 if len(sentences) - len(set(sentences)) >= 2 else 1.0


def not_needed(group: Group) -> bool:
    """Whether answers without latents are right, more than rarely and mostly."""
    pairs = zip(group.right, group.used, strict=True)
    lacking = [*(right for right, used in pairs if not used), *group.controls]
    right = sum(one >= 1 for one in lacking)
    return right > RARELY and right > len(lacking) / 2


def weights_of(base: Reward, preset: str, given: str | None) -> dict[str, float]:
    """The weights of a preset, changed as a user writes it (``correct=1,necessity=0.5``).

    Raises:
        UsageProblem: a part is unknown, a weight no number from 0 to 1000, or nothing would be rewarded.
    """
    weights = change_weights({**base.weights, **PARTS, **PENALTIES, **PRESETS[preset]}, given, "this reward")
    if not any(weight for name, weight in weights.items() if name not in PENALTIES):
        raise UsageProblem("--reward-weights: all weights are 0: nothing would be rewarded")
    return weights
