"""Questions about moving bodies (``vtb-gen-dynamic``), answered from their words alone; nothing is timed.

A line for each type; scenes as at the defaults, of each as many questions as there are types. The audit is that of the
data set's own card (``vtb.dynamic.audit``).
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from vtb.dynamic.audit import CHANCE, SURE, BlindQuestion, blind_rates
from vtb.dynamic.kinds import KINDS
from vtb.dynamic.questions import Asking, ask_about
from vtb.dynamic.wording import question_about
from vtb.media.frames import sampled_places
from vtb.rng import sample_rng
from vtb.scenes.moving.again import OtherMotions
from vtb.scenes.moving.scene import draw_scene
from vtb.scenes.moving.truth import perceive_exactly

SCENES, SIZE, CLIP, FPS = 5200, (576, 432), 128, 16
FRAMES = sampled_places(CLIP, 32)


def run(scenes: int = SCENES) -> Iterator[dict[str, Any]]:
    """The rate of each type."""
    with ProcessPoolExecutor() as pool:
        asked = [one for some in pool.map(questions_of, range(scenes), chunksize=4) for one in some]
    for kind, rate in blind_rates(asked).items():
        yield {
            "name": f"blind vtb-dynamic {kind}", "value": round(rate.rate, 4), "unit": "rate", "chance": CHANCE,
            "plus or minus": round(SURE * rate.error, 4), "questions": rate.questions, "leaks": rate.leaks,
        }  # fmt: skip


def questions_of(index: int) -> list[BlindQuestion]:
    """The words of the questions about a scene."""
    rng = sample_rng(1, "blind", index)
    scene = draw_scene(rng, CLIP)
    video = perceive_exactly(scene, FRAMES, FPS, SIZE)
    found = ask_about(rng, Asking(video, OtherMotions(scene, FRAMES, FPS, SIZE)), len(KINDS)).questions
    return [
        BlindQuestion(one.asked.kind.name, str(index), question_about(video, one.asked, (1, 1)), one.options, one.right,
                      SIZE)
        for one in found
    ]  # fmt: skip
