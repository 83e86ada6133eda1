"""The tables of options in docs/data: every option of a data set is there, under its name and with its default."""

import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from gradunc.data.settings import DataSettings
from tests.docs.pages import ROOT

SETS = {name: kind for name, kind in get_type_hints(DataSettings).items() if is_dataclass(kind)}
PAGES = {name: ROOT / "docs" / "data" / f"{name}.md" for name in SETS}
TABLED = [name for name, page in PAGES.items() if page.exists()]


def rows(page: Path, section: str) -> dict[str, str]:
    """Option -> its default, as a table says it; a row may hold several of both."""
    text = page.read_text(encoding="utf-8").partition(f"## Options of `data.{section}`")[2].partition("\n\n")[0]
    found: dict[str, str] = {}
    for line in text.splitlines():
        if line.startswith("| `"):
            names, default = line.split("|")[1:3]
            names = re.findall(r"`(\w+)`", names)
            defaults = [one.strip(" `") for one in default.split(",")] if len(names) > 1 else [default.strip(" `")]
            found |= dict(zip(names, defaults * (len(names) if len(defaults) == 1 else 1), strict=True))
    return found


def written(value: Any) -> str:
    """A default as the tables write it.

    >>> written(["l"]), written(1000.0), written(True), written(None)
    ('[l]', '1000', 'true', 'none')
    """
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{','.join(map(str, value))}]"
    return f"{value:g}" if isinstance(value, float) else str(value)


@pytest.mark.parametrize("name", TABLED)
def test_every_option_is_in_the_table(name: str):
    assert set(rows(PAGES[name], name)) == {one.name for one in fields(SETS[name])}


@pytest.mark.parametrize("name", TABLED)
def test_defaults_are_those_of_the_code(name: str):
    """Words stand where nothing is the default and something else is taken for it."""
    table, settings = rows(PAGES[name], name), SETS[name]()
    wrong = {}
    for option, default in table.items():
        value = getattr(settings, option)
        in_words = value is None and not re.fullmatch(r"[\d.]+|true|false", default)
        if not in_words and default.removesuffix(" m") != written(value):
            wrong[option] = (default, written(value))
    assert not wrong


def test_the_tables_are_found():
    assert {"folder", "video", "kitti", "stereo"} <= set(TABLED)
