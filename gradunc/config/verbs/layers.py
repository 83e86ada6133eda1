"""`infer.py layers`."""

from dataclasses import dataclass

from gradunc.config.verbs.network import SizedConfig
from gradunc.config.verbs.verb import Verb
from gradunc.options import DEVICE, option


@dataclass
class LayersConfig(SizedConfig):
    """The layers of a network, what reading them costs, and the automatic choice."""

    device: str = option("auto", "auto, cpu, cuda, cuda:1, ...", rule=DEVICE)


LAYERS = Verb(LayersConfig, {}, "checkpoint=PATH [size=HxW] [key=value ...]", "checkpoint=runs/kitti/export")
