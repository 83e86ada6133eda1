"""The pages of the documentation, and what a test reads of them: fences, links, headings, inline code."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]

_FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True)
class Fence:
    """A block of code of a page."""

    page: Path
    line: int
    """Of the opening marks, counted from 1."""
    language: str
    code: str

    def __str__(self) -> str:
        return f"{name_of(self.page)}:{self.line}"


def name_of(page: Path) -> str:
    """A page as it is named from the top of the repository."""
    return page.relative_to(ROOT).as_posix()


def fences(page: Path, language: str | None = None) -> list[Fence]:
    """The fences of a page in order, or those of one language."""
    text = page.read_text(encoding="utf-8")
    found = [Fence(page, text[: one.start()].count("\n") + 1, one[1], one[2]) for one in _FENCE.finditer(text)]
    return [one for one in found if language is None or one.language == language]


def prose(page: Path) -> str:
    """A page without its fences."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def links(page: Path) -> list[str]:
    """What the links and pictures of a page point to."""
    return _LINK.findall(_CODE.sub("", prose(page)))


def inline_code(page: Path) -> list[str]:
    """What stands between single backticks."""
    return _CODE.findall(prose(page))


def anchors(page: Path) -> set[str]:
    """The names by which headings of a page can be linked to, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in plain}
