"""A small result with everything a renderer must cope with."""

import math

import numpy as np

from gradunc.results import Column, Curves, Picture, Result, Table

NAME = Column("name", digits=None, title="")
DEPTH = Table(
    "depth",
    "Depth (Garg crop; 2 images)",
    (NAME, Column("rmse", "m", "low"), Column("a1", better="high", digits=2)),
    ({"name": "model", "rmse": 3.14159265, "a1": 0.5}, {"name": "mean|map", "rmse": math.nan, "a1": 1.0}),
)
LAYERS = Table(
    "layers",
    "Layers",
    (Column("layer", digits=None), Column("[bold]cost", "forward passes", digits=1, title="cost [n]")),
    ({"layer": "blocks.*", "[bold]cost": 2.25}, {"layer": "", "[bold]cost": None}, {"layer": "b", "[bold]cost": 7}),
    keys=0,
    json_key="rows",
    caption="all of 3",
    line_before=1,
)
EMPTY = Table("uncertainty", "Uncertainty", (), ())
PIXELS = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
RESULT = Result(
    name="metrics",
    title="Evaluation",
    protocol="alignment median, Garg crop",
    tables=(DEPTH, EMPTY, LAYERS),
    pictures=(Picture("plot", PIXELS),),
    curves=(Curves("plot", "removed", (0.0, 0.5, 1.0), {"mine": (3.0, 2.0, 0.0), "oracle": (3.0, 1.0, 0.0)}),),
    facts={"images": 2, "worst": [math.inf, 1.5]},
    notes=("2 images*",),
)
