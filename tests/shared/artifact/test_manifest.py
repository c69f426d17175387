"""Manifests: what enters the digest, what does not, and manifests that others have damaged."""

from __future__ import annotations

import copy
import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from vtb.artifact import FileEntry, InputEntry, Manifest, Plan, ShardEntry, find_manifest, read_manifest
from vtb.artifact.parsing import parse_manifest
from vtb.errors import BadInput
from vtb.store import open_store

PLAN = Plan("puzzles", "vtb-x", 1, {"seed": 1, "size": [7, 9]}, (InputEntry("/a", "puzzles", "d" * 64),))
SHARDS = (
    ShardEntry("shards/0.tar", 5, 10, "aa", "train", (FileEntry("media/a.png", 3, "bb"),), {"identities": ["x"]}),
    ShardEntry("shards/1.tar", 2, 4, "cc", "val"),
    ShardEntry("shards/2.tar", 1, 4, "dd", "train"),
)
FILES = (FileEntry("README.md", 3, "ee"),)
MANIFEST = Manifest(PLAN, SHARDS, FILES, {"read": 8}, {"id": "r1"})


def changed(**values: Any) -> Manifest:
    return dataclasses.replace(MANIFEST, **values)


def test_round_trip() -> None:
    again = parse_manifest(MANIFEST.to_json(), "/here")
    assert again.digest == MANIFEST.digest == json.loads(MANIFEST.to_json())["digest"]
    assert (again.plan, again.files, again.metrics, again.run) == (PLAN, FILES, {"read": 8}, {"id": "r1"})
    assert [shard.files for shard in again.shards] == [shard.files for shard in SHARDS]


def test_counts() -> None:
    assert MANIFEST.rows == 8
    assert MANIFEST.splits == {"train": 6, "val": 2}
    paths = ["shards/0.tar", "shards/1.tar", "shards/2.tar", "media/a.png", "README.md"]
    assert [file.path for file in MANIFEST.all_files()] == paths


def test_the_digest_is_of_the_content() -> None:
    moved = Plan(PLAN.kind, PLAN.stage, 1, PLAN.config, (InputEntry("s3://b/other", "puzzles", "d" * 64),))
    assert changed(plan=moved, run={"id": "r2", "started": "later"}).digest == MANIFEST.digest
    others = [
        changed(plan=Plan(PLAN.kind, PLAN.stage, 2, PLAN.config, PLAN.inputs)),
        changed(plan=Plan(PLAN.kind, PLAN.stage, 1, {"seed": 2}, PLAN.inputs)),
        changed(plan=Plan(PLAN.kind, PLAN.stage, 1, PLAN.config, (InputEntry("/a", "puzzles", "e" * 64),))),
        changed(shards=SHARDS[:2]),
        changed(files=(FileEntry("README.md", 3, "ff"),)),
        changed(metrics={"read": 9}),
    ]
    assert len({MANIFEST.digest, *(other.digest for other in others)}) == 7


def test_the_fingerprint_is_of_the_intent() -> None:
    same = Plan("puzzles", "vtb-x", 1, {"size": [7, 9], "seed": 1}, (InputEntry("/b", "puzzles", "d" * 64),))
    assert same.fingerprint == PLAN.fingerprint
    for other in (
        Plan("images", "vtb-x", 1, PLAN.config, PLAN.inputs),
        Plan("puzzles", "vtb-y", 1, PLAN.config, PLAN.inputs),
        Plan("puzzles", "vtb-x", 2, PLAN.config, PLAN.inputs),
        Plan("puzzles", "vtb-x", 1, {"seed": 1}, PLAN.inputs),
        Plan("puzzles", "vtb-x", 1, PLAN.config, ()),
    ):
        assert other.fingerprint != PLAN.fingerprint


def test_reading(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "a"))
    assert find_manifest(store) is None
    with pytest.raises(BadInput, match="holds no artifact"):
        read_manifest(store.uri)
    store.put_bytes("plan.json", b"{}")
    with pytest.raises(BadInput, match="is an unfinished artifact: run its stage again"):
        read_manifest(store.uri)
    store.put_bytes("manifest.json", MANIFEST.to_json())
    assert read_manifest(store.uri, ("scores", "puzzles")).digest == MANIFEST.digest
    with pytest.raises(BadInput, match="holds puzzles, but this command reads scores or adapter"):
        read_manifest(store.uri, ("scores", "adapter"))


def damaged() -> dict[str, bytes]:
    whole = json.loads(MANIFEST.to_json())
    found = {"empty": b"", "cut": MANIFEST.to_json()[:-30], "no JSON": b"<html>", "a list": b"[]", "bytes": b"\xff\xfe"}
    for key in ("schema", "kind", "stage", "stage_version", "config", "inputs", "shards", "files", "metrics", "run"):
        part = copy.deepcopy(whole)
        del part[key]
        found[f"no {key}"] = json.dumps(part).encode()
    for key in ("inputs", "shards", "files"):
        for value in (5, "abc", [1], [{"path": "x"}], None):
            found[f"{key} is {value}"] = json.dumps({**whole, key: value}).encode()
    return found


@pytest.mark.parametrize("what", damaged())
def test_damaged_manifests_are_told(what: str) -> None:
    with pytest.raises(BadInput, match=r"/here: manifest\.json is damaged .*--overwrite"):
        parse_manifest(damaged()[what], "/here")


def test_a_later_schema_is_told() -> None:
    later = {**json.loads(MANIFEST.to_json()), "schema": "vtb-artifact/2"}
    with pytest.raises(BadInput, match=r"has schema 'vtb-artifact/2', .* upgrade"):
        parse_manifest(json.dumps(later).encode(), "/here")


def test_figures_of_shards_are_not_repeated() -> None:
    assert b"identities" not in MANIFEST.to_json()
