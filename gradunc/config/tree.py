"""YAML as a tree whose scalars keep the text that was written: what it means, the schema decides (`typed`)."""

from pathlib import Path
from typing import Any

import yaml

from gradunc.config.scalars import Scalar, free
from gradunc.errors import InputError, shown
from gradunc.files import check_regular

LARGEST_FILE = 256 * 1024
"""Bytes of a configuration file."""
DEEPEST = 50
"""Brackets within one another."""
MOST_NODES = 10_000
"""Values of a file, those of an alias counted wherever it stands."""

Tree = Any
"""None (an empty place), a `Scalar`, a list of trees, or a dict of text and trees."""

STANDARD = "tag:yaml.org,2002:"
COLLECTIONS = (f"{STANDARD}seq", f"{STANDARD}map")
MERGE = f"{STANDARD}merge"
SCALARS = {f"{STANDARD}{name}" for name in ("str", "int", "float", "bool", "null", "timestamp", "value", "merge")}


def read_yaml(path: Path) -> dict[str, Tree]:
    """Keys and values of a file.

    Raises:
        InputError: no regular file, too large, no YAML, or something else than keys and values.
    """
    check_regular(path, "configuration file", LARGEST_FILE)
    try:
        content = tree_of(path.read_text(encoding="utf-8-sig"))
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is no YAML: {' '.join(str(error).split())[:300]}") from error
    except OSError as error:
        raise InputError(f"configuration file '{path}' cannot be read: {error.strerror or error}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        kind = type(free(content) if isinstance(content, Scalar) else content).__name__
        raise InputError(f"{path} must hold keys and values, but holds a {kind}")
    return content


def tree_of(text: str) -> Tree:
    """The tree of a YAML document.

    Raises:
        yaml.YAMLError: it is none.
        InputError: too deep, too many values, an alias within itself, a key twice, or a tag of another program.

    >>> tree_of("a: [012, no, '1']")
    {'a': ['012', 'no', '1']}
    """
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
    except InputError:
        raise
    except (ValueError, OverflowError) as error:  # a \U beyond Unicode, a directive of thousands of digits
        raise yaml.YAMLError(f"a number in it is too large: {error}") from error
    finally:
        loader.dispose()
    return None if node is None else _Expansion().tree(node)


class _Loader(yaml.SafeLoader):
    """Stops where a document is deeper or larger than a configuration can be."""

    depth = 0
    nodes = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self.depth, self.nodes = self.depth + 1, self.nodes + 1
        if self.depth > DEEPEST:
            raise InputError(f"it has more than {DEEPEST} brackets or levels within one another; remove some")
        if self.nodes > MOST_NODES:
            raise _too_many()
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


class _Expansion:
    """From nodes to a tree; an alias is a node that stands in several places."""

    def __init__(self) -> None:
        self._open: set[int] = set()
        self._nodes = 0

    def tree(self, node: yaml.Node) -> Tree:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise _too_many()
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        if node.tag not in COLLECTIONS:
            raise _foreign(node)
        if id(node) in self._open:
            raise InputError(f"the alias in line {node.start_mark.line + 1} stands within itself; remove it")
        self._open.add(id(node))
        is_list = isinstance(node, yaml.SequenceNode)
        content = [self.tree(one) for one in node.value] if is_list else self._mapping(node)
        self._open.discard(id(node))
        return content

    def _mapping(self, node: yaml.Node) -> dict[str, Tree]:
        own: dict[str, Tree] = {}
        merged: dict[str, Tree] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if key_node.tag == MERGE:
                merged |= self._merged(value_node, line)
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                raise InputError(f"the key in line {line} is no text; write it without brackets")
            key = str(_scalar(key_node) or "")
            if key in own:
                raise InputError(f"the key '{shown(key, 60)}' in line {line} stands there a second time; keep one")
            own[key] = self.tree(value_node)
        return merged | own

    def _merged(self, node: yaml.Node, line: int) -> dict[str, Tree]:
        """What `<<: *alias` or `<<: [*first, *second]` brings along; the first of several wins."""
        content = self.tree(node)
        sources = content if isinstance(content, list) else [content]
        if not all(isinstance(source, dict) for source in sources):
            raise InputError(f"'<<' in line {line} must name keys and values")
        return {key: value for source in reversed(sources) for key, value in source.items()}


def _scalar(node: yaml.ScalarNode) -> Scalar | None:
    if node.tag not in SCALARS:
        raise _foreign(node)
    return None if node.style is None and not node.value else Scalar(node.value, node.style is not None)


def _foreign(node: yaml.Node) -> InputError:
    line, tag = node.start_mark.line + 1, shown(node.tag, 60)
    return InputError(f"'{tag}' in line {line} means nothing here; put a text that begins with ! in quotes")


def _too_many() -> InputError:
    return InputError(f"it has more than {MOST_NODES} values, those of aliases counted; make it smaller")
