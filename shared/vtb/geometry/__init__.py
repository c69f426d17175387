"""A vision-language model that also looks at geometry (DSR Suite, arXiv 2512.20557), and its training."""
