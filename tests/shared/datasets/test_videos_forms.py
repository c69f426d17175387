"""The forms in which people choose videos: a videos artifact, DSR Suite's two files, and both together."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtb.artifact import Plan
from vtb.artifact.manifest import ShardEntry
from vtb.artifact.output import Output
from vtb.datasets.videos.legacy import CLASSES, DYNAMIC, agent_object, dynamic_videos
from vtb.datasets.videos.reader import read_rows, read_videos
from vtb.datasets.videos.record import CATEGORIES, Tokens, Video, VideoRow, class_names, decode_rows, encode_rows
from vtb.errors import BadInput

ROWS = [
    VideoRow(video="a", file="a.mp4", outcome="kept", agents=("dog", "small car"), objects=("ball",),
             category=CATEGORIES[5], caption="A dog,\na \"car\".", seconds=30.0, motion=0.1, answers=("x",),
             tokens=Tokens(prompt=5)),
    VideoRow(video="b.c", file="b.c.webm", outcome="kept", agents=("person",), category=CATEGORIES[0]),
    VideoRow(video="d", outcome="left out", why="too little moves, says the model", agents=("cat",)),
    VideoRow(video="e", outcome="quarantined", why="not in the form", answers=("?",)),
    VideoRow(video="f", file="f.mp4", outcome="kept", objects=("leaf",), category=CATEGORIES[5]),
]  # fmt: skip


def artifact(place: Path, rows: list[VideoRow]) -> str:
    output = Output(str(place), Plan("videos", "vtb-curate videos", 1, {}))
    output.begin()
    data = output.put("shards/00000.jsonl", encode_rows(rows))
    output.commit([ShardEntry(data.path, len(rows), data.bytes, data.sha256)])
    return str(place)


def flat(rows: list[VideoRow]) -> bytes:
    return dynamic_videos([VideoRow(video=row.video, outcome=row.outcome) for row in rows])


def test_an_artifact(tmp_path: Path) -> None:
    place = artifact(tmp_path / "videos", ROWS)
    assert read_videos(place) == [
        Video("a", ("dog", "small car"), ("ball",), CATEGORIES[5], 'A dog,\na "car".'),
        Video("b.c", ("person",), (), CATEGORIES[0], None),
        Video("f", (), ("leaf",), CATEGORIES[5], None),
    ]
    assert list(read_rows(place)) == ROWS


def test_by_category_with_file_names(tmp_path: Path) -> None:
    (tmp_path / DYNAMIC).write_bytes(dynamic_videos(ROWS))
    assert json.loads(dynamic_videos(ROWS)) == {CATEGORIES[5]: ["a.mp4", "f.mp4"], CATEGORIES[0]: ["b.c.webm"]}
    found = read_videos(str(tmp_path / DYNAMIC))
    assert {(video.name, video.category) for video in found} == {
        (row.video, row.category) for row in ROWS if row.outcome == "kept"
    }


def test_flat(tmp_path: Path) -> None:
    """One video without a category is enough: a dict has no place for it."""
    assert json.loads(flat(ROWS)) == ["a", "b.c", "f"]
    (tmp_path / "chosen.json").write_bytes(flat(ROWS))
    assert [video.name for video in read_videos(str(tmp_path / "chosen.json"))] == ["a", "b.c", "f"]
    (tmp_path / "none.json").write_bytes(dynamic_videos([]))
    assert read_videos(str(tmp_path / "none.json")) == []


def test_classes(tmp_path: Path) -> None:
    assert agent_object(ROWS).decode().splitlines() == [
        "videoID,agent,obj", "a,dog.small car,ball", "b.c,person,None", "d,cat,None", "f,None,leaf",
    ]  # fmt: skip
    (tmp_path / CLASSES).write_bytes(agent_object(ROWS))
    found = {video.name: (video.agents, video.objects) for video in read_videos(str(tmp_path / CLASSES))}
    assert found == {row.video: (row.agents, row.objects) for row in ROWS if row.agents or row.objects}


@pytest.mark.parametrize("form", [dynamic_videos, flat])
def test_both_files_in_a_folder(form: object, tmp_path: Path) -> None:
    (tmp_path / DYNAMIC).write_bytes(form(ROWS))  # type: ignore[operator]
    (tmp_path / CLASSES).write_bytes(agent_object(ROWS))
    found = {video.name: (video.agents, video.objects) for video in read_videos(str(tmp_path))}
    assert found == {row.video: (row.agents, row.objects) for row in ROWS if row.outcome == "kept"}


def test_as_the_released_tools_write_it(tmp_path: Path) -> None:
    """Blanks, capitals, dots at the end, nothing at all, and what is called both."""
    lines = ["videoID,agent,obj", "x,Person. Dog . ,None", "y,None,", 'z,"person.","Person. Ball"', "w.mp4,cat,"]
    (tmp_path / CLASSES).write_text("\n".join(lines))
    assert read_videos(str(tmp_path / CLASSES)) == [
        Video("x", ("person", "dog")), Video("y"), Video("z", ("person",), ("ball",)), Video("w", ("cat",)),
    ]  # fmt: skip


words = st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="."), min_size=1, max_size=9)


@given(st.lists(words, max_size=5))
@settings(max_examples=60, deadline=None)
def test_class_names_come_back(names: list[str]) -> None:
    found = class_names(".".join(names))
    assert class_names(".".join(found) or "None") == found
    assert all(name and name == name.strip() for name in found)


BROKEN = {
    "no JSON": (DYNAMIC, b"[1"),
    "numbers": (DYNAMIC, b"[1]"),
    "another dict": (DYNAMIC, b'{"a": 1}'),
    "deep": (DYNAMIC, b"[" * 100_000),
    "two categories": (DYNAMIC, b'{"One": ["a.mp4"], "Two": ["a.mp4"]}'),
    "other classes": (CLASSES, b"videoID,agent,obj\na,dog,None\na,cat,None\n"),
    "other columns": (CLASSES, b"video,agent\na,b\n"),
    "no head": (CLASSES, b""),
}


@pytest.mark.parametrize("case", BROKEN)
def test_other_content_is_refused(case: str, tmp_path: Path) -> None:
    name, data = BROKEN[case]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(BadInput, match=r"dynamic_videos|agent_object"):
        read_videos(str(tmp_path / name))


def test_what_is_repeated_is_read_once(tmp_path: Path) -> None:
    (tmp_path / DYNAMIC).write_text('["a", "b.mp4", "a.mp4"]')
    (tmp_path / CLASSES).write_text("videoID,agent,obj\nb,dog,None\na,cat,None\nb,Dog.,None\n")
    assert read_videos(str(tmp_path)) == [Video("a", ("cat",)), Video("b", ("dog",))]


def test_other_places_are_refused(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "missing.json", tmp_path / "missing.csv"):
        with pytest.raises(BadInput):
            read_videos(str(place))
    Output(str(tmp_path / "begun"), Plan("videos", "vtb-curate videos", 1, {})).begin()
    with pytest.raises(BadInput, match="is an unfinished artifact"):
        read_videos(str(tmp_path / "begun"))
    artifact(tmp_path / "videos", ROWS)
    shard = tmp_path / "videos/shards/00000.jsonl"
    shard.write_bytes(shard.read_bytes().replace(b"dog", b"cat"))
    with pytest.raises(BadInput, match="not what the manifest says"):
        read_videos(str(tmp_path / "videos"))
    with pytest.raises(BadInput, match="line 2 is no row"):
        list(decode_rows(encode_rows(ROWS[:1]) + b'{"video": 3}\n', "here"))


def test_a_category_that_comes_twice_loses_no_video(tmp_path: Path) -> None:
    (tmp_path / "d.json").write_text('{"Art": ["a.mp4"], "Art": ["b.mp4"]}')
    with pytest.raises(BadInput, match="says two things of 'Art'"):
        read_videos(str(tmp_path / "d.json"))
    (tmp_path / "d.json").write_text('["half \\ud800 pair"]')
    assert [video.name for video in read_videos(str(tmp_path / "d.json"))] == ["half ? pair"]
