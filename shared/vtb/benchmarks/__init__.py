"""Published benchmarks: how their files are read, asked, scored and summed up."""
