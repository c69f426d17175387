"""Runs of ``vtb-curate videos``, and what they read and write."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

from chat_server import Reply, Request, completion
from contract.command_line import Result, call
from vtb.artifact import Manifest, read_manifest

YES = "Moves: yes\nAgents: person. small dog\nObjects: Ball. person"
NO = "Moves: no\nAgents: None\nObjects: tree"
BY_FRAMES = "\nCategory: Sports & Recreation"


def line(output: Path, url: str, *more: object) -> list[Any]:
    """The words of a run."""
    base = ["videos", "--endpoint", url, "--model", "served/model", "--output", output, "--workers", 1]
    return [*base, *more]


def ask(output: Path, url: str, *more: object) -> Result:
    return call("vtb-curate", *line(output, url, *more))


def good(result: Result) -> Manifest:
    """The manifest of a run that went well, whose counts add up to all videos."""
    assert result.code == 0, result.err
    manifest = read_manifest(result.out.strip(), ("videos",))
    figures, found = manifest.metrics, rows(Path(result.out.strip()))
    outcomes = Counter(row["outcome"] for row in found)
    told = {
        "kept": figures["kept"], "left out": sum(figures["left_out"].values()),
        "quarantined": sum(figures["quarantined"].values()),
    }  # fmt: skip
    assert {name: count for name, count in told.items() if count} == dict(outcomes)
    assert sum(told.values()) == len(found) == manifest.rows == figures["videos"]
    return manifest


def rows(output: Path) -> list[dict[str, Any]]:
    """Every row, in order."""
    return [json.loads(text) for path in sorted(output.glob("shards/*.jsonl")) for text in path.open()]


def captions(path: Path, *names: str, **columns: str) -> Path:
    """A caption file with further columns."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("url", "videoID", "caption", *columns))
        writer.writerows(("u", name, f"Caption of {name}, with\na second line.", *columns.values()) for name in names)
    return path


def words_of(request: Request) -> str:
    """What the model is asked, in words alone."""
    content = request.body["messages"][0]["content"]
    return str(content if isinstance(content, str) else content[-1]["text"])


def name_in(request: Request) -> str:
    """The video whose caption is asked about."""
    return words_of(request).partition("Caption of ")[2].partition(",")[0]


def says(text: str, finish: str = "stop") -> Reply:
    return Reply(body=completion(text, finish))
