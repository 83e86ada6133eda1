"""The value of `key=value` on the command line."""

from dataclasses import is_dataclass
from typing import Any, get_origin

import yaml

from gradunc.config.fields import members_of
from gradunc.config.scalars import Scalar
from gradunc.config.tree import Tree, tree_of
from gradunc.errors import InputError, shown

HOME = "~"


def argument(key: str, text: str, kind: Any) -> Tree:
    """What was typed behind `=`: as it is, without quotes around the whole of it, or as a list or mapping.

    Args:
        key: of the option, for messages.
        text: as typed.
        kind: type of the option. Brackets open a list, and braces a mapping, only where it can be one.

    Raises:
        InputError: brackets that are never closed, or something else that is no YAML.

    >>> argument("k", "[a, 012]", list[str]), argument("k", "[a", str), argument("k", "F3 #2", str)
    (['a', '012'], '[a', 'F3 #2')
    """
    if not _is_structure(text.lstrip()[:1], kind):
        return _unquoted(text)
    try:
        return tree_of(text)
    except yaml.YAMLError as error:
        problem = getattr(error, "problem", None) or str(error)
        raise InputError(
            f"{shown(f'{key}={text}')} is no YAML: {problem}; put text that holds its signs in quotes"
        ) from error
    except InputError as error:
        raise InputError(f"{shown(f'{key}={text}')}: {error}") from None


def _is_structure(begin: str, kind: Any) -> bool:
    for member in members_of(kind):
        if begin == "[" and (member is Any or get_origin(member) is list):
            return True
        if begin == "{" and (member is Any or get_origin(member) is dict or is_dataclass(member)):
            return True
    return False


def _unquoted(text: str) -> Scalar | None:
    """Text without the quotes around the whole of it; nothing for no text.

    `~` is the home folder here, although files read it as nothing.
    """
    if not text:
        return None
    if text[0] in "'\"" and text[-1] == text[0] and len(text) > 1:
        try:
            content = tree_of(text)
        except (yaml.YAMLError, InputError):
            content = None
        if isinstance(content, Scalar):
            return content
    return Scalar(text, quoted=text == HOME)
