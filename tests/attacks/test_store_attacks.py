"""Faults of the store, anywhere in every data stage: told as what they are, and never a wrong artifact."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from attacks.chain import COUNT, SEED, STEPS, Step, content, make_all
from contract.command_line import call
from vtb.store import open_store, s3_client, upload_tree

if TYPE_CHECKING:
    from buckets import FaultyBucket

pytestmark = pytest.mark.store
METHODS = ("GET", "PUT", "HEAD", "POST", "DELETE")
PARTS = ("", "shards/", "manifest", "plan", "list", "done", "base")
STATUS = (400, 403, 404, 408, 409, 411, 429, 500, 501, 502, 503, 504, 507)
LENGTHS = ("", "x", "-1", "0", "1", "99999999999999999999", "0x10", "1e3")
TOLD = (3, 4, 75)  # bad input, not available, try again


def _flip(rng: random.Random) -> object:
    place, bit = rng.random(), 1 << rng.randrange(8)

    def edit(body: bytes) -> bytes:
        if not body:
            return body
        index = int(place * len(body))
        return body[:index] + bytes([body[index] ^ bit]) + body[index + 1 :]

    return edit


def add_fault(rng: random.Random, bucket: FaultyBucket) -> str:
    """One fault that will meet some of the coming requests."""
    kind = rng.choice(("status", "reset", "cut", "short", "lost", "length", "edit", "drop"))
    more: dict[str, object] = {"method": rng.choice(METHODS), "part": rng.choice(PARTS)}
    times = rng.choice((1, 1, 2, 10))
    if kind == "status":
        more |= {"status": rng.choice(STATUS), "code": rng.choice(("SlowDown", "Odd", ""))}
    if kind == "length":
        more["length"] = rng.choice(LENGTHS)
    if kind == "edit":
        more["edit"] = _flip(rng)
    if kind == "drop":
        kind, more["edit"] = "edit", lambda body: body[: len(body) // 2]
    bucket.proxy.add(kind, times, **more)
    return f"{kind} x{times} {more}"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("base")
    make_all(place)
    return place


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_faults(step: Step, made: Path, faulty_s3: FaultyBucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_client, "_FIRST_WAIT", 0.01)
    monkeypatch.setenv("VTB_S3_TIMEOUT", "5")
    rng, base = random.Random(f"{SEED}/{step.name}"), f"{faulty_s3.uri}/base"
    upload_tree(open_store(base), made / "mazes", "mazes")
    wanted = content(str(made / step.name))
    for number in range(COUNT):
        output = f"{faulty_s3.uri}/out-{number}"
        program, *words = step.line(base, output)
        faults = [add_fault(rng, faulty_s3) for _ in range(rng.choice((1, 1, 2, 4)))]
        done = call(program, *words)
        faulty_s3.proxy.forget()
        what = f"attack {number}: {faults}: exit {done.code}: {done.err}"
        assert done.code in (0, *TOLD), what
        assert "Traceback" not in done.err, what
        if done.code == 0:
            assert content(output) == wanted, what
        again = call(program, *words)
        assert again.code == 0, f"{what}\n{again.err}"
        assert content(output) == wanted, what
