"""What the fixtures of a store give a test.

Not in conftest.py: several folders have one, and ``import conftest`` finds that which pytest has read last.
"""

from __future__ import annotations

from dataclasses import dataclass

from faulty_proxy import FaultyProxy
from s3_server import S3Server


@dataclass
class Bucket:
    """A fresh bucket: the environment of its clients, its URI, and the server it is on."""

    env: dict[str, str]
    uri: str
    name: str
    server: S3Server


@dataclass
class FaultyBucket(Bucket):
    """A fresh bucket behind a proxy."""

    proxy: FaultyProxy
