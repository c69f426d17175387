"""``vtb-curate videos`` where replies go wrong, a run is cut off, or a budget ends; the replies are scripted."""

from __future__ import annotations

import io
import json
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import av
import pytest

from chat_server import ChatServer, Reply, Request, completion, failure
from contract.command_line import killed_at_the_end, start
from faulty_proxy import FaultyProxy
from moving_clips import clip
from stages.curate.videos_runs import BY_FRAMES, YES, ask, captions, good, line, name_in, rows, says, words_of

NAMES = ("a", "b", "c", "d", "e", "f")
ODD = "Certainly! Things move."


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return captions(tmp_path / "captions.csv", *NAMES)


@pytest.fixture
def whole(table: Path, tmp_path: Path) -> list[object]:
    """The rows of a run in which nothing goes wrong."""
    with ChatServer() as chat:
        chat.answer = lambda request: says(YES)
        good(ask(tmp_path / "whole", chat.url, "--captions", table))
    return list(rows(tmp_path / "whole"))


def asked(server: ChatServer) -> Counter[str]:
    return Counter(name_in(request) for request in server.requests)


PASSING = {
    "429": Reply(429, failure("Rate limit reached", "rate_limit_exceeded")),
    "500": Reply(500, b"<html>oops</html>"),
    "503": Reply(503, failure("loading")),
    "half": Reply(200, b'{"choices": [{"message": {"content": "Moves: ye'),
    "no completion": Reply(200, {"choices": []}),
}


@pytest.mark.parametrize("case", PASSING)
def test_is_asked_again(case: str, table: Path, whole: list[object], server: ChatServer, tmp_path: Path) -> None:
    server.replies = [PASSING[case]] * 2
    server.answer = lambda request: says(YES)
    good(ask(tmp_path / "out", server.url, "--captions", table))
    assert rows(tmp_path / "out") == whole
    assert len(server.requests) == len(NAMES) + 2


@pytest.mark.parametrize("fault", ["cut", "reset", "stall"])
def test_broken_connections(fault: str, table: Path, whole: list[object], server: ChatServer, tmp_path: Path) -> None:
    server.answer = lambda request: says(YES)
    with FaultyProxy(server.origin) as proxy:
        proxy.add(fault, 2)
        good(ask(tmp_path / "out", f"{proxy.url}/v1", "--captions", table, "--timeout", 0.5))
    assert rows(tmp_path / "out") == whole


def test_a_late_answer(table: Path, whole: list[object], server: ChatServer, tmp_path: Path) -> None:
    server.replies = [Reply(body=completion("late"), wait=2)]
    server.answer = lambda request: says(YES)
    good(ask(tmp_path / "out", server.url, "--captions", table, "--timeout", 0.5))
    assert rows(tmp_path / "out") == whole


@pytest.mark.parametrize(
    ("reply", "code"), [(Reply(401, failure("no")), 4), (Reply(404, failure("no")), 4), (Reply(500, b""), 75)]
)
def test_trouble_that_stays_ends_the_run(
    reply: Reply, code: int, table: Path, server: ChatServer, tmp_path: Path
) -> None:
    server.answer = lambda request: reply
    done = ask(tmp_path / "out", server.url, "--captions", table, "--retries", 1, "--concurrency", 1)
    assert (done.code, len(done.error_lines)) == (code, 1), done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "out/manifest.json").exists()
    server.answer = lambda request: says(YES)
    good(ask(tmp_path / "out", server.url, "--captions", table))


# --- answers that cannot be read


def test_is_asked_for_another_answer(table: Path, server: ChatServer, tmp_path: Path) -> None:
    """With what was wrong about the one before, and another seed."""
    server.replies = [says(ODD), says(YES, "length")]
    server.answer = lambda request: says(YES)
    manifest = good(ask(tmp_path / "out", server.url, "--captions", table, "--concurrency", 1))
    found = rows(tmp_path / "out")
    assert [row["outcome"] for row in found] == ["kept"] * 6
    assert (found[0]["answers"], found[0]["tokens"]["prompt"]) == ([ODD, YES, YES], 300)
    assert (manifest.metrics["asked"], manifest.metrics["answers"]) == (6, 8)
    first, second, third = server.requests[:3]
    assert words_of(second).startswith(words_of(first))
    assert "could not be read: it does not consist of the lines moves, agents, objects" in words_of(second)
    assert "could not be read: it ends with length" in words_of(third)
    assert len({request.body["seed"] for request in server.requests}) == 8


BAD = {
    "prose": (says(ODD), "not in the form", 3),
    "cut off": (says(YES, "length"), "cut off", 3),
    "refused": (Reply(body=completion(None, refusal="I will not.")), "refused by the model", 3),
    "a filter": (Reply(400, failure("policy", "content_filter")), "stopped by a filter", 1),
    "empty": (says(""), "not in the form", 3),
}


@pytest.mark.parametrize("case", BAD)
def test_is_quarantined_with_its_words(case: str, table: Path, server: ChatServer, tmp_path: Path) -> None:
    reply, why, times = BAD[case]
    server.answer = lambda request: reply if name_in(request) == "c" else says(YES)
    done = ask(tmp_path / "out", server.url, "--captions", table, "--legacy")
    manifest = good(done)
    row = rows(tmp_path / "out")[2]
    assert (row["video"], row["outcome"], row["why"], len(row["answers"])) == ("c", "quarantined", why, times)
    assert asked(server) == {**dict.fromkeys(NAMES, 1), "c": times}
    assert manifest.metrics["quarantined"] == {why: 1}
    (line_of_it,) = (tmp_path / "out/quarantine.jsonl").read_text().splitlines()
    assert json.loads(line_of_it) == row
    assert "1 of 6 videos: no answer could be read" in done.err
    assert "c" not in json.loads((tmp_path / "out/dynamic_videos.json").read_text())


TOO_LONG = Reply(400, failure("This model's maximum context length is 8192 tokens", "context_length_exceeded"))


def test_one_request_that_the_server_refuses(table: Path, server: ChatServer, tmp_path: Path) -> None:
    server.answer = lambda request: TOO_LONG if name_in(request) == "c" else says(YES)
    manifest = good(ask(tmp_path / "out", server.url, "--captions", table))
    row = rows(tmp_path / "out")[2]
    assert (row["outcome"], row["why"], row["answers"]) == ("quarantined", "refused by the server", [])
    assert row["detail"].startswith("400: This model's maximum context length is 8192 tokens")
    assert server.origin not in (tmp_path / "out/shards/00000.jsonl").read_text()
    assert (manifest.metrics["kept"], len(server.requests)) == (5, 6)


def test_a_server_that_takes_no_request_ends_the_run(table: Path, server: ChatServer, tmp_path: Path) -> None:
    server.answer = lambda request: Reply(400, failure("no such model"))
    done = ask(tmp_path / "out", server.url, "--captions", table)
    assert (done.code, len(done.error_lines)) == (2, 1), done.err
    assert "400: no such model: it does not take this request" in done.err
    assert not (tmp_path / "out/shards").exists()


@pytest.mark.parametrize("by_frames", [False, True])
def test_a_server_that_refuses_all_that_is_left_ends_no_rerun(
    by_frames: bool, table: Path, server: ChatServer, tmp_path: Path
) -> None:
    """It takes the simplest request, so these are too much for it; nobody need remember what was answered before."""
    server.answer = lambda request: says(YES + BY_FRAMES) if is_simplest(request) else TOO_LONG
    (tmp_path / "films").mkdir()
    (tmp_path / "films/a.mp4").write_bytes(clip(seconds=3))
    source = ("--videos", tmp_path / "films", "--min-seconds", 1) if by_frames else ("--captions", table)
    done = ask(tmp_path / "out", server.url, *source)
    assert (done.code, "times: refused by the server" in done.err) == (5, True), done.err
    assert sum(map(is_simplest, server.requests)) == 1


def is_simplest(request: Request) -> bool:
    """About a short caption, or one frame."""
    words = json.dumps(request.body["messages"])
    return "A dog runs after a ball." in words or "A video as 1 frame:" in words


def test_without_further_tries(table: Path, server: ChatServer, tmp_path: Path) -> None:
    server.answer = lambda request: says(ODD)
    for _ in range(2):  # what was answered is not asked about again
        done = ask(tmp_path / "out", server.url, "--captions", table, "--reasks", 0)
        assert (done.code, len(done.error_lines)) == (5, 1), done.err
        assert "of 6 videos none is kept; the most frequent reason, 6 times: not in the form" in done.err
        assert not (tmp_path / "out/manifest.json").exists()
        assert [row["answers"] for row in rows(tmp_path / "out")] == [[ODD]] * 6
        assert asked(server) == dict.fromkeys(NAMES, 1)


def test_where_every_video_is_left_out_other_options_may_follow(server: ChatServer, tmp_path: Path) -> None:
    server.answer = lambda request: says(YES)
    short = captions(tmp_path / "short.csv", *NAMES, seconds="8")
    done = ask(tmp_path / "out", server.url, "--captions", short, "--min-seconds", 20)
    assert (done.code, len(done.error_lines), server.requests) == (5, 1, []), done.err
    assert "6 times: " in done.err
    assert not (tmp_path / "out/plan.json").exists()
    good(ask(tmp_path / "out", server.url, "--captions", short, "--min-seconds", 5))


# --- runs that are cut off


def test_a_kill_in_the_middle(table: Path, whole: list[object], server: ChatServer, tmp_path: Path) -> None:
    """Nothing is lost, and only the shard in work is asked about again."""
    out, hold = tmp_path / "out", threading.Event()

    def answer(request: Request) -> Reply:
        if name_in(request) in "cd":
            hold.wait(60)
        return says(YES)

    server.answer = answer
    more = ("--captions", table, "--videos-per-shard", 2, "--concurrency", 2)
    with killed_at_the_end(start("vtb-curate", *line(out, server.url, *more))) as process:
        wait_for(lambda: len(server.requests) == 4)
        process.kill()
    hold.set()
    assert asked(server) == dict.fromkeys("abcd", 1)
    server.requests.clear()
    good(ask(out, server.url, *more))
    assert asked(server) == dict.fromkeys("cdef", 1)
    assert rows(out) == whole
    server.requests.clear()
    assert "already complete" in ask(out, server.url, *more).err
    assert not server.requests


def test_a_signal_ends_it_whatever_the_server_does(table: Path, server: ChatServer, tmp_path: Path) -> None:
    server.answer = lambda request: Reply(body=completion("late"), wait=20)
    with killed_at_the_end(start("vtb-curate", *line(tmp_path / "out", server.url, "--captions", table))) as process:
        wait_for(lambda: len(server.requests) == 6)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=15)
    assert (process.returncode, "Traceback" in said) == (75, False), said


def wait_for(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not true():
        assert time.monotonic() < until
        time.sleep(0.02)


# --- the budget


def test_a_budget_ends_between_two_shards(table: Path, whole: list[object], server: ChatServer, tmp_path: Path) -> None:
    server.answer = lambda request: says(YES)
    more = ("--captions", table, "--videos-per-shard", 2, "--reasks", 1, "--max-requests", 6)
    done = ask(tmp_path / "out", server.url, *more)
    assert (done.code, len(done.error_lines)) == (4, 1), done.err
    assert "2 of the 6 requests of --max-requests are left, and the next shard may take 4: run the same" in done.err
    assert asked(server) == dict.fromkeys("abcd", 1)
    good(ask(tmp_path / "out", server.url, *more))
    assert asked(server) == dict.fromkeys(NAMES, 1)
    assert rows(tmp_path / "out") == whole


def test_a_budget_that_is_less_than_a_shard_may_take(table: Path, server: ChatServer, tmp_path: Path) -> None:
    for most, way in ((17, "or take --videos-per-shard 5"), (2, "one video may take 3: lower --reasks, too")):
        for more in ((), ("--dry-run",)):
            done = ask(tmp_path / "out", server.url, "--captions", table, "--max-requests", most, *more)
            assert (done.code, len(done.error_lines), server.requests) == (2, 1, []), done.err
            assert "a shard may take 18" in done.err
            assert way in done.err
    good_for = ("--captions", table, "--max-requests", 17, "--videos-per-shard", 5, "--dry-run")
    assert ask(tmp_path / "out", server.url, *good_for).code == 0
    server.answer = lambda request: says(YES)
    good(ask(tmp_path / "out", server.url, "--captions", table, "--max-requests", 18))


def test_tries_after_failures_count(table: Path, server: ChatServer, tmp_path: Path) -> None:
    """Then a run may end within a shard; no request more is sent."""
    server.answer = lambda request: Reply(500, b"")
    more = ("--captions", table, "--reasks", 0, "--max-requests", 8, "--concurrency", 3)
    done = ask(tmp_path / "out", server.url, *more)
    assert (done.code, len(done.error_lines), len(server.requests)) == (4, 1, 8), done.err
    assert "all 8 requests of --max-requests are used up" in done.err


# --- videos


def huge() -> bytes:
    """Thirty seconds of frames of 400 x 300 whose head says that they have 16000 x 8000."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="matroska") as output:
        stream = output.add_stream("ffv1", rate=1)
        stream.width, stream.height, stream.pix_fmt = 400, 300, "yuv420p"
        for _ in range(30):
            output.mux(stream.encode(av.VideoFrame(400, 300, "yuv420p")))
        output.mux(stream.encode(None))
    data = buffer.getvalue()
    for name, side, said in ((0xB0, 400, 16000), (0xBA, 300, 8000)):  # PixelWidth and PixelHeight, two bytes each
        size = bytes([name, 0x82])
        data = data.replace(size + side.to_bytes(2, "big"), size + said.to_bytes(2, "big"), 1)
    return data


def test_files_that_are_broken_deep_inside_are_left_out(server: ChatServer, tmp_path: Path) -> None:
    """Their length can be told, their frames cannot be decoded; that is found when they are to be shown."""
    folder = tmp_path / "clips"
    folder.mkdir()
    whole = clip()
    (folder / "good.mp4").write_bytes(whole)
    at = whole.index(b"mdat") + 4
    (folder / "odd.mp4").write_bytes(whole[:at] + b"\xff" * 10_000 + whole[at + 10_000 :])
    (folder / "huge.mkv").write_bytes(huge())
    (folder / "gone.mp4").symlink_to(tmp_path / "nowhere.mp4")
    (folder / "\udcff.mp4").write_bytes(whole)
    server.answer = lambda request: says(YES + BY_FRAMES)
    good(ask(tmp_path / "out", server.url, "--videos", folder))
    found = {row["video"]: (row["outcome"], row["why"]) for row in rows(tmp_path / "out")}
    assert found == {
        "good": ("kept", ""), "odd": ("left out", "cannot be read"), "huge": ("left out", "cannot be read"),
        "gone": ("left out", "cannot be read"), "?": ("left out", "its name can be no file's"),
    }  # fmt: skip
    assert len(server.requests) == 1
    details = {row["video"]: row["detail"] for row in rows(tmp_path / "out")}
    assert details["huge"] == "frames of 16000x8000 pixels are too large"
    looked = dict(zip(found, map(json.loads, (tmp_path / "out/looked/00000.jsonl").open()), strict=True))
    assert (looked["odd"]["seconds"], looked["odd"]["why"], looked["gone"]["why"]) == (21, "", "cannot be read")
    assert str(tmp_path) not in (tmp_path / "out/shards/00000.jsonl").read_text()
