"""Prepare what a data set needs beside its own files: `python -m gradunc.tools.prepare --help`."""

from collections.abc import Callable, Sequence
from dataclasses import fields

from gradunc.commands.run_command import run
from gradunc.config.dashes import assignments
from gradunc.errors import InputError, unknown
from gradunc.tools.kitti_splits import SplitsConfig, kitti_splits

PREPARATIONS: dict[str, tuple[Callable[[Sequence[str]], int], type]] = {"kitti-splits": (kitti_splits, SplitsConfig)}
"""Name -> what runs it, and its options."""


def main(arguments: Sequence[str]) -> int:
    """Run one preparation; returns the exit code.

    Raises:
        InputError: an unknown one, wrong options, or what the preparation raises.
    """
    arguments = assignments(arguments, ("--help", "-h"))
    names = [argument for argument in arguments if not argument.startswith("-") and "=" not in argument]
    if {"--help", "-h"} & set(arguments):
        print(_help())
        return 0
    if not names:
        raise InputError(f"say what to prepare: {', '.join(PREPARATIONS)}; see --help")
    if names[0] not in PREPARATIONS:
        raise unknown("preparation", names[0], PREPARATIONS)
    prepare, _ = PREPARATIONS[names[0]]
    rest = list(arguments)
    rest.remove(names[0])
    return prepare(rest)


def _help() -> str:
    lines = ["usage: python -m gradunc.tools.prepare NAME [key=value ...] [--help]"]
    for name, (function, options) in PREPARATIONS.items():
        lines += ["", f"{name}: {(function.__doc__ or '').splitlines()[0]}"]
        lines += [f"    {field.name} (= {field.default})  {field.metadata['help']}" for field in fields(options)]
    return "\n".join(lines)


if __name__ == "__main__":
    run(main)
