"""The tokenizer of the tiny models: Qwen's rules and special tokens, with a vocabulary learned from puzzle prompts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

# In the order of Qwen's own vocabulary, after the two tokens that end a turn and pad a batch.
MEDIA_TOKENS = (
    "<|im_start|>",
    "<|object_ref_start|>",
    "<|object_ref_end|>",
    "<|box_start|>",
    "<|box_end|>",
    "<|quad_start|>",
    "<|quad_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
)
_PAD = "<|endoftext|>"
_END = "<|im_end|>"
_TAGS = ("<think>", "</think>")

# Text of the kind that prompts and answers are made of; its words become single tokens. Digits always stand alone.
_SENTENCES = (
    "The picture shows a maze on a grid. Each cell has a number printed in it, the cell ID. Walls are black.",
    "Find a path from the start to the goal. The two red dots mark the start cell and the goal cell.",
    "Find the shortest path that connects the two red dots without crossing a black wall.",
    "Present the path as a list of the cell IDs, for example [1, 4, 3, 2]. Move only between cells that share an edge.",
    "Answer with the list only. Answer directly, do not explain and do not think first.",
    "Think step by step first, then give the final answer inside <answer> and </answer>.",
    "List the cell IDs along the path in order, including the first and the last cell.",
    "You are given a puzzle. Which option is correct? Reply with one letter: A, B, C, D or E. Answer: A. Answer: B.",
    "Which of the candidate points lies on the line, the circle, the triangle or the square? Options: A. B. C. D. E.",
    "Which marked point is the centre, the midpoint, the intersection or the reflection of the given shape?",
    "What is the missing color, size, shape or number of the part marked with a question mark?",
    "red green blue yellow orange purple black white gray pink brown small medium large circle square triangle hexagon",
    "Each row is an input grid and an output grid. Learn the rule and give the output grid of the last row.",
    "How many chairs are there in the room? How far is the table from the sofa in metres? Answer with one number.",
    "These are frames of a video of a room. If I stand by the door facing the window, is the lamp to my left or right?",
    "left right up down front back north south east west top bottom top-left bottom-right clockwise row column",
    "You are a helpful assistant. Draw the image. Solve the puzzle in the image. Solution:",
    "system\nuser\nassistant\nuser\nassistant\n",
    "The path is [12, 13, 14, 25]. (row, column) {x: 10, y: 20} 0.5 1.5 100% = + - * / < > ? ! \" ' ; _ #\n\n",
)

# What the easiest visual puzzles say besides: with words as tokens a prompt is short, and an answer one choice.
_SMALL = (
    "The picture follows a pattern. What is the color of the triangle, disc or bar where the question mark is?",
    "Triangles that lie opposite each other have the same color. Bars of the same height have the same color.",
    "A triangle that is grey without a question mark is hidden. Reply with one of these:",
    "Give the answer directly, with no explanation.\n",
    "blue, green, yellow, red, purple, orange, pink, brown, teal, navy.\n",
    "blue\ngreen\nyellow\nred\npurple\norange\npink\nbrown\nteal\nnavy\n",
)
_SENTENCES_OF = {"tiny": _SENTENCES, "small": _SENTENCES + _SMALL}
_MERGES_WANTED = {"tiny": 550, "small": 800}


def build_tokenizer(family: str, size: str = "tiny") -> Any:
    """Learns the vocabulary and returns a tokenizer with Qwen's special tokens and chat template."""
    from tokenizers import pre_tokenizers
    from transformers import Qwen2Tokenizer

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = _learn_merges(_SENTENCES_OF[size], _MERGES_WANTED[size])
    vocabulary = {token: index for index, token in enumerate([*alphabet, *("".join(pair) for pair in merges)])}
    tokenizer = Qwen2Tokenizer(
        vocab=vocabulary, merges=merges, unk_token=None, bos_token=None, eos_token=_END, pad_token=_PAD
    )
    tokenizer.add_special_tokens({"extra_special_tokens": list(MEDIA_TOKENS)})
    tokenizer.add_tokens(list(_TAGS))
    tokenizer.model_max_length = 8192
    tokenizer.chat_template = chat_template(family)
    return tokenizer


def _learn_merges(sentences: Sequence[str], wanted: int) -> list[tuple[str, str]]:
    """Learns byte pairs by plain counting; the library's trainer leaves the order of equally frequent pairs open."""
    words = _count_words(sentences)
    chunks = {word: tuple(word) for word in words}
    merges: list[tuple[str, str]] = []
    while len(merges) < wanted:
        counts: dict[tuple[str, str], int] = {}
        for word, split in chunks.items():
            for pair in pairwise(split):
                counts[pair] = counts.get(pair, 0) + words[word]
        if not counts:
            break
        best = max(counts, key=lambda pair: (counts[pair], pair))
        merges.append(best)
        chunks = {word: _merge(split, best) for word, split in chunks.items()}
    return merges


def _count_words(sentences: Sequence[str]) -> dict[str, int]:
    from transformers import Qwen2Tokenizer

    # The real tokenizer's own rules cut the text, else pairs would be learned that it can never use.
    cut = Qwen2Tokenizer()._tokenizer.pre_tokenizer
    words: dict[str, int] = {}
    for sentence in sentences:
        for word, _ in cut.pre_tokenize_str(sentence):
            words[word] = words.get(word, 0) + 1
    return words


def _merge(split: tuple[str, ...], pair: tuple[str, str]) -> tuple[str, ...]:
    merged: list[str] = []
    for chunk in split:
        if merged and (merged[-1], chunk) == pair:
            merged[-1] += chunk
        else:
            merged.append(chunk)
    return tuple(merged)


def chat_template(family: str) -> str:
    """Returns the turns as the engine writes them, so that training and generation see the same text."""
    default_system = "" if family == "qwen3_vl" else _DEFAULT_SYSTEM
    return default_system + _TURNS


_DEFAULT_SYSTEM = (
    "{% if messages[0]['role'] != 'system' %}<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n{% endif %}"
)
_TURNS = """\
{%- for message in messages %}
{{- '<|im_start|>' + message['role'] + '\\n' }}
{%- if message['content'] is string %}{{- message['content'] }}
{%- else %}
{%- for part in message['content'] %}
{%- if part['type'] == 'image' %}{{- '<|vision_start|><|image_pad|><|vision_end|>' }}
{%- elif part['type'] == 'video' %}{{- '<|vision_start|><|video_pad|><|vision_end|>' }}
{%- elif part['type'] == 'text' %}{{- part['text'] }}
{%- endif %}
{%- endfor %}
{%- endif %}
{{- '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"""
