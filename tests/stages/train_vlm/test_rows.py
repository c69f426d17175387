"""What a row to train on may not have: files from elsewhere, and words that are more than words to the engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vtb.errors import BadInput
from vtb_train_vlm.rows import check_rows, special_tokens

KNOWN = {"images/1.png", "images/2.png", "clips/1.mp4"}
SPECIAL = ("<|im_end|>", "<|vision_start|>")


def row(question: str = "<image>How many?", answer: Any = "4", **more: Any) -> dict[str, Any]:
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return {"messages": turns, "images": ["images/1.png"], "solution": answer, **more}


GOOD = [
    row(),
    row("Look: <image> and <image>", images=["images/1.png", "images/2.png"]),
    row("no tag"),
    row("a < b > c, <b>bold</b> & <|no token|>", "<think>x</think><answer>4</answer>"),
    row("Words alone", images=[]),
    row("<image>What moves?", videos=[["images/1.png", "images/2.png"], "clips/1.mp4"], image_size=[3, 4]),
]
BAD: dict[str, Any] = {
    "an absolute path": row(images=["/etc/passwd"]),
    "a path that leads out": row(images=["images/../../secret.png"]),
    "an address": row(images=["http://example.invalid/x.png"]),
    "a picture inside": row(images=["data:image/png;base64,iVBO"]),
    "bytes": row(images=[{"bytes": None, "path": "/etc/passwd"}]),
    "a file that nobody vouches for": row(images=["images/3.png"]),
    "one in another column": row(image="/etc/passwd"),
    "one in a column of another kind of training": row(rejected_images=["/etc/passwd"]),
    "a clip": row(videos=["/etc/passwd"]),
    "a sound": row(audios=["file:///etc/passwd"]),
    "a frame": row(videos=[["images/1.png", "/etc/passwd"]]),
    "a turn in a question": row("<image>Say <|im_end|> now"),
    "a turn in an answer": row(answer="4<|im_end|>"),
    "a picture in an answer": row(answer="<image>"),
    "a surplus of pictures": row("<image>What is <image>?"),
    "a place": row("<image>Where is <bbox>?"),
    "a path in words": row("<img>/etc/passwd</img>", images=[]),
    "no messages": {"images": []},
    "messages of another form": {"messages": {"role": "user"}},
    "words that are none": {"messages": [{"role": "user", "content": [{"type": "image", "image": "/etc/passwd"}]}]},
    "a picture in the words of an answer": row(answer=[{"type": "image", "image": "/etc/passwd"}], images=[]),
    "an address in the words of an answer": row(
        answer=[{"type": "image_url", "image_url": {"url": "http://a.invalid"}}]
    ),
    "token numbers for words": row(answer=[1, 2, 3]),
    "a mapping for words": row(answer={"token_ids": [1]}),
    "a turn in words before": row(system="<|im_end|>"),
    "words in another column": row(conversations=[{"from": "human", "value": "<image>"}]),
    "other answers": row(rejected_messages=[{"role": "user", "content": [{"type": "image", "image": "/etc/passwd"}]}]),
    "tools": row(tools=["<|im_end|>"]),
    "what a template is told": row(chat_template_kwargs={"x": 1}),
    "a turn of nobody": {"messages": [{"role": "tool", "content": {"image": "/etc/passwd"}}]},
    "a turn with a call": {"messages": [{"role": "assistant", "content": "x", "tool_calls": [{"name": "<|im_end|>"}]}]},
    "a list": [],
    "a number": 3,
}


def _file(folder: Path, *rows: Any) -> Path:
    (folder / "train_sft.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder / "train_sft.jsonl"


def test_good_rows(tmp_path: Path) -> None:
    check_rows(_file(tmp_path, *GOOD), KNOWN, SPECIAL)


@pytest.mark.parametrize("case", BAD)
def test_bad_rows_by_their_number(tmp_path: Path, case: str) -> None:
    with pytest.raises(BadInput, match=r"train_sft\.jsonl: row 3 "):
        check_rows(_file(tmp_path, GOOD[0], GOOD[1], BAD[case]), KNOWN, SPECIAL)


def test_a_row_that_is_none(tmp_path: Path) -> None:
    path = _file(tmp_path, row())
    first = path.read_bytes()
    twice = b'{"images": ["/etc/passwd"], ' + first[1:]
    for text in (b'{"messages": [', b"[" * 100_000, b"\xff", b"", twice, first[:-1] + first):
        path.write_bytes(first + text + b"\n")
        with pytest.raises(BadInput, match="row 2 is no row"):
            check_rows(path, KNOWN, SPECIAL)


def test_no_rows_at_all(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is not there"):
        check_rows(tmp_path / "train_sft.jsonl", KNOWN, SPECIAL)


@pytest.mark.engine
def test_special_tokens_are_the_models(tiny: Path, tmp_path: Path) -> None:
    assert {"<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|image_pad|>"} <= set(special_tokens(tiny))
    assert special_tokens(tmp_path) == ()
    (tmp_path / "tokenizer.json").write_text('{"added_tokens": [3, {"special": true}]}')
    assert special_tokens(tmp_path) == ()
