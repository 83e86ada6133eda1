"""The names that options of this package can take. Needs no torch, so that a configuration is checked without it."""

from typing import Literal, get_args

PathAlignment = Literal["none", "scale", "6dof", "7dof"]
"""What is taken out of a predicted path: nothing, one factor, a rigid motion, or both."""

PATH_ALIGNMENTS: tuple[PathAlignment, ...] = get_args(PathAlignment)
