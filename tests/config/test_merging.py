"""Merging is that of plain dicts, whatever the text in them looks like: a second implementation says so."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gradunc.config.merging import merged

TEXT = st.text() | st.text("\\${}a:.[]',") | st.just("???")
LEAVES = TEXT | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.booleans() | st.none()
KEYS = st.text(min_size=1)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)
PARTS = st.dictionaries(KEYS, VALUES, max_size=3)


def by_hand(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    result = dict(below)
    for name, value in above.items():
        own = result.get(name)
        result[name] = by_hand(own, value) if isinstance(own, dict) and isinstance(value, dict) else value
    return result


@given(PARTS, PARTS)
def test_two_parts(below: dict[str, Any], above: dict[str, Any]) -> None:
    assert merged(below, above) == by_hand(below, above)


def test_what_looks_like_an_interpolation_is_text() -> None:
    texts = ["${seed}", "\\${x}", "${", "${oc.env:HOME}", "\\\\${a", "???"]
    assert merged({"a": texts}, {"b": {"c": texts}}) == {"a": texts, "b": {"c": texts}}
