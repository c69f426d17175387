"""VideoThinkBench ("Thinking with Video", arXiv 2511.04570): its own puzzles, and those of the VLMPuzzle tools.

Their records hold less than ours (no walls of a hexagon maze, no parts of a visual puzzle), so they are judged with
what their pictures show. ``records`` makes an example of such a record, ``tasks`` says who judges it.
"""

NAME = "videothinkbench"  # the source of its examples
