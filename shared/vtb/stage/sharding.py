"""Who does which shard, and how many processes a machine should start."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path

from vtb.errors import UsageProblem

log = logging.getLogger("vtb.sharded")
PER_CPU = 4
MOST_PARTS = 1_000_000


@dataclass(frozen=True)
class ShardRange:
    """One of ``count`` equal parts of a run; ``index`` counts from 0 and comes from the Indexed Job by default."""

    count: int = 1
    index: int = 0

    def __post_init__(self) -> None:
        """Refuse an index outside the count."""
        if not 0 <= self.index < self.count:
            raise UsageProblem(
                f"--shard-index {self.index} is outside 0..{self.count - 1}: "
                "give --num-shards the number of indices of the job"
            )

    def of(self, total: int) -> range:
        """This part of ``range(total)``: contiguous, and the parts cover the whole without overlap."""
        return range(total * self.index // self.count, total * (self.index + 1) // self.count)

    @property
    def whole(self) -> bool:
        """Whether this process is the only one that works on the output."""
        return self.count == 1


def in_parts(total: int, most: int) -> list[range]:
    """The numbers below a total in parts of so many, the last one with what is left.

    Raises:
        UsageProblem: there would be more parts than a store can list.
    """
    if total > MOST_PARTS * most:
        raise UsageProblem(
            f"{total} are more than {MOST_PARTS:,} shards of {most}: take fewer, or put more into a shard"
        )
    return [range(start, min(start + most, total)) for start in range(0, total, most)]


def useful(workers: int) -> int:
    """So many processes, but no more than this machine can make use of: hundreds only fill its memory."""
    most = PER_CPU * cpus()
    if workers > most:
        log.warning("--workers %d: this machine has %d CPU(s), so %d processes will do", workers, cpus(), most)
    return min(workers, most)


def cpus() -> int:
    """The number of CPUs this process may really use: affinity and the container's quota, not the host's count."""
    try:
        allowed = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS
        allowed = os.cpu_count() or 1
    return max(1, min(allowed, _cgroup_quota() or allowed))


def _cgroup_quota() -> int | None:
    """The CPU quota of cgroup v2 or v1 rounded down, or None where there is none."""
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()[:2]
    except OSError:
        try:
            quota = Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us").read_text().strip()
            period = Path("/sys/fs/cgroup/cpu/cpu.cfs_period_us").read_text().strip()
        except OSError:
            return None
    if quota in ("max", "-1"):
        return None
    return max(1, int(quota) // int(period))
