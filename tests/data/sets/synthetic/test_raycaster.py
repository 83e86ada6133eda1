"""Depth and shadows against hand computation."""

import numpy as np
import pytest

from gradunc.data.sets.synthetic.camera import intrinsics
from gradunc.data.sets.synthetic.primitives import invert
from gradunc.data.sets.synthetic.raycaster import blocked, cast, directions, windows
from gradunc.data.sets.synthetic.surface import locate
from gradunc.data.sets.synthetic.world import generate
from tests.data.sets.synthetic.helpers import box, pose_at, solids

H, W = 41, 81
K = intrinsics(H, W)
F, CX, CY = 0.58 * W, (W - 1) / 2, (H - 1) / 2


def look(world, pose, height=H, width=W):
    matrix = intrinsics(height, width)
    rays = directions(matrix, pose, height, width)
    return cast(pose[:3, 3].astype(np.float32), rays, world, windows(world, matrix, pose, height, width))


def test_intrinsics_are_kittis_share_of_the_width():
    np.testing.assert_allclose(K, [[F, 0, CX], [0, F, CY], [0, 0, 1]], rtol=1e-6)


def test_ground_depth_is_height_times_focal_over_rows_below_horizon():
    depth, solid = look(solids(), pose_at(y=-1.5))
    for row in range(H):
        expected = 1.5 * F / (row - CY) if row > CY else np.inf
        if expected < 90:
            np.testing.assert_allclose(depth[row], expected, rtol=1e-4)
            assert (solid[row] == 0).all()
        else:
            assert np.isinf(depth[row]).all()
            assert (solid[row] == -1).all()


def test_box_covers_its_projection_at_the_depth_of_its_front():
    world = solids(box((-2.0, -3.0, 10.0), (1.0, 0.0, 14.0)))
    depth, solid = look(world, pose_at(y=-1.5))
    v, u = np.mgrid[:H, :W]
    x, y = (u - CX) / F * 10, (v - CY) / F * 10 - 1.5
    front = (x > -2) & (x < 1) & (y > -3) & (y < 0)
    assert front.sum() > 50
    np.testing.assert_allclose(depth[front], 10, rtol=1e-5)
    np.testing.assert_array_equal(solid == 1, front)


def test_side_of_a_wall_seen_by_a_turned_camera():
    # A wall in the plane x = 3: the ray (dx, dz) from the origin meets it at depth 3 / dx.
    yaw = 0.2
    depth, solid = look(solids(box((3.0, -9.0, -20.0), (6.0, 0.0, 100.0))), pose_at(yaw=yaw))
    column = 70
    dx = np.cos(yaw) * (column - CX) / F + np.sin(yaw)
    assert solid[10, column] == 1
    assert depth[10, column] == pytest.approx(3 / dx, rel=1e-4)


def test_cylinder_by_its_circle_and_caps():
    cylinder = box((-1.0, -3.0, 9.0), (1.0, -2.0, 11.0), round=True)
    depth, solid = look(solids(cylinder), pose_at(y=-1.5))
    v, u = np.mgrid[:H, :W]
    a, b = (u - CX) / F, (v - CY) / F
    # March along the rays in small steps until the point lies inside.
    steps = np.arange(8.5, 11.5, 0.002)
    inside = (
        ((a[..., None] * steps) ** 2 + (steps - 10) ** 2 < 1)
        & (b[..., None] * steps - 1.5 > -3)
        & (b[..., None] * steps - 1.5 < -2)
    )
    expected = np.where(inside.any(-1), steps[inside.argmax(-1)], np.nan)
    hit = ~np.isnan(expected)
    assert hit.sum() > 20
    assert (hit != (solid == 1)).sum() <= 2  # rays that graze it by less than a step
    both = hit & (solid == 1)
    np.testing.assert_allclose(depth[both], expected[both], atol=0.003)


def test_windows_hide_nothing():
    for index in range(6):
        scene = generate(5, "val", index)
        pose = scene.trajectory.pose(1.0, "left", 0.54)
        depth, solid = look(scene.solids, pose, 48, 96)
        everywhere = np.tile([0, 48, 0, 96], (len(scene.solids.lo), 1))
        rays = directions(intrinsics(48, 96), pose, 48, 96)
        full_depth, full_solid = cast(pose[:3, 3].astype(np.float32), rays, scene.solids, everywhere)
        np.testing.assert_array_equal(solid, full_solid)
        np.testing.assert_array_equal(depth, full_depth)


def test_shadow_of_a_box_is_as_long_as_it_is_high_at_45_degrees():
    world = solids(box((-1.0, -2.0, 10.0), (1.0, 0.0, 12.0)))
    sun = np.array([-1, -1, 0], np.float32) / np.float32(np.sqrt(2))
    x = np.array([-1.1, 1.1, 2.9, 3.1, 2.0, 2.0, 2.0], np.float32)
    z = np.array([11, 11, 11, 11, 9.9, 10.1, 12.1], np.float32)
    point = np.stack([x, np.zeros_like(x), z])
    up = np.zeros_like(point)
    up[1] = -1
    expected = [False, True, True, False, False, True, False]
    assert blocked(point, up, sun, world).tolist() == expected


def test_footprint_is_the_distance_between_neighbouring_hit_points():
    world = solids(box((-30.0, -20.0, 15.0), (30.0, 0.0, 20.0)))
    pose = pose_at(yaw=0.3)
    rays, origin = directions(K, pose, H, W), pose[:3, 3].astype(np.float32)
    depth, solid = look(world, pose)
    steps = (pose[:3, :2] / F).astype(np.float32)
    flat = locate(origin, rays.reshape(3, -1), depth.reshape(-1), steps, world, solid.reshape(-1))
    u, v = flat.u.reshape(H, W), flat.v.reshape(H, W)
    wall = (5, slice(20, 60))
    across = np.abs(u[5, 21:61] - u[5, 19:59]) / 2 + np.abs(u[6, 20:60] - u[4, 20:60]) / 2
    up = np.abs(v[5, 21:61] - v[5, 19:59]) / 2 + np.abs(v[6, 20:60] - v[4, 20:60]) / 2
    assert (solid[wall] == 1).all()
    np.testing.assert_allclose(flat.du.reshape(H, W)[wall], across, rtol=0.02)
    np.testing.assert_allclose(flat.dv.reshape(H, W)[wall], up, rtol=0.02)


def test_invert_stays_finite_along_an_axis():
    assert np.isfinite(invert(np.array([0.0, -0.0, 0.5], np.float32))).all()
