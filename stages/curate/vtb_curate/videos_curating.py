"""From captions and video files to the rows of a ``videos`` artifact."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial

import click

from vtb.artifact import InputEntry
from vtb.artifact.output import Output, file_sha256
from vtb.stage.executor import finish, make_missing, wait_note
from vtb.stage.run import Run
from vtb.store import open_store
from vtb_curate.videos_ask import Asker, AskWork, plan_asking
from vtb_curate.videos_budget import Budget, check_budget
from vtb_curate.videos_estimate import estimate, to_ask
from vtb_curate.videos_look import Bounds, Looked, look, look_at_shard, plan_looks, read_looked
from vtb_curate.videos_options import Options
from vtb_curate.videos_prompt import Prompt, own_prompt, read_prompt
from vtb_curate.videos_rows import Row, find_files, rows_of_captions, rows_of_folder
from vtb_curate.videos_whole import check_kept, describe_whole

log = logging.getLogger("vtb.curate")


def make_videos(run: Run, options: Options) -> None:
    """Make what is missing of the artifact, or say what would be asked."""
    rows, entries = read_inputs(options)
    prompt = own_prompt(options.by_frames) if options.prompt is None else read_prompt(options.prompt, options.by_frames)
    check_budget(options.max_requests, len(to_ask(rows, options)), options.videos_per_shard, options.reasks)
    plan = run.plan(options, entries)
    if run.dry_run:
        run.say_plan(plan, f"{len(rows)} videos, each kept, left out or in quarantine")
        click.echo(estimate(rows, prompt, options))
        return
    output = run.begin(plan)
    if output is not None:
        with run.withdrawing(output):
            curate(run, output, rows, prompt, options)


def read_inputs(options: Options) -> tuple[list[Row], list[InputEntry]]:
    """The videos, and what they were read from; of video files names and sizes count, since hashing takes hours."""
    folder = None if options.videos is None else find_files(options.videos)
    named = [("captions", options.captions), ("prompt", options.prompt)]
    entries = [
        InputEntry(open_store(str(path)).uri, kind, file_sha256(path)) for kind, path in named if path is not None
    ]
    if folder is not None:
        entries.append(InputEntry(open_store(str(options.videos)).uri, "video-files", folder.digest))
    if options.captions is not None:
        return rows_of_captions(options.captions, folder), entries
    return ([] if folder is None else rows_of_folder(folder)), entries


def curate(run: Run, output: Output, rows: Sequence[Row], prompt: Prompt, options: Options) -> None:
    """Look, ask, write; a rerun repeats only what is missing."""
    looking = [] if options.videos is None else plan_looks(rows, options)
    asking, budget = plan_asking(rows, options.videos_per_shard), Budget(options.max_requests)
    if looking:
        make_missing(output, looking, look_at_shard, part=run.part, workers=run.workers, what="looked at")
    looked = _looked_from(output, [task.path for task in looking], Bounds.of(options))
    make = make_asker(run, options, prompt, budget, looked)
    whole = make_missing(output, asking, make, part=run.part, workers=1, what="judged")
    if not whole:
        log.info(wait_note(output, asking))
        return
    check_kept(output, asking)
    extra = output.read_shards([task.path for task in looking])
    manifest = finish(output, asking, partial(describe_whole, output, options, extra))
    run.say_done(output, manifest)


def _looked_from(output: Output, paths: Sequence[str], bounds: Bounds) -> Callable[[AskWork], list[Looked]]:
    """What is known of the videos of a shard: what the first step has stored, or without files what the rows say."""

    def looked(work: AskWork) -> list[Looked]:
        if paths:
            return read_looked(output.store.get_bytes(paths[work.number]))
        return [look(row, bounds) for row in work.rows]

    return looked


def make_asker(
    run: Run, options: Options, prompt: Prompt, budget: Budget, looked: Callable[[AskWork], list[Looked]]
) -> Asker:
    """What asks; nothing is sent yet."""
    from vtb.chat.connection import Connection
    from vtb.chat.served import Asking, ServedModel

    connection = Connection(options.endpoint, options.timeout, options.retries, options.concurrency, budget.spend)
    asking = Asking(options.model, options.max_new_tokens, options.temperature, options.concurrency)
    return Asker(ServedModel(connection, asking), budget, looked, prompt, options, run.seed, run.workers)
