"""Sharing out sequences by numbers in [0,1] with a sum of at most 1: whole ones, or parts of one in time."""

import hashlib
from collections.abc import Mapping, Sequence
from itertools import pairwise


def cut(length: int, shares: Sequence[float], gap: int, least: Sequence[int] = ()) -> list[range]:
    """Consecutive parts of one sequence; what the shares leave over stays at its end, unused.

    A part that is too short begins earlier, if those before it are long enough for that. None ends later: what is the
    test without source views stays outside training and validation with them.

    Args:
        length: of the sequence.
        shares: of the parts.
        gap: frames left out in front of each cut.
        least: frames that each part should have if it has a share; default: any number.
    """
    edges = [0, *(round(length * sum(shares[: i + 1])) for i in range(len(shares)))]
    last = max(edges)
    earlier = _earlier(edges, shares, gap, least) if any(least) else edges
    # Before the first frame there are none to begin with.
    used = earlier if earlier[0] == 0 else edges
    return [range(start, stop if stop == last else max(start, stop - gap)) for start, stop in pairwise(used)]


def _earlier(edges: Sequence[int], shares: Sequence[float], gap: int, least: Sequence[int]) -> list[int]:
    """Edges that leave `least` frames to the shares; the first is below 0 where the sequence is too short for that."""
    moved, last = list(edges), max(edges)
    for i in reversed(range(len(shares))):
        needed = least[i] + (0 if moved[i + 1] == last else gap) if shares[i] > 0 else 0
        moved[i] = min(moved[i], moved[i + 1] - needed)
    return moved


def dealt(lengths: Mapping[str, int], shares: Sequence[float], seed: int) -> list[list[str]]:
    """Whole sequences for each share: each goes to the one that lacks most frames, long ones first, then by the hash.

    Lengths within a factor of two count as alike, so that the seed decides between them. Once there are as many
    sequences left as shares with nothing, these get one each.
    """

    def place(name: str) -> tuple[int, str]:
        return -lengths[name].bit_length(), hashlib.sha256(f"{seed}/{name}".encode()).hexdigest()

    lacking = [share * sum(lengths.values()) for share in shares]
    chosen: list[list[str]] = [[] for _ in shares]
    order = sorted(lengths, key=place)
    for left, name in zip(range(len(order), 0, -1), order, strict=True):
        empty = [i for i, share in enumerate(shares) if share > 0 and not chosen[i]]
        open_to = empty if left <= len(empty) else [i for i, share in enumerate(shares) if share > 0]
        winner = max(open_to, key=lambda i: (lacking[i], -i))
        if lacking[winner] > 0 or winner in empty:
            chosen[winner].append(name)
            lacking[winner] -= lengths[name]
    return chosen
