"""What puzzles and published benchmarks have in common: an example, asking about it, scoring answers to it."""
