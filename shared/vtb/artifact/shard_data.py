"""Reading a data shard that a manifest vouches for: all of it, or an error."""

from __future__ import annotations

import hashlib

from vtb.artifact.manifest import ShardEntry
from vtb.errors import BadInput
from vtb.formats.shared_frames import unfold
from vtb.formats.webdataset import DamagedTar, Sample, read_tar
from vtb.store import ObjectTooLarge, open_store


def read_samples(uri: str, shard: ShardEntry, advice: str) -> list[Sample]:
    """The samples of a WebDataset shard.

    Args:
        uri: the artifact.
        shard: its entry in the manifest.
        advice: what to do when it is damaged.

    Raises:
        BadInput: the content is not what the manifest says.
    """
    try:
        data = open_store(uri).get_bytes(shard.path, shard.bytes)
        if hashlib.sha256(data).hexdigest() != shard.sha256:
            raise DamagedTar("its content is not what the manifest says")
        samples = list(unfold(read_tar(data)))
        if len(samples) != shard.rows:
            raise DamagedTar(f"it holds {len(samples)} samples, the manifest says {shard.rows}")
    except (DamagedTar, ObjectTooLarge) as error:
        raise BadInput(f"{uri}/{shard.path}: is damaged ({error}): {advice}") from error
    return samples
