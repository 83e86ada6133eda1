"""The licence of a network's weights, as its model card says it."""

import re
from pathlib import Path

from gradunc.errors import InputError
from gradunc.text_files import read_text

CARD = "README.md"
LARGEST_CARD = 2**20
"""Bytes of a card that is read."""
HEAD = re.compile(r"\A---\s*\n(.*?)\n---\s*$", re.DOTALL | re.MULTILINE)
"""The YAML in front of a card's text; two of its lines are looked for, and nothing else of it is understood."""
FIELD = r"^{}:[ \t]*[\"']?([\w.+-]{{1,80}})[\"']?[ \t]*$"


def licence_of(folder: Path) -> str | None:
    """The short name of the licence; None if there is no card, or none that says it.

    Of "other" licences it is their own name. Those that forbid commercial use are called so.
    """
    if not (folder / CARD).is_file():
        return None
    try:
        head = HEAD.search(read_text(folder / CARD, "model card", LARGEST_CARD))
    except InputError:
        return None
    fields = {} if head is None else {one: _field(head[1], one) for one in ("license", "license_name")}
    found = fields.get("license")
    if found == "other":
        found = fields["license_name"] or found
    return f"{found}, non-commercial" if found and re.search(r"-nc\b", found) else found


def _field(head: str, name: str) -> str | None:
    found = re.search(FIELD.format(name), head, re.MULTILINE)
    return None if found is None else found[1]
