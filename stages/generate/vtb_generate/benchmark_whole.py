"""The files about a whole folder in the form of a benchmark: its file of questions, card and pages."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from vtb.artifact import FileEntry, ShardEntry
from vtb.artifact.output import Output
from vtb.benchmarks.common.stated_words import LETTERS
from vtb.benchmarks.dsr_bench import NAME as DSR_BENCH
from vtb.benchmarks.four_d_bench import NAME as FOUR_D_BENCH
from vtb.benchmarks.registry import Asking, find_benchmark
from vtb.benchmarks.vlm4d import NAME as VLM4D
from vtb.datasets.benchmark_folder import BENCHMARK, FILES, VIDEOS
from vtb.errors import BadInput
from vtb.media.frames import sample_video
from vtb.media.image import encode_rgb
from vtb.report.card import DatasetCard, write_card
from vtb.report.dataset import preview_page
from vtb.report.features import Features
from vtb.report.gallery import gallery_page, gallery_picture
from vtb.report.pages import Picture
from vtb.report.samples import Shown, shown
from vtb.report.thumbnail import thumbnail
from vtb.tasks.registry import task_of
from vtb_generate.dynamic_card import counted
from vtb_generate.dynamic_options import Options

Row = dict[str, Any]
NOTE = "A question of each kind, with frames of what it shows."
STILLS, SIDE, EXHIBITS = 4, 320, 6


def _table(rows: Sequence[Row]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter="\t", lineterminator="\n")
    writer.writeheader()
    writer.writerows({**row, "options": json.dumps(row["options"])} for row in rows)
    return text.getvalue()


def _list(rows: Sequence[Row]) -> str:
    return "[\n" + ",\n".join(map(json.dumps, rows)) + "\n]\n"


def _by_name(rows: Sequence[Row]) -> str:
    named = {row["name"]: {key: value for key, value in row.items() if key != "name"} for row in rows}
    return json.dumps(named, indent=1) + "\n"


WRITERS: Mapping[str, Callable[[Sequence[Row]], str]] = {DSR_BENCH: _table, VLM4D: _list, FOUR_D_BENCH: _by_name}


def _columns(*names: str, **others: Mapping[str, Any]) -> Features:
    return [*({"name": name, "dtype": "string"} for name in names), *({"name": n, **of} for n, of in others.items())]


WORDS = {"list": "string"}
FEATURES: Mapping[str, Features] = {
    DSR_BENCH: _columns("video", "question", "answer", "task_type", index={"dtype": "int64"}, options=WORDS),
    VLM4D: _columns("id", "video", "question_type", "question", "answer",
                    choices={"struct": _columns(*LETTERS[:4])}),
    FOUR_D_BENCH: _columns("name", "question", "Category", choices=WORDS, **{"Answer index": {"dtype": "int64"}}),
}  # fmt: skip


def describe_whole(
    output: Output, options: Options, shards: Sequence[ShardEntry]
) -> tuple[list[FileEntry], dict[str, Any]]:
    """Write the files about the whole; returns them and the artifact's metrics."""
    rows = [json.loads(line) for shard in shards for line in output.store.get_bytes(shard.path).splitlines()]
    scenes = sum(shard.stats["scenes"] for shard in shards)
    if not rows:
        output.withdraw(shards_too=True)
        raise BadInput(f"no question came of {scenes} scenes: make more --scenes, or ask more --questions")
    file, kinds = FILES[options.layout], dict(sorted(counted(shards, "kinds").items()))
    questions = WRITERS[options.layout](rows).encode()
    title = f"Questions about {scenes:,} scenes in the form of {options.layout}"
    card = write_card(_card(options, shards, title, kinds)).encode()
    files = [output.put(file, questions), *_pages(output, options, title, file, questions)]
    return [*files, output.put("README.md", card)], {BENCHMARK: options.layout, "scenes": scenes, "questions": kinds}


def _card(options: Options, shards: Sequence[ShardEntry], title: str, kinds: Mapping[str, int]) -> DatasetCard:
    pages = {"gallery": "gallery.html", **({"questions of each kind": "preview.html"} if options.preview else {})}
    return DatasetCard(
        title=title,
        tags=("visual-reasoning", "spatial-reasoning", "video"),
        rows=sum(shard.rows for shard in shards),
        bytes=sum(shard.all_bytes for shard in shards),
        data_files={"test": "shards/*.jsonl"},
        features=FEATURES[options.layout],
        made_with="vtb-gen-dynamic",
        counts=kinds,
        picture="gallery.png",
        pages=pages,
        layout=f"`{FILES[options.layout]}` has the questions in the published form of {options.layout}, and the lines "
               f"of `shards/*.jsonl` are the same; what they ask about lies below `{VIDEOS}/`. All of it is rendered: "
               "no question is one of the benchmark's.",
    )  # fmt: skip


def _pages(output: Output, options: Options, title: str, file: str, questions: bytes) -> list[FileEntry]:
    """Of the questions as everybody will read them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, file)
        path.write_bytes(questions)
        benchmark = find_benchmark(options.layout)
        assert benchmark.read is not None  # each of the layouts has one
        asked = [one for one in benchmark.read(path) if isinstance(one, Asking)]
    by_task: dict[str, list[Asking]] = {}
    for one in asked:
        by_task.setdefault(one.example.task, []).append(one)
    chosen = [_shown(output, one) for some in by_task.values() for one in some[: max(1, options.preview)]]
    first = list({one.family: one for one in reversed(chosen)}.values())[::-1]
    files = [
        output.put("gallery.png", gallery_picture(first[:EXHIBITS])),
        output.put("gallery.html", gallery_page(title, NOTE, first).encode()),
    ]
    page = [replace(one, prompts={"question": one.prompts["vlm"]}) for one in chosen]
    return [*files, output.put("preview.html", preview_page(title, page).encode())] if options.preview else files


def _shown(output: Output, asking: Asking) -> Shown:
    example, views = asking.example, find_benchmark(asking.example.source).views
    places = [asking.video] if views is None else [f"{asking.video}/{view}" for view in views.names]
    each = -(-STILLS // len(places))
    stills = [
        Picture(f"{number + 1} of {each} of {place}", encode_rgb(thumbnail(frame, SIDE), quality=85))
        for place in places
        for number, frame in enumerate(sample_video(output.store.get_bytes(f"{VIDEOS}/{place}.mp4"), each))
    ]
    record = example.payload
    right = record.options[LETTERS.index(record.answer)]
    whole = shown(task_of(example), example, f"{example.key}, {example.task}", stills)
    return replace(whole, answer=f"{record.answer}: {right}")
