"""In what unit a new pose network answers: that of the depth which it learns beside."""

import torch

from gradunc.models.contract import DepthModel
from gradunc.models.pose.network import START_DEPTH

PUBLISHED = 1.5
"""Units that differ from 1 by less than this factor are 1."""


@torch.no_grad()
def motion_unit(model: DepthModel) -> float:
    """Start depth of a depth network over `START_DEPTH`, rounded to one digit: 1 for the published range of depth.

    A pose network begins with translations of thousandths and learns hundredths. Beside a depth of 12 m, a car that
    drives 0.7 m between two frames would need a hundred times as much, and the photometric error falls faster if depth
    loses its shape. The start depth is the median of what the network, new or trained, says of a grey image.

    Args:
        model: positive depth; its mode is left as it is.
    """
    training = model.training
    grey = torch.full((1, 3, *model.size), 0.45, device=next(model.parameters()).device)
    depth = model.eval()(grey).depth
    model.train(training)
    unit = float(depth.median()) / START_DEPTH
    # The head of a new network does not start exactly where its range says; the published one stays as published.
    return 1.0 if 1 / PUBLISHED < unit < PUBLISHED else float(f"{unit:.1g}")
