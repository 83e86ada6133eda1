"""Which solid each pixel sees, and whether the sun sees it too."""

import numpy as np
from numpy.typing import NDArray

from gradunc.data.sets.synthetic.primitives import Floats, Primitives, interval, invert

NEAR = np.float32(0.2)
"""Nothing nearer to the camera is drawn [m]."""
FAR = np.float32(90.0)
"""From here on the haze hides everything: depth is unknown [m]."""
LIFT = np.float32(2e-3)
"""Shadow rays start this far above their surface [m], so that rounding does not hide it from itself."""
EDGES = [(a, b) for a in range(8) for b in range(a + 1, 8) if (a ^ b) in (1, 2, 4)]
"""The edges of a box; bit k of a corner's number says whether its coordinate k is the large one."""


def directions(matrix: Floats, pose: NDArray[np.float64], height: int, width: int) -> Floats:
    """(3,H,W) rays through the pixel centres in the world, of length 1 along the camera's z."""
    x = (np.arange(width) - float(matrix[0, 2])) / float(matrix[0, 0])
    y = (np.arange(height) - float(matrix[1, 2])) / float(matrix[1, 1])
    turn = pose[:3, :3, None, None]
    rays = turn[:, 0] * x[None, :] + turn[:, 1] * y[:, None] + turn[:, 2]
    return rays.astype(np.float32)


def windows(
    solids: Primitives, matrix: Floats, pose: NDArray[np.float64], height: int, width: int
) -> NDArray[np.int64]:
    """(N,4) first row, end row, first column, end column of a part of the image that holds each solid.

    The part is empty for solids behind the camera, beyond the far distance or outside the image.
    """
    bits = np.array([[(c >> k) & 1 for k in range(3)] for c in range(8)], dtype=bool)
    corners = np.where(bits, solids.hi[:, None], solids.lo[:, None]).astype(np.float64)
    local = (corners - pose[:3, 3]) @ pose[:3, :3]
    start, end = local[:, [a for a, _ in EDGES]], local[:, [b for _, b in EDGES]]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (NEAR - start[..., 2:]) / (end[..., 2:] - start[..., 2:])
        crossing = start + share * (end - start)
    # What is seen of a solid lies within the hull of its corners in front of the near plane and the points
    # where its edges cross that plane.
    points = np.concatenate([local, crossing], axis=1)
    seen = np.concatenate([local[..., 2] >= NEAR, ((share > 0) & (share < 1))[..., 0]], axis=1)
    points = np.where(seen[..., None], points, np.nan)
    visible = seen.any(axis=1) & (local[..., 2].min(axis=1) < FAR)
    result = np.zeros((len(local), 4), dtype=np.int64)
    front = points[visible]
    for axis, size, column in ((1, height, 0), (0, width, 2)):
        pixel = front[..., axis] / front[..., 2] * float(matrix[axis, axis]) + float(matrix[axis, 2])
        result[visible, column] = np.clip(np.floor(np.nanmin(pixel, axis=1)), 0, size)
        result[visible, column + 1] = np.clip(np.ceil(np.nanmax(pixel, axis=1)) + 1, 0, size)
    return result


def cast(
    origin: Floats, rays: Floats, solids: Primitives, parts: NDArray[np.int64]
) -> tuple[Floats, NDArray[np.int64]]:
    """Depth (H,W) [m] and index (H,W) of the first solid along each ray; inf and -1 where there is none.

    Args:
        origin: (3,) camera centre.
        rays: (3,H,W) of length 1 along the camera's z, so that a ray's parameter is the depth.
        solids: the N solids.
        parts: (N,4) where to look for each, from `windows`.
    """
    depth = np.full(rays.shape[1:], np.inf, dtype=np.float32)
    solid = np.full(rays.shape[1:], -1, dtype=np.int64)
    inverse = invert(rays)
    start = origin[:, None, None]
    for index, (top, bottom, left, right) in enumerate(parts):
        part = np.s_[top:bottom, left:right]
        if bottom <= top or right <= left:
            continue
        enter, leave = interval(start, rays[:, *part], inverse[:, *part], solids, index)
        hit = (enter < leave) & (enter > NEAR) & (enter < depth[part])
        np.copyto(depth[part], enter, where=hit)
        solid[part][hit] = index
    hidden = depth >= FAR
    depth[hidden], solid[hidden] = np.inf, -1
    return depth, solid


def blocked(point: Floats, normal: Floats, sun: Floats, solids: Primitives) -> NDArray[np.bool_]:
    """(n,) bool, True = a solid stands between the point and the sun.

    Args:
        point: (3,n) on the solids [m].
        normal: (3,n) of the surface there.
        sun: (3,) unit vector towards the sun; its y is negative, up.
        solids: the N solids.
    """
    start = point + LIFT * normal
    slope = sun[[0, 2]] / sun[1]
    # Moved along the sun ray to the ground plane, all points of a ray fall together; so a solid can only
    # shade points inside the rectangle of its own shadow there.
    foot = start[[0, 2]] - slope[:, None] * start[1]
    result = np.zeros(point.shape[1], dtype=bool)
    direction = sun[:, None]
    inverse = invert(direction)
    for index in range(len(solids.lo)):
        lo, hi = solids.lo[index], solids.hi[index]
        shift = np.stack([-slope * lo[1], -slope * hi[1]])
        low, high = lo[[0, 2]] + shift.min(axis=0), hi[[0, 2]] + shift.max(axis=0)
        near = (foot[0] > low[0]) & (foot[0] < high[0]) & (foot[1] > low[1]) & (foot[1] < high[1])
        chosen = np.flatnonzero(near & ~result)
        if chosen.size:
            enter, leave = interval(start[:, chosen], direction, inverse, solids, index)
            result[chosen] = (enter < leave) & (leave > 0)
    return result
