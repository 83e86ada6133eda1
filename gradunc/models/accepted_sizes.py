"""Whether a network takes images of a size: some backbones are built for one and say so only when they see another."""

import torch
from torch import nn

from gradunc.ops.devices import device_of
from gradunc.types import Size


def reason_against(model: nn.Module, size: Size) -> str | None:
    """Why a network cannot take images of a height and width [px], in one line; None if it can. One image is tried."""
    training = model.training
    try:
        with torch.no_grad():
            model.eval()(torch.zeros(1, 3, *size, device=device_of(model)))
    except (RuntimeError, ValueError, AssertionError) as error:
        lines = str(error).strip().splitlines()
        return lines[0][:200] if lines else type(error).__name__
    finally:
        model.train(training)
    return None
