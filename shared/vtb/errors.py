"""The errors a user can meet, each with the exit code that scripts and Kubernetes policies rely on.

Raise one of these for anything the user can fix; the command line prints it as one line and exits with its code.
Anything else that escapes is a bug in vtb-train.
"""

from __future__ import annotations

from typing import ClassVar


class VtbError(Exception):
    """One line for the user: what is wrong, where, and what to do about it."""

    exit_code: ClassVar[int] = 1


def in_words(error: Exception) -> str:
    """What an error of Python's own says, for a message; a missing key's says nothing but the key."""
    return f"it has no {error.args[0]!r}" if isinstance(error, KeyError) else str(error) or type(error).__name__


class UsageProblem(VtbError):
    """The command line, an environment variable or a config file asks for something that cannot be."""

    exit_code = 2


class BadInput(VtbError):
    """An input is not what the stage reads, or an output holds something else."""

    exit_code = 3


class NotAvailable(VtbError):
    """Something needed is missing: a GPU, a model, credentials, a bucket, a package, disk space."""

    exit_code = 4


class QualityGate(VtbError):
    """The data was read and found too bad to go on with."""

    exit_code = 5


class TryAgain(VtbError):
    """Trouble that may pass: the store or the network failed, or the run was preempted and can continue."""

    exit_code = 75
