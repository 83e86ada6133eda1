import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gradunc.ops.similarity import ssim_loss


def ssim_loss_by_loops(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Window by window, population statistics, border reflected without repeating the edge pixel."""
    a, b = (np.pad(x.astype(np.float64), 1, mode="reflect") for x in (a, b))
    loss = np.empty((a.shape[0] - 2, a.shape[1] - 2))
    for i in range(loss.shape[0]):
        for j in range(loss.shape[1]):
            p, q = a[i : i + 3, j : j + 3].ravel(), b[i : i + 3, j : j + 3].ravel()
            covariance = ((p - p.mean()) * (q - q.mean())).mean()
            ssim = (2 * p.mean() * q.mean() + 1e-4) * (2 * covariance + 9e-4)
            ssim /= (p.mean() ** 2 + q.mean() ** 2 + 1e-4) * (p.var() + q.var() + 9e-4)
            loss[i, j] = min(max((1 - ssim) / 2, 0), 1)
    return loss


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 2**31 - 1), st.integers(2, 7), st.integers(2, 7))
def test_agrees_with_a_loop_over_windows(seed: int, height: int, width: int) -> None:
    a, b = np.random.default_rng(seed).random((2, 2, 3, height, width))
    ours = ssim_loss(torch.from_numpy(a), torch.from_numpy(b)).numpy()
    for n, c in np.ndindex(2, 3):
        assert ours[n, c] == pytest.approx(ssim_loss_by_loops(a[n, c], b[n, c]), abs=1e-9)


def test_an_image_resembles_itself_and_not_its_negative() -> None:
    image = torch.rand(1, 3, 6, 8, generator=torch.Generator().manual_seed(0))
    assert float(ssim_loss(image, image).max()) < 1e-5
    assert float(ssim_loss(image, 1 - image).mean()) > 0.5


def test_flat_images_by_hand() -> None:
    # No variance: SSIM = (2ab + C1) / (a^2 + b^2 + C1).
    a, b = (torch.full((1, 1, 3, 3), value, dtype=torch.float64) for value in (0.2, 0.6))
    loss = ssim_loss(a, b)
    expected = (1 - (2 * 0.2 * 0.6 + 1e-4) / (0.04 + 0.36 + 1e-4)) / 2
    assert torch.allclose(loss, torch.full_like(a, expected), atol=1e-9)
