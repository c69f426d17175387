"""4D-Bench's captions: what an object looks like and does, in a sentence (Zhu et al. 2025, arXiv 2503.17827)."""

NAME = "4d-bench-captions"  # the source of its examples
TASK = "captioning"
OBJECTS = 580
