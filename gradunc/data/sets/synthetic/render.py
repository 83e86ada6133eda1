"""One view of a scene: image, exact depth, exact regions, pose."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradunc.data.sets.synthetic.camera import Camera, intrinsics
from gradunc.data.sets.synthetic.materials import albedo
from gradunc.data.sets.synthetic.primitives import Floats
from gradunc.data.sets.synthetic.raycaster import FAR, blocked, cast, directions, windows
from gradunc.data.sets.synthetic.regions import REGIONS, Mask, Sight
from gradunc.data.sets.synthetic.render_settings import RenderSettings
from gradunc.data.sets.synthetic.surface import Surface, locate
from gradunc.data.sets.synthetic.world import Scene

RENDERER_VERSION = 2
"""Part of the cache key: raise it whenever the pictures of a given seed change."""
CLEAR = np.float32(40.0)
"""Up to here there is no haze [m]."""


class RenderedView(NamedTuple):
    """What one camera sees at one time."""

    image: NDArray[np.uint8]
    """(H,W,3) RGB."""
    depth: Floats
    """(H,W) camera z at the pixel centres [m], 0 = sky, unknown."""
    regions: dict[str, Mask]
    """Name -> (H,W) bool, the masks of `regions.REGIONS`."""
    pose: NDArray[np.float64]
    """4x4 camera -> world."""

    @property
    def moving(self) -> Mask:
        """(H,W) bool, True = an independently moving object."""
        return self.regions["moving"]

    @property
    def shadow(self) -> Mask:
        """(H,W) bool, True = in a cast shadow."""
        return self.regions["shadow"]


def render(scene: Scene, time: float, camera: Camera, settings: RenderSettings) -> RenderedView:
    """Renders one camera's view of a scene at a time [s]; the same arguments give the same bits."""
    height, width = settings.height, settings.width
    solids = scene.solids.at(time)
    if not settings.moving_objects:
        solids = solids.select(solids.velocity == 0)
    pose = scene.trajectory.pose(time, camera, settings.baseline)
    matrix = intrinsics(height, width)
    rays, origin = directions(matrix, pose, height, width), pose[:3, 3].astype(np.float32)
    depth, solid = cast(origin, rays, solids, windows(solids, matrix, pose, height, width))

    hit = solid >= 0
    steps = (pose[:3, :2] / np.diag(matrix)[:2]).astype(np.float32)
    surface = locate(origin, rays[:, hit], depth[hit], steps, solids, solid[hit])
    facing = np.maximum(scene.sun @ surface.normal, 0)
    dark = np.zeros(facing.shape, dtype=bool)
    if settings.shadows:
        lit = np.flatnonzero(facing > 0)
        dark[lit] = blocked(surface.point[:, lit], surface.normal[:, lit], scene.sun, solids)
    shaded = np.zeros_like(hit)
    shaded[hit] = dark

    colours = sky(scene, rays)
    reflected = albedo(surface, solids, scene.strips) * light(scene, facing, dark, surface)
    mist = np.clip((depth[hit] - CLEAR) / (FAR - CLEAR), 0, 1) ** 2
    colours[:, hit] = reflected + mist * (colours[:, hit] - reflected)
    image = np.rint(np.clip(colours, 0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)
    sight = Sight(solid, solids, shaded)
    masks = {name: mask(sight) for name, mask in REGIONS.items()}
    return RenderedView(np.ascontiguousarray(image), np.where(hit, depth, 0), masks, pose)


def light(scene: Scene, facing: Floats, dark: Mask, surface: Surface) -> Floats:
    """(3,n) irradiance: the sun where it gets to, and the sky, brighter on what looks up."""
    sun = np.where(dark, 0, facing)
    sky_share = np.float32(0.8) - np.float32(0.2) * surface.normal[1]
    return scene.sunlight[:, None] * sun + scene.skylight[:, None] * sky_share


def sky(scene: Scene, rays: Floats) -> Floats:
    """(3,H,W) the sky in the direction of each ray, brightest at the horizon; the same in all views."""
    elevation = -rays[1] / np.sqrt((rays * rays).sum(axis=0))
    share = np.clip(elevation / np.float32(0.35), 0, 1)
    return scene.haze[:, None, None] + share * (scene.zenith - scene.haze)[:, None, None]
