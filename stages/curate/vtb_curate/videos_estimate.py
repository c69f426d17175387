"""What asking about some videos will cost, before anybody is asked."""

from __future__ import annotations

import math
from collections.abc import Sequence

from vtb_curate.videos_look import Bounds
from vtb_curate.videos_options import Options
from vtb_curate.videos_prompt import Prompt
from vtb_curate.videos_rows import Row

A_TOKEN = 4  # characters of English
A_PATCH = 28 * 28  # pixels that Qwen2.5-VL takes for a token
ANSWER = 48  # tokens of an answer in the form


def to_ask(rows: Sequence[Row], options: Options) -> list[Row]:
    """The rows that a model may be asked about, as far as it is known without opening files."""
    bounds = Bounds.of(options)
    return [row for row in rows if not row.why and (row.file or not bounds.misses(row.seconds, None))]


def estimate(rows: Sequence[Row], prompt: Prompt, options: Options) -> str:
    """Requests and tokens, in a line; files are not opened, so it counts videos that may be left out for theirs."""
    left = to_ask(rows, options)
    frames = options.frames * math.ceil(options.max_pixels / A_PATCH) if options.by_frames else 0
    about = [prompt.about(None if options.by_frames else row.caption) for row in left]
    tokens = sum(math.ceil(len(words) / A_TOKEN) + frames for words in about)
    most = f"at most {len(left):,}" if options.videos is not None else f"{len(left):,}"
    worst = len(left) * (1 + options.reasks)
    again = f" ({worst:,} if every answer had to be asked for again)" if options.reasks else ""
    return (
        f"asks   {most} requests{again}; about {tokens:,} tokens to read and {ANSWER * len(left):,} to write, without "
        "what a model thinks; nobody was asked (dry run)"
    )
