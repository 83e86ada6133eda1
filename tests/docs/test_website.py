"""`make docs` builds, and its pages can be read on a wide screen and on a phone."""

from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import pytest

from tests.docs.website import CHROMIUM, build, measure

WIDTHS = (390, 1400)
"""A phone and a desktop [px]."""
CLICKS = 2


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    built = build(folder)
    assert built.returncode == 0, built.stderr + built.stdout
    return folder


@pytest.fixture(scope="module")
def seen(site: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    if CHROMIUM is None:
        pytest.skip("no chromium here: apt-get install chromium")
    return measure(site, WIDTHS, tmp_path_factory.mktemp("profile"))


@pytest.mark.slow
def test_it_needs_no_other_address(site: Path):
    """No page loads fonts, scripts or pictures from elsewhere: the site works from a folder without a network."""
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        for mark in ('src="http', "src='http", 'rel="stylesheet" href="http', 'rel="preconnect"'):
            assert mark not in text, f"{page.name} loads {mark}"


@pytest.mark.slow
def test_the_api_has_every_public_name(site: Path):
    import gradunc

    text = (site / "api" / "gradunc.html").read_text(encoding="utf-8")
    assert not [name for name in gradunc.__all__ if f'id="gradunc.{name}"' not in text]


@pytest.mark.slow
def test_nothing_is_wider_than_the_screen(seen: list[dict[str, Any]]):
    assert not [(one["page"], one["width"], one["content"]) for one in seen if one["content"] > one["room"]]
    assert {one["width"] for one in seen} == set(WIDTHS)


@pytest.mark.slow
def test_tables_and_lists_are_drawn_as_such(seen: list[dict[str, Any]]):
    assert not [(one["page"], one["raw"]) for one in seen if one["raw"]]


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_is_two_clicks_away(seen: list[dict[str, Any]], width: int):
    """By links that can be seen at this width, from the first page."""
    links = {one["page"]: {urlparse(link).path for link in one["links"]} for one in seen if one["width"] == width}
    reached = {"/index.html"}
    for _ in range(CLICKS):
        reached |= {link for page in reached for link in links[page] & set(links)}
    assert set(links) <= reached


@pytest.mark.slow
def test_a_page_that_is_too_wide_or_not_drawn_is_found(tmp_path: Path):
    if CHROMIUM is None:
        pytest.skip("no chromium here: apt-get install chromium")
    wide = '<div style="width:500px">wide</div><p>A list:\n* that is none</p><a href="there.html" hidden>there</a>'
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text(f"<!doctype html><body><article>{wide}</article></body>")
    phone, desktop = measure(tmp_path / "site", WIDTHS, tmp_path / "profile")
    assert phone["content"] > phone["room"]
    assert desktop["content"] <= desktop["room"]
    assert phone["raw"]
    assert not phone["links"]
