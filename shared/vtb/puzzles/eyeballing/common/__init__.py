"""What the eyeballing families share: figures, candidates, drawing, judging.

Specification: VideoThinkBench (arXiv 2511.04570), eyeballing puzzles. Points are complex numbers while a puzzle is
made, and ``[x, y]`` in its record; y grows downwards, as in pictures.
"""
