"""Small worlds and an independent warp for the tests of the synthetic street."""

import numpy as np

from gradunc.data.sets.synthetic.primitives import Primitive, Primitives

GROUND = Primitive((-400.0, 0.0, -400.0), (400.0, 1.0, 400.0), "ground", (0.3, 0.3, 0.3))


def solids(*others: Primitive) -> Primitives:
    return Primitives.stack([GROUND, *others])


def box(lo, hi, **kwargs) -> Primitive:
    return Primitive(lo, hi, "wall", (0.5, 0.5, 0.5), **kwargs)


def pose_at(x=0.0, y=-1.5, z=0.0, yaw=0.0) -> np.ndarray:
    c, s = np.cos(yaw), np.sin(yaw)
    return np.array([[c, 0, s, x], [0, 1, 0, y], [-s, 0, c, z], [0, 0, 0, 1.0]])


def bilinear(image, x, y):
    """Values of an image (H,W,C) at pixel positions inside it."""
    i, j = np.floor(y).astype(int), np.floor(x).astype(int)
    a, b = (y - i)[:, None], (x - j)[:, None]
    return (
        image[i, j] * (1 - a) * (1 - b)
        + image[i, j + 1] * (1 - a) * b
        + image[i + 1, j] * a * (1 - b)
        + image[i + 1, j + 1] * a * b
    )


def warp_error(target, source, transform, matrix):
    """Mean absolute difference over RGB in grey levels at each target pixel that the source shows; NaN elsewhere.

    A pixel counts as shown where its transformed depth agrees with the source's own depth, so occluded pixels
    drop out. Everything is float64 and follows the textbook, not the renderer.
    """
    height, width = target.depth.shape
    v, u = np.mgrid[:height, :width].astype(float)
    rays = np.linalg.inv(matrix.astype(float)) @ np.stack([u, v, np.ones_like(u)]).reshape(3, -1)
    point = transform[:3, :3].astype(float) @ (rays * target.depth.reshape(-1)) + transform[:3, 3:].astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        projected = matrix.astype(float) @ point / point[2]
    x, y = projected[:2]
    ok = (target.depth.reshape(-1) > 0) & (point[2] > 0.5)
    ok &= (x >= 0) & (y >= 0) & (x < width - 1.001) & (y < height - 1.001)
    seen = np.zeros_like(x)
    seen[ok] = source.depth[np.rint(y[ok]).astype(int), np.rint(x[ok]).astype(int)]
    ok &= np.abs(seen - point[2]) < 0.03 * np.abs(point[2])
    error = np.full(x.shape, np.nan)
    taken = bilinear(source.image.astype(float), x[ok], y[ok])
    error[ok] = np.abs(taken - target.image.reshape(-1, 3)[ok]).mean(axis=1)
    return error.reshape(height, width)
