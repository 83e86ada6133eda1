"""Failures of the machine, which are neither bad input nor a bug: told in one line."""

import errno
import re

FAILED = 1
"""The exit code."""

_OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)
"""Full, quota used up, file too large for the system, read-only, broken."""

_OF_PROCESSES = (
    (
        re.compile(
            r"DataLoader worker \(pid(?:\(s\))? [\d, ]+\) (?:is killed by signal: [^.]*|exited unexpectedly[^.]*)"
        ),
        "a loading process was lost: {}; the system may have had no memory left: lower data.workers or data.batch_size",
    ),
    (
        re.compile(r"(?i)connection (?:closed by peer|reset by peer|was likely closed)|socket closed"),
        "another process of this run was lost ({}); its own message, if it had the time for one, says why",
    ),
    (
        re.compile(r"(?:CUDA out of memory|MPS backend out of memory|DefaultCPUAllocator: [^:]*)[^.:]*"),
        "no memory left: {}; lower data.batch_size, model.size or, of an estimator, chunk",
    ),
)
"""What PyTorch's `RuntimeError` says, and what that means to a user. There is no type for these errors."""


def failure(error: Exception) -> str | None:
    """The line for an error that only the machine is to blame for, None for any other.

    >>> failure(RuntimeError("DataLoader worker (pid 7) is killed by signal: Killed. ")).partition(";")[0]
    'a loading process was lost: DataLoader worker (pid 7) is killed by signal: Killed'
    >>> failure(OSError(errno.ENOSPC, "No space left on device", "a.csv"))
    "cannot write 'a.csv': No space left on device"
    >>> failure(RuntimeError("shapes do not match"))
    """
    if isinstance(error, OSError):
        name = f" '{error.filename}'" if error.filename else ""
        return f"cannot write{name}: {error.strerror}" if error.errno in _OF_THE_DISK else None
    for pattern, line in _OF_PROCESSES:
        if found := pattern.search(str(error)):
            return line.format(found.group().strip())
    return None
