"""The prepare stage: from puzzles to what a training engine reads."""
