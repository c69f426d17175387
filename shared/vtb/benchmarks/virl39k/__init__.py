"""ViRL39K: 38,870 questions about pictures with answers that can be checked (TIGER-Lab/ViRL39K)."""

NAME = "virl39k"  # the source of its examples
EVERY = 38_870  # rows as published
