"""ARC tasks: one file per family."""
