"""Whether a network takes images of a size: some backbones are built for one and say so only when they see another."""

import torch

from gradunc.models.contract import DepthModel
from gradunc.types import Size


def reason_against(model: DepthModel, size: Size) -> str | None:
    """Why a network cannot take images of a height and width [px], in one line; None if it can. One image is tried."""
    training = model.training
    try:
        with torch.no_grad():
            model.eval()(torch.zeros(1, 3, *size, device=model.mean.device))
    except (RuntimeError, ValueError, AssertionError) as error:
        lines = str(error).strip().splitlines()
        return lines[0][:200] if lines else type(error).__name__
    finally:
        model.train(training)
    return None
