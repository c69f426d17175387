"""What files of videos are called; what they hold is told by what reads them."""

from __future__ import annotations

VIDEOS = (".mp4", ".mkv", ".webm", ".avi", ".mov", ".m4v")
