"""Many cases in forked processes with limits: a case that kills its process is a finding, and the next ones go on."""

import faulthandler
import json
import os
import resource
import select
import signal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from tests.attack.case import PATIENCE, Outcome, Try, attempt

MEMORY = 4 << 30
"""Bytes of address space that a process may take beyond what it has when it starts."""

Case = tuple[str, int]
"""Category and seed."""


def attack(
    cases: Sequence[Case], trials: Mapping[str, Try], folder: Path, originals: Path, limit: int = 20
) -> Iterator[Outcome]:
    """Try the cases one after the other, in a process that is forked anew after every case that ends it.

    Args:
        cases: category and seed.
        trials: category -> what is tried.
        folder: for the folders of the cases.
        originals: whole files, which are copied and damaged.
        limit: seconds of the processor that a case may take, `PATIENCE` times as many on the clock.
    """
    left = list(cases)
    while left:
        done = 0
        for outcome in _in_a_process(left, trials, folder, originals, limit):
            done += 1
            yield outcome
        left = left[done:]


def _in_a_process(
    cases: Sequence[Case], trials: Mapping[str, Try], folder: Path, originals: Path, limit: int
) -> Iterator[Outcome]:
    """Outcomes as far as one process comes, the case that ended it included."""
    reading, writing = os.pipe()
    process = os.fork()
    if not process:
        os.close(reading)
        _child(cases, trials, folder, originals, limit, writing)
    os.close(writing)
    done = 0
    with os.fdopen(reading) as outcomes:
        while True:
            ready, _, _ = select.select([outcomes], [], [], 2 * PATIENCE * limit + 20)
            line = outcomes.readline() if ready else ""
            if not line:
                break
            done += 1
            yield Outcome(**json.loads(line))
    if not ready:
        os.kill(process, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    if done < len(cases):
        yield Outcome(*cases[done], "hang" if not ready else "crash", f"exit code {code}")


def _child(
    cases: Sequence[Case], trials: Mapping[str, Try], folder: Path, originals: Path, limit: int, writing: int
) -> None:
    """Work in the forked process, which never returns."""
    try:
        _confine()
        # One line at a time, unbuffered: the parent counts what came through before a crash.
        for category, seed in cases:
            outcome = attempt(category, trials[category], seed, folder, originals, limit)
            os.write(writing, (json.dumps(asdict(outcome)) + "\n").encode())
        os._exit(0)
    finally:
        os._exit(70)


def _confine() -> None:
    faulthandler.disable()  # a crash is reported as a finding, not on pytest's stderr
    silent = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(silent, stream)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    statm = Path("/proc/self/statm")
    if statm.exists():
        now = int(statm.read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (now + MEMORY, now + MEMORY))
