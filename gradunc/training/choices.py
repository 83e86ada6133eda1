"""The names that options of this package can take. Needs no torch, so that a configuration is checked without it."""

OPTIMIZERS = ("adam", "adamw")
"""Keys of the table in `optimization.py`; a new one stands in both, as a test says."""

SCHEDULES = {
    "constant": (),
    "step": ("step_size", "gamma"),
    "poly": (),
    "cyclic": ("cycles",),
    "onecycle": ("onecycle_rise", "onecycle_start", "onecycle_end"),
}
"""Schedule -> the fields of `Optimization` that only it looks at."""

MIXING = ("weights", "pareto")
"""How the parts of a mixture are weighed in a step: as they come, or so that the loss of each falls."""

ON_NONFINITE = ("stop", "skip")
"""What becomes of a step whose loss or gradient is NaN or infinite."""
