"""`infer.py layers`: the layers of a network, for choosing where gradients are read."""

import torch
from rich.console import Console
from rich.table import Table

from gradunc.commands.network import load_network, one_size
from gradunc.config.verbs.layers import LayersConfig
from gradunc.ops.devices import choose_device
from gradunc.uncertainty import list_layers
from gradunc.uncertainty.gradient.layers import AUTO, COARSE
from gradunc.uncertainty.gradient.listing import automatic_layers


def layers(config: LayersConfig) -> int:
    """Print index, name, type, output shape and share of the backward pass of every layer; returns the exit code.

    Raises:
        InputError: no network, or size=native, which no image is here to tell.
    """
    model = load_network(config, choose_device(config.device))
    size = one_size(config.size, model, "needs an image")
    image = torch.zeros(1, 3, *size, device=model.mean.device)
    table = Table(title=f"Layers of {config.checkpoint} at {size[0]}x{size[1]}")
    for column in ("index", "name", "type", "CxHxW", "backward %"):
        table.add_column(column, justify="left" if column in ("name", "type") else "right", no_wrap=True)
    for row in list_layers(model, image):
        index = "" if row.index is None else str(row.index)
        table.add_row(index, row.name, row.type, "x".join(map(str, row.shape)), f"{100 * row.backward:.1f}")
    console = Console()
    # A log file counts as 80 columns wide, which would cut the names.
    console.width = max(console.width, 110)
    console.print(table)
    print("backward %: share of a whole backward pass, from the depth to the image, that reading the layer costs")
    for choice in (AUTO, COARSE):
        print(f"layers={choice} would choose {', '.join(automatic_layers(model, choice, image))}")
    return 0
