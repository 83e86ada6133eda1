"""A configuration as YAML and as plain values."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import yaml

from gradunc.config.scalars import Scalar, free


def as_yaml(config: Any, groups: Iterable[str] = ()) -> str:
    """The resolved configuration as YAML, from which `load` makes the same one.

    Args:
        config: a dataclass.
        groups: none of which is to be loaded below it.
    """
    header = _written({"defaults": dict.fromkeys(groups)}) if groups else ""
    return header + _written(as_dict(config))


def as_dict(config: Any) -> dict[str, Any]:
    """The resolved configuration as plain values."""
    return asdict(config)


class _Dumper(yaml.SafeDumper):
    """Puts text in quotes that would be read as something else."""

    def ignore_aliases(self, data: Any) -> bool:
        """Lists that two sections share are written twice."""
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    if not text.isprintable():  # breaks of lines, too: only double quotes keep every one of them
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
    style = None if free(Scalar(text)) == text else "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def _written(content: dict[str, Any]) -> str:
    return yaml.dump(
        content, Dumper=_Dumper, default_flow_style=False, allow_unicode=True, sort_keys=False, width=1_000_000
    )
