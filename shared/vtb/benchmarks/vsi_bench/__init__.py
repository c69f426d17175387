"""VSI-Bench: questions about space in videos of rooms (Yang et al. 2024, "Thinking in Space", arXiv 2412.14171)."""

NAME = "vsi-bench"  # the source of its examples
