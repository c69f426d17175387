"""Published figures to compare with, in percent right (VideoThinkBench, arXiv 2511.04570, table 1)."""

from __future__ import annotations

PUBLISHED: dict[str, dict[str, float]] = {
    "maze_square": {
        "Sora-2 (video)": 40.0,
        "Gemini 2.5 Pro": 0.0,
        "GPT-5 high": 0.0,
        "Claude Sonnet 4.5": 0.0,
    },
}
CAVEAT = (
    "The published figures are for the benchmark's own 50 mazes, judged strictly. They can be compared with a run on "
    "those mazes only; puzzles generated here have other sizes and difficulty. No figure of a model trained on such "
    "puzzles has been published."
)
