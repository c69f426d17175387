"""Questions about how things move in space, as the DSR Suite (arXiv 2512.20557) asks them, from what a video holds."""
