"""A linear head that repeats gradient scores for the cost of one pass."""
