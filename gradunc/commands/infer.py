"""infer.py: what is typed becomes the configuration of a verb, and only then the verb is imported and run."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from gradunc.commands.old_calls import OLD_FLAGS, RENAMED, is_old, wrong_start
from gradunc.commands.run_command import run
from gradunc.commands.verbs import VERBS, command_of, owners, program, verb_of
from gradunc.config import as_yaml, help_text, load, parse
from gradunc.config.command_line import EXPERIMENT
from gradunc.config.dashes import assignments
from gradunc.config.help import first_line
from gradunc.config.tree import read_yaml
from gradunc.errors import InputError
from gradunc.models.adapters.factory_name import factory_name

FLAGS = ("--help", "--print-config")


def main(arguments: Sequence[str]) -> int:
    """Run a verb; returns the exit code: 0, or 1 if images were skipped.

    Raises:
        InputError: no verb, wrong usage, or nothing could be written.
    """
    name, rest = (arguments[0], arguments[1:]) if arguments else ("", ())
    if name not in VERBS:
        if {"-h", "--help"} & set(arguments):
            print(overview())
            return 0
        raise wrong_start(assignments(arguments, (*FLAGS, *OLD_FLAGS, "-h")))
    rest = assignments(rest, (*FLAGS, *OLD_FLAGS, "-h"))
    if any(is_old(argument, name) for argument in rest):
        raise wrong_start(rest)
    verb = verb_of(name)
    line = parse(rest, verb.groups, FLAGS, verb.bare)
    if "--help" in line.flags:
        print(verb_help(name))
        return 0
    _check_owners(name, rest, line.experiments)
    config = load(verb.schema, verb.groups, line)
    _check_code(config, line.overrides)
    if "--print-config" in line.flags:
        print(as_yaml(config, verb.groups), end="")
        return 0
    return command_of(name)(config)


def overview() -> str:
    """The verbs, one line each."""
    lines = [f"usage: {program()} VERB checkpoint=PATH [key=value ...] [--help] [--print-config]", "", "verbs:"]
    lines += [f"  {name:<10} {first_line(verb_of(name).schema)}" for name in VERBS]
    return "\n".join([*lines, "", f"{program()} VERB --help tells the options of a verb, and an example."])


def verb_help(name: str) -> str:
    """Usage, example, groups and every option of a verb."""
    verb = verb_of(name)
    usage = f"{verb.usage} [--help] [--print-config]\nexample: {program()} {name} {verb.example}"
    return help_text(f"{program()} {name}", verb.schema, verb.groups, usage, FLAGS, experiments=False)


def _check_owners(name: str, arguments: Sequence[str], files: Iterable[Path]) -> None:
    """Raise `InputError` for a key of another verb, or of train.py."""
    for argument in arguments:
        key, equals, _ = argument.partition("=")
        if equals and key == EXPERIMENT:
            raise InputError(f"{argument} belongs to train.py; {program()} {name} takes FILE.yaml and key=value")
        if equals and (others := owners(key, name)):
            raise InputError(_elsewhere(key, name, others))
    for path in files:
        for key in read_yaml(path):
            if others := owners(str(key), name):
                raise InputError(f"{path}: {_elsewhere(str(key), name, others)}")


def _check_code(config: object, overrides: Sequence[str]) -> None:
    """Raise `InputError` for a configuration file that asks for code: only who types its name may run it."""
    asked = [getattr(config, "checkpoint", None), *getattr(config, "checkpoints", [])]
    for one in asked:
        if one is not None and factory_name(one) and not any(one in override for override in overrides):
            raise InputError(f"checkpoint: {one} is code, which no configuration file can run; give it as argument")


def _elsewhere(key: str, name: str, others: Sequence[str]) -> str:
    """That a key belongs to other verbs, and what this one calls it."""
    own = RENAMED.get(key)
    known = own is not None and not owners(own, name)
    advice = f"{program()} {name} calls it {own}" if known else "omit it, or choose that verb"
    return f"{key} belongs to {program()} {', '.join(others)}; {advice}"


def console() -> None:
    """Entry point of infer.py and gradunc-infer."""
    run(main)
