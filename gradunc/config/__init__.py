"""The configuration: a typed schema, YAML groups, and the command line over them."""

from gradunc.config.command_line import CommandLine, parse
from gradunc.config.help import help_text
from gradunc.config.loading import load
from gradunc.config.train import TrainConfig
from gradunc.config.writing import as_yaml

__all__ = ["CommandLine", "TrainConfig", "as_yaml", "help_text", "load", "parse"]
