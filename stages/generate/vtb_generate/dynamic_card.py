"""The card of a set of questions, with what the words of a question alone tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from vtb.artifact import ShardEntry
from vtb.dynamic.audit import CHANCE, LEAST, LEEWAY, SURE, BlindRate
from vtb.formats.shared_frames import frame_name
from vtb.perception.published import licenses
from vtb.report.card import OTHER, OURS, DatasetCard
from vtb.report.features import shard_features
from vtb_generate.dynamic_options import Options


def counted(shards: Sequence[ShardEntry], name: str) -> Counter[str]:
    """What the shards have counted under a name."""
    whole = Counter[str]()
    for shard in shards:
        whole.update(shard.stats[name])
    return whole


def videos_of(shards: Sequence[ShardEntry]) -> int:
    """How many videos there are."""
    return sum(shard.stats["videos"] for shard in shards)


def card_of(options: Options, shards: Sequence[ShardEntry], rates: Mapping[str, BlindRate]) -> DatasetCard:
    """The card."""
    pages = {"gallery": "gallery.html", **({"questions of each type": "preview.html"} if options.preview else {})}
    return DatasetCard(
        title=f"Questions about {videos_of(shards):,} videos",
        tags=("visual-reasoning", "spatial-reasoning", "video", "webdataset"),
        rows=sum(shard.rows for shard in shards),
        bytes=sum(shard.all_bytes for shard in shards),
        data_files={"train": "shards/*.tar"},
        features=shard_features((frame_name(number) for number in range(options.frames)), timed=True),
        made_with="vtb-gen-dynamic",
        counts=dict(sorted(counted(shards, "kinds").items())),
        picture="gallery.png",
        pages=pages,
        layout="\n\n".join(
            part for part in (_layout(options), _terms(options), _audit(rates, len(counted(shards, "kinds")))) if part
        ),
        license=OURS if options.backend == "synthetic" else OTHER,
    )


def _layout(options: Options) -> str:
    clips = " The videos are `videos/NAME.mp4`; `NAME-cut.mp4` ends where predictions ask." if options.clips else ""
    return (
        f"In a shard, the {options.frames} frames of a video are one sample; the questions about it follow. The words "
        f"of the questions alone are `questions/*.jsonl`.{clips}"
    )


def _terms(options: Options) -> str:
    """Of the weights by which the answers were found."""
    if options.backend == "synthetic":
        return ""
    found = "; ".join(f"{name}: {terms}" for name, terms in licenses().items())
    return f"The answers were found by models with these terms of use: {found}."


def _audit(rates: Mapping[str, BlindRate], kinds: int) -> str:
    """What a small model picks right by the words alone."""
    if not rates:
        return f"How much the words of the questions tell was not measured: that takes {LEAST} questions of a type."
    leaks = [f"`{kind}`" for kind, rate in rates.items() if rate.leaks]
    said = f"Too much for chance: {', '.join(leaks)}. What a model gets right there may be no reasoning."
    rows = "\n".join(_row(kind, rate) for kind, rate in rates.items())
    few = f" Types with fewer than {LEAST} questions were not measured." if len(rates) < kinds else ""
    return (
        "How often a small model that reads the words alone, not the frames, picks the right option, in per cent with "
        f"95 % intervals. Chance is {100 * CHANCE:.0f}. "
        f"{said if leaks else f'No type is more than {100 * LEEWAY:.0f} points above it and beyond its interval.'}{few}"
        f"\n\n| type | questions | right |\n|---|---:|---:|\n{rows}"
    )


def _row(kind: str, rate: BlindRate) -> str:
    return f"| `{kind}` | {rate.questions:,} | {100 * rate.rate:.1f} ± {100 * SURE * rate.error:.1f} |"
