"""Scores that rank pixels the wrong way round.

Spreads of disparity are left out by the caller: they are large where things are near, and errors of depth are not.
"""

from collections.abc import Mapping

from gradunc.results.result import Row

CLEAR = -0.1
"""A correlation above this is near enough to none."""


def backwards(rows: Mapping[str, Row]) -> tuple[str, ...]:
    """A line for each method whose rank correlation with the error lies clearly below 0, with all of its interval.

    What networks call a confidence is an error in some, and an error a confidence in others.

    Args:
        rows: method -> row with `spearman_abs_rel` and the upper end of its interval, where there is one.

    >>> backwards({"mine": {"spearman_abs_rel": -0.4, "spearman_abs_rel_high": -0.3}})[0]
    'mine ranks the pixels the wrong way round (Spearman -0.40 with abs_rel, at most -0.30): high must be worse'
    """
    found = []
    for name, row in rows.items():
        mean, highest = row.get("spearman_abs_rel"), row.get("spearman_abs_rel_high")
        if isinstance(mean, float) and isinstance(highest, float) and mean < CLEAR and highest < 0:
            found.append(
                f"{name} ranks the pixels the wrong way round (Spearman {mean:.2f} with abs_rel, at most {highest:.2f})"
                ": high must be worse"
            )
    return tuple(found)
