"""Models that are asked elsewhere: any server that speaks OpenAI's chat completions."""
