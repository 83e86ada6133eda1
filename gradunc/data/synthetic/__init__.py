"""A procedural street, rendered with exact depth, poses and masks of what makes depth uncertain."""

from gradunc.data.synthetic.config import SyntheticSettings
from gradunc.data.synthetic.dataset import SyntheticStreet
from gradunc.data.synthetic.render import RenderedView, render
from gradunc.data.synthetic.world import Scene, generate

__all__ = ["RenderedView", "Scene", "SyntheticSettings", "SyntheticStreet", "generate", "render"]
