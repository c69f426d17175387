"""Questions about how things move in space, as the DSR Suite (arXiv 2512.20557) asks them of what is known of a video."""
