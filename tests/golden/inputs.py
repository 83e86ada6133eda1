"""Deterministic weights and images behind the parity figures (see README.md). NumPy and torch only."""

import zlib

import numpy as np
import torch
import torch.nn.functional as F


def fill(state_dict: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Replace every tensor by numbers that depend on its published key name and its shape alone.

    The keys must be the published ones (`encoder.conv1.weight`, `decoder.0.conv.conv.weight`, ...; see
    ../reference/checkpoints.md, sections 1 and 2), not this project's own names.
    """
    filled = {}
    for key, tensor in state_dict.items():
        if key.endswith("num_batches_tracked"):
            filled[key] = torch.zeros_like(tensor)
            continue
        noise = (
            np.random.default_rng(zlib.crc32(key.encode()))
            .standard_normal(tuple(tensor.shape))
            .astype(np.float32)
        )
        if key.endswith("running_var"):
            value = 1 + 0.1 * np.abs(noise)
        elif key.endswith("running_mean"):
            value = 0.1 * noise
        elif tensor.ndim >= 2:
            value = noise * np.float32(np.sqrt(2.0 / np.prod(tensor.shape[1:])))
        elif key.endswith("weight"):
            value = 1 + 0.1 * noise
        else:
            value = 0.1 * noise
        filled[key] = torch.from_numpy(np.asarray(value, dtype=np.float32))
    return filled


def image(seed: int, height: int = 96, width: int = 320) -> torch.Tensor:
    """A smooth random RGB image, (1, 3, height, width) in [0, 1]."""
    rng = np.random.default_rng(seed)
    coarse = torch.from_numpy(rng.random((1, 3, height // 8, width // 8), dtype=np.float32))
    smooth = F.interpolate(coarse, (height, width), mode="bilinear", align_corners=False)
    fine = torch.from_numpy(rng.random((1, 3, height, width), dtype=np.float32) - 0.5)
    return (smooth + 0.1 * fine).clamp(0, 1)


def sparsification_case(seed: int, n: int, kind: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ground truth [m], prediction [m] and uncertainty of one case in sparsification.json, each (n,)."""
    rng = np.random.default_rng(seed)
    truth = rng.uniform(1, 80, n)
    prediction = np.clip(truth * np.exp(rng.normal(0, 0.2, n)), 1e-3, 80)
    error = np.abs(np.log(truth / prediction))
    uncertainty = {
        "noisy": lambda: error + rng.exponential(0.1, n),
        "ties": lambda: np.round(error * 8) / 8,
        "constant": lambda: np.ones(n),
        "adverse": lambda: -error,
        "quantised16": lambda: np.floor(np.clip(error / error.max(), 0, 1) * 65535),
    }[kind]()
    return truth, prediction, uncertainty
