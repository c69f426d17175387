"""VSP: planning a way over frozen lakes, from a picture of the map (Wu et al. 2024, arXiv 2407.01863)."""

NAME = "vsp"  # the source of its examples
SIZES = (3, 4, 5, 6)  # of the test set that Mirage and ILVR use, a hundred maps each
KNOWN = range(3, 13)  # sizes that a map may have
