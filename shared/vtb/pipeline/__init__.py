"""Pipeline files: a list of steps, each a stage with its options and the steps it reads from.

::

    name: demo
    steps:
      - name: mazes
        stage: gen-maze
        options: {size: [7, 9], count: 100}
      - name: curated
        stage: curate
        inputs: [mazes]
      - name: adapter
        stage: train-vlm sft
        inputs: {input: s3://bucket/data/set, model: tiny}
        options: {engine-args: [--warmup_ratio, 0.05]}

An input is an earlier step, or an artifact elsewhere: a URI with its scheme, or an absolute path. ``engine-args`` is
what would stand after ``--``. ``num-shards`` says into how many parts a cluster may split a step; elsewhere one
process does them all. The same file runs on every launcher; each step writes to ``<store>/<step name>``.
"""
