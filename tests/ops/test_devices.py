"""Where a network computes and in what precision, told by its weights."""

import pytest
import torch
from torch import nn

from gradunc.errors import InputError
from gradunc.ops.devices import choose_device, device_of, dtype_of


class BufferOnly(nn.Module):
    def __init__(self, values: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("values", values)


class Quantised(nn.Module):
    """Weights in whole numbers stand in front of their scale."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(2, dtype=torch.int8), requires_grad=False)
        self.scale = nn.Parameter(torch.ones(1, dtype=torch.float64))


def test_a_device_by_name() -> None:
    wanted = "cuda" if torch.cuda.is_available() else "cpu"
    assert choose_device("auto") == torch.device(wanted)
    assert choose_device("cpu") == torch.device("cpu")
    with pytest.raises(InputError, match=r"^device='gpu' is not available here: "):
        choose_device("gpu")


@pytest.mark.parametrize(
    ("module", "device"),
    [
        (nn.Linear(2, 2, device="meta"), "meta"),
        (BufferOnly(torch.empty(2, device="meta")), "meta"),
        (nn.Linear(2, 2), "cpu"),
        (nn.ReLU(), "cpu"),
    ],
)
def test_the_device_of_weights_or_buffers(module: nn.Module, device: str) -> None:
    assert device_of(module) == torch.device(device)


@pytest.mark.parametrize(
    ("module", "dtype"),
    [
        (nn.Linear(2, 2).half(), torch.float16),
        (Quantised(), torch.float64),
        (BufferOnly(torch.ones(2, dtype=torch.bfloat16)), torch.bfloat16),
        (BufferOnly(torch.ones(2, dtype=torch.long)), torch.float32),
        (nn.ReLU(), torch.float32),
    ],
)
def test_the_precision_of_weights_or_buffers(module: nn.Module, dtype: torch.dtype) -> None:
    assert dtype_of(module) == dtype
