"""The files about a whole set of questions: card with the blind audit, pages, and the form of the DSR Suite."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from vtb.artifact import FileEntry, ShardEntry
from vtb.artifact.output import Output
from vtb.benchmarks.common.stated_words import LETTERS
from vtb.benchmarks.dynamic import CUT
from vtb.dynamic.audit import MOST, BlindQuestion, blind_rates
from vtb.errors import BadInput
from vtb.formats.shared_frames import unfold
from vtb.formats.webdataset import read_tar
from vtb.perception.published import licenses
from vtb.report.card import write_card
from vtb.report.dataset import preview_page
from vtb.report.gallery import gallery_page, gallery_picture
from vtb_generate.dynamic_card import card_of, counted, videos_of
from vtb_generate.dynamic_exhibits import exhibits
from vtb_generate.dynamic_options import Options
from vtb_generate.dynamic_rows import WORDS, Line, legacy_pairs

log = logging.getLogger("vtb.generate")
PAIRS = "qa_pairs.json"
NOTE = "A question of each type: frames of its window, the first with the boxes that its words give."
EXHIBITS = 6  # questions in the gallery


def describe_whole(
    output: Output, options: Options, shards: Sequence[ShardEntry]
) -> tuple[list[FileEntry], dict[str, Any]]:
    """Write the files about the whole; returns them and the artifact's metrics."""
    bad = [one for shard in shards for one in shard.stats["bad"]]
    for one in bad:
        log.warning("left out: video %s", one)
    if not sum(shard.rows for shard in shards):
        output.withdraw(shards_too=True)
        way = "look at them, and at the classes that --about names" if options.about else "make more --scenes"
        raise BadInput(f"no question came of {videos_of(shards)} videos: {way}")
    rates = blind_rates(list(_blind(_lines(output, shards))))
    card = write_card(card_of(options, shards, rates)).encode()
    files = [*_pages(output, options, shards), output.put("README.md", card)]
    if options.legacy:
        pairs = legacy_pairs(_lines(output, shards))
        files.append(output.put(PAIRS, (json.dumps(pairs, indent=1) + "\n").encode()))
    return files, {
        "questions": dict(sorted(counted(shards, "kinds").items())),
        "rejected": dict(counted(shards, "rejected").most_common()),
        "bad": bad,
        "blind": {kind: round(rate.rate, 4) for kind, rate in rates.items()},
        "told_by_words": [kind for kind, rate in rates.items() if rate.leaks],
        **({"weights": licenses()} if options.backend == "models" else {}),
    }


def _lines(output: Output, shards: Sequence[ShardEntry]) -> Iterator[Line]:
    for shard in shards:
        for file in shard.files:
            if file.path.startswith(WORDS):
                yield from msgspec.json.Decoder(Line).decode_lines(output.store.get_bytes(file.path))


def _blind(lines: Iterable[Line]) -> Iterator[BlindQuestion]:
    """Of each type as many as the audit looks at."""
    seen = Counter[str]()
    for line in lines:
        seen[line.kind] += 1
        if seen[line.kind] <= MOST:
            video, right = line.video.removesuffix(CUT), LETTERS.index(line.right)
            yield BlindQuestion(line.kind, video, line.question, line.options, right, line.size)


def _pages(output: Output, options: Options, shards: Sequence[ShardEntry]) -> list[FileEntry]:
    """From the first shard that has a question."""
    first = next(shard for shard in shards if shard.rows)
    samples = list(unfold(read_tar(output.store.get_bytes(first.path))))
    whole = next(_lines(output, [first])).size
    chosen = exhibits(samples, max(1, options.preview), whole)
    one_each = list({one.family: one for one in reversed(chosen)}.values())[::-1]
    title = f"Questions about {videos_of(shards):,} videos"
    files = [
        output.put("gallery.png", gallery_picture(one_each[:EXHIBITS])),
        output.put("gallery.html", gallery_page(title, NOTE, one_each).encode()),
    ]
    asked = [replace(one, prompts={"question": one.prompts["vlm"]}) for one in chosen]  # all models get the same words
    return [*files, output.put("preview.html", preview_page(title, asked).encode())] if options.preview else files
