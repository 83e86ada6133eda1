"""What mkdocs does not do by itself: pages of the repository that lie outside docs/."""

import re
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = {"CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
"""Pages of the repository -> their names in the website."""


def on_files(files: Files, config: Any) -> Files:
    """Add the pages of the repository that lie outside docs/."""
    for source, page in OUTSIDE.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        inside = text.replace("](docs/", "](").replace("](README.md", "](index.md")
        files.append(File.generated(config, page, content=inside))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Let links to these pages point to their copies in the website."""
    up = "../" * (len(PurePosixPath(page.file.src_uri).parts) - 1)
    for source, name in OUTSIDE.items():
        markdown = re.sub(rf"\]\((\.\./)+{re.escape(source)}", f"]({up}{name}", markdown)
    return markdown
