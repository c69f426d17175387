"""What a completion is worth in reinforcement learning: one reward, one file; the same for every engine."""
