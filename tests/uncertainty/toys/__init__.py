"""A toy of every kind of estimator, each in one file and one line of the registry: what a new method needs to touch."""

from gradunc.registry import Entry

NAMES = ("members", "dropout", "density", "variance", "calibrated", "sampled")

TOYS = {
    name: Entry(f"tests.uncertainty.toys.{name}:Settings", f"tests.uncertainty.toys.{name}:build") for name in NAMES
}
