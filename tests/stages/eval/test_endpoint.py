"""``vtb-eval predict --endpoint``: what a server is sent, and what becomes of its answers."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chat_server import ChatServer, Reply, Request, completion, failure
from contract.command_line import call, files, run
from shared.datasets.toy_task import everything, frames, installed, pictures, sample, video, write
from stages.eval.endpoint_runs import KEY, ask
from stages.eval.predict_runs import answers, complete, split_keys, texts
from vtb.artifact import read_manifest
from vtb.datasets.readers import choose_split, chunks, describe_input
from vtb.media.image import decode_image
from vtb_eval.questions import ShardWork, read_questions

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("key")]  # the first for the folder's fixtures


def shown_by(request: Request) -> list[Any]:
    """The pictures of a question, and the words between them."""
    found: list[Any] = []
    for part in request.parts[:-1]:
        if part["type"] == "text":
            found.append(part["text"])
            continue
        head, _, data = part["image_url"]["url"].partition(";base64,")
        assert head in ("data:image/png", "data:image/jpeg")
        found.append(decode_image(base64.b64decode(data)))
    return found


def test_every_question_is_asked_once_with_its_picture(curated: Path, server: ChatServer, tmp_path: Path) -> None:
    manifest = complete(ask(curated, server.url, tmp_path / "out", "--samples-per-shard", 4))
    found = choose_split(chunks(describe_input(str(curated))), "test", str(curated))
    questions = list(read_questions(ShardWork(tuple(found), 0, 7, None), []))
    sent = {request.number: request for request in server.requests}
    assert len(server.requests) == len(sent) == 7
    for number, question in enumerate(questions):
        request = sent[number]
        assert request.text == question.text
        (picture,) = shown_by(request)
        assert (picture == decode_image(question.shown[0].files[0])).all()
        assert texts(tmp_path / "out")[question.key] == request.content
    assert list(answers(tmp_path / "out")) == split_keys(curated, "test")
    assert {answer["finish"] for answer in answers(tmp_path / "out").values()} == {"stop"}
    assert manifest.metrics == {"answers": 7, "cut_off": 0, "tokens": {"prompt": 700, "completion": 49}}


def test_how_it_is_asked(curated: Path, server: ChatServer, tmp_path: Path) -> None:
    how = ("--max-new-tokens", 33, "--temperature", 0.75, "--seed", 5, "--concurrency", 1)
    complete(ask(curated, server.url + "/", tmp_path / "out", *how, model="org/name"))
    for number, request in enumerate(server.requests):
        assert request.path == "/v1/chat/completions"
        assert request.headers["authorization"] == f"Bearer {KEY}"
        rest = {name: value for name, value in request.body.items() if name != "messages"}
        assert rest == {"model": "org/name", "max_tokens": 33, "temperature": 0.75, "seed": 5 + number}


def test_without_a_key_none_is_sent(
    curated: Path, server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    complete(ask(curated, server.url, tmp_path / "out", "--limit", 1))
    assert "authorization" not in server.requests[0].headers


def test_the_last_line_tells_the_tokens(curated: Path, server: ChatServer, tmp_path: Path) -> None:
    done = ask(curated, server.url, tmp_path / "out")
    assert done.err.splitlines()[-1].endswith(" tokens: 700 read, 49 written")


def test_tokens_of_reasoning_and_answers_without_a_count(curated: Path, server: ChatServer, tmp_path: Path) -> None:
    thinking = completion("yes")
    thinking["usage"]["completion_tokens_details"] = {"reasoning_tokens": 5}
    silent = completion("no")
    del silent["usage"]
    server.replies = [Reply(body=thinking), Reply(body=silent)]
    done = ask(curated, server.url, tmp_path / "out", "--samples-per-shard", 1)
    tokens = {"prompt": 600, "completion": 42, "reasoning": 5, "uncounted": 1}
    assert complete(done).metrics["tokens"] == tokens
    assert "600 read, 42 written, 5 of them to reason; 1 answers came without a count" in done.err


def test_concurrency(curated: Path, server: ChatServer, tmp_path: Path) -> None:
    server.answer = lambda request: Reply(body=completion(request.content), wait=0.3)
    for at_once in (1, 3):
        server.most_at_once = 0
        complete(ask(curated, server.url, tmp_path / str(at_once), "--concurrency", at_once))
        assert server.most_at_once == at_once
    assert files(tmp_path / "1/shards") == files(tmp_path / "3/shards")


THOUGHTS = "first I thought of <answer>E</answer>"
ENDS: dict[str, tuple[dict[str, Any], str, str]] = {
    "stop": (completion("A"), "A", "stop"),
    "length": (completion("A and", "length"), "A and", "length"),
    "cut while thinking": (completion(None, "length", reasoning_content=THOUGHTS), "", "length"),
    "thoughts apart": (completion("B", reasoning_content=THOUGHTS, reasoning=THOUGHTS), "B", "stop"),
    "filter": (completion("A pa", "content_filter"), "A pa", "content_filter"),
    "filter at once": (completion(None, "content_filter"), "", "content_filter"),
    "refusal": (completion(None, refusal="I will not."), "I will not.", "refusal"),
    "parts": (completion([{"type": "text", "text": "A"}, {"type": "text", "text": "B"}]), "AB", "stop"),  # type: ignore[arg-type]
    "an unknown end": (completion("A", "eos"), "A", "stop"),
    "no end": (completion("A", None), "A", "stop"),
    "half a pair": (completion("A\ud800"), "A?", "stop"),
}


@pytest.mark.parametrize("case", ENDS)
def test_how_answers_end(case: str, curated: Path, server: ChatServer, tmp_path: Path) -> None:
    reply, text, finish = ENDS[case]
    server.replies = [Reply(body=reply)]
    complete(ask(curated, server.url, tmp_path / "out", "--limit", 1))
    (answer,) = answers(tmp_path / "out").values()
    assert (answer["text"], answer["finish"]) == (text, finish)
    assert THOUGHTS not in json.dumps(answer)


def test_a_question_that_a_filter_stops(curated: Path, server: ChatServer, tmp_path: Path) -> None:
    server.replies = [Reply(400, failure("The prompt triggered the content management policy", "content_filter"))]
    complete(ask(curated, server.url, tmp_path / "out", "--limit", 1))
    (answer,) = answers(tmp_path / "out").values()
    assert (answer["text"], answer["finish"]) == ("", "content_filter")


def test_refusals_and_cut_answers_are_kept_apart_in_scores(curated: Path, server: ChatServer, tmp_path: Path) -> None:
    """And the words of a refusal are no answer, even where they hold the right one."""
    right = [one["example"]["answer"] for one in _asked(curated, server, tmp_path).values()]
    server.requests.clear()
    ends = [completion(None, refusal=right[0]), completion(None, "content_filter"), completion(right[2], "length")]
    ends += [completion(said) for said in right[3:]]
    server.replies = [Reply(body=end) for end in ends]
    done = ask(curated, server.url, tmp_path / "out", "--concurrency", 1)
    metrics = complete(done).metrics
    assert (metrics["cut_off"], metrics["refusal"], metrics["content_filter"]) == (1, 1, 1)
    assert "1 of 7 answers were refused by the model" in done.err
    assert "1 of 7 answers were refused by a filter of the service" in done.err
    judged = call("vtb-eval", "score", "--input", tmp_path / "out", "--output", tmp_path / "scores", "--workers", 1)
    assert judged.code == 0, judged.err
    figures = json.loads((tmp_path / "scores/scores.json").read_text())
    assert figures["refused"] == {"content_filter": 1, "refusal": 1}
    assert figures["cut_off"]["answers"] == 1
    assert figures["reasons"] == {"solved": 5, "refused": 1, "stopped by a filter": 1}
    lines = (tmp_path / "scores/shards/00000.jsonl").read_text().splitlines()
    assert [json.loads(line)["refused"] for line in lines] == ["refusal", "content_filter", *[None] * 5]
    page = (tmp_path / "scores/report.html").read_text()
    assert "1 by a filter of its service, 1 by the model" in page
    assert "served/model on curated" in page
    assert "1 answers were refused by the model\n" in run("vtb", "show", tmp_path / "scores").out


def _asked(curated: Path, server: ChatServer, tmp_path: Path) -> dict[str, dict[str, Any]]:
    complete(ask(curated, server.url, tmp_path / "before", "--concurrency", 1))
    return answers(tmp_path / "before")


def test_models_that_reason_want_another_word_for_the_longest_answer(
    curated: Path, server: ChatServer, tmp_path: Path
) -> None:
    said = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."

    def answer(request: Request) -> Reply:
        refused = "max_tokens" in request.body
        return Reply(400, failure(said)) if refused else Reply(body=completion(str(request.body)[-90:]))

    server.answer = answer
    complete(ask(curated, server.url, tmp_path / "out", "--concurrency", 1, "--max-new-tokens", 9))
    asked = [("max_tokens" in request.body, request.body.get("max_completion_tokens")) for request in server.requests]
    assert asked == [(True, None), *[(False, 9)] * 7]


def test_the_manifest_names_the_model_and_no_server(curated: Path, server: ChatServer, tmp_path: Path) -> None:
    """So another server that has the same model goes on with it."""
    plan = complete(ask(curated, server.url, tmp_path / "out")).plan
    assert plan.config["model"] == "served/model"
    assert [entry.kind for entry in plan.inputs] == ["puzzles"]
    assert server.origin.encode() not in b"".join(files(tmp_path / "out").values())
    asked = len(server.requests)
    with ChatServer() as other:
        again = ask(curated, other.url, tmp_path / "out", "--concurrency", 2, "--timeout", 9)
        assert "already complete" in again.err
        assert (len(server.requests), len(other.requests)) == (asked, 0)
        changed = ask(curated, other.url, tmp_path / "out", model="another")
    assert (changed.code, "model: there 'served/model', here 'another'" in changed.err) == (3, True)


def test_dry_run_asks_nobody(curated: Path, server: ChatServer, tmp_path: Path) -> None:
    done = ask(curated, server.url, tmp_path / "out", "--dry-run")
    assert (done.code, server.requests, (tmp_path / "out").exists()) == (0, [], False)
    assert "7 answers in 1 shards" in done.out


# --- pictures and clips


@pytest.fixture
def toy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with installed(tmp_path_factory.mktemp("site")):
        yield


def shades(found: list[Any]) -> list[Any]:
    """The shade of each picture, the words as they are."""
    return [one if isinstance(one, str) else round(float(np.mean(one[len(one) // 2 :]))) for one in found]


def test_pictures_and_clips_in_their_order(toy: None, server: ChatServer, tmp_path: Path) -> None:
    made = [
        sample("a", pictures(40, 200, 120), (40, 200, 120)),
        sample("b", video(*range(20, 200, 20)), (1,)),
        sample("c", frames(40, 90, 140), (1,)),
        sample("d", video(90), (1,)),
        sample("e", frames(40, 90, 140, every=1.5), (1,)),
    ]
    complete(ask(write(tmp_path / "in", made), server.url, tmp_path / "out", "--concurrency", 1))
    three, clip, still, single, timed = (shades(shown_by(request)) for request in server.requests)
    assert three == [40, 200, 120]
    assert clip[0] == "A video as 4 frames in their order, at 0.0, 0.8, 1.2, 2.0 seconds:"
    assert clip[1:] == pytest.approx([20, 80, 120, 180], abs=3)
    assert still == ["A video as 3 frames in their order:", *still[1:]]
    assert still[1:] == pytest.approx([40, 90, 140], abs=1)
    assert len(single) == 2
    assert timed[0] == "A video as 3 frames in their order, at 0.0, 1.5, 3.0 seconds:"


def test_blind_questions_show_nothing(curated: Path, server: ChatServer, tmp_path: Path) -> None:
    complete(ask(curated, server.url, tmp_path / "out", "--blind", "--limit", 2))
    assert [[part["type"] for part in request.parts] for request in server.requests] == [["text"]] * 2


def test_they_are_judged_like_any(toy: None, server: ChatServer, tmp_path: Path) -> None:
    complete(ask(write(tmp_path / "in", list(everything().values())), server.url, tmp_path / "out"))
    judged = call("vtb-eval", "score", "--input", tmp_path / "out", "--output", tmp_path / "scores", "--workers", 1)
    assert judged.code == 0, judged.err


def test_max_pixels(curated: Path, server: ChatServer, tmp_path: Path) -> None:
    complete(ask(curated, server.url, tmp_path / "out", "--max-pixels", 1024, "--limit", 2))
    for request in server.requests:
        (picture,) = shown_by(request)
        assert 900 < picture.shape[0] * picture.shape[1] <= 1024
    assert read_manifest(str(tmp_path / "out")).plan.config["max_pixels"] == 1024
