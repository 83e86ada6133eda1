"""How many batches of a pass are asked for: `limit_train_batches` and its like, as Lightning counts."""


def used_batches(batches: int, limit: float) -> int:
    """Batches of a pass.

    Args:
        batches: that there are.
        limit: a whole number of them, or as a float a share, rounded down.

    >>> used_batches(10, 3), used_batches(10, 0.25), used_batches(10, 1.0), used_batches(2, 3)
    (3, 2, 10, 2)
    """
    return min(batches, limit) if isinstance(limit, int) else int(batches * limit)
