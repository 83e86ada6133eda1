"""The configuration: a typed schema, YAML groups, and the command line over them."""

from gradunc.config.command_line import CommandLine, parse
from gradunc.config.help import help_text
from gradunc.config.loading import as_yaml, load
from gradunc.config.train import TrainConfig

__all__ = ["CommandLine", "TrainConfig", "as_yaml", "help_text", "load", "parse"]
