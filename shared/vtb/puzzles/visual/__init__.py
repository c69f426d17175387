"""Visual puzzles: one file per family."""
