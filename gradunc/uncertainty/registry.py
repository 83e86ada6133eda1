"""Uncertainty estimators by name. A new one is a file or a folder beside `gradient`, and one line here."""

from gradunc.registry import Entry

ESTIMATORS: dict[str, Entry] = {
    "gradient": Entry(
        "gradunc.uncertainty.gradient.settings:GradientSettings", "gradunc.uncertainty.gradient.factory:gradient"
    ),
}
"""`uncertainty.NAME.method` -> its options, an `EstimatorSettings`, and its `Factory` (`interface.py`)."""
