"""A procedural street, rendered with exact depth, poses and masks of what makes depth uncertain."""

from gradunc.data.sets.synthetic.config import SyntheticSettings
from gradunc.data.sets.synthetic.render import RenderedView, render
from gradunc.data.sets.synthetic.street import SyntheticStreet
from gradunc.data.sets.synthetic.world import Scene, generate

__all__ = ["RenderedView", "Scene", "SyntheticSettings", "SyntheticStreet", "generate", "render"]
