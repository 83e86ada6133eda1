"""Which layers of a network an estimator reads: those that are named, or found once there is an image."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from gradunc.advice import advise
from gradunc.ops.sizes import training_size
from gradunc.ops.wrappers import layer_root
from gradunc.uncertainty.gradient.layers import AUTO, COARSE, PUBLISHED, patterns, select_layers, short
from gradunc.uncertainty.gradient.listing import automatic_layers, known_layer
from gradunc.uncertainty.gradient.outputs import FULL, Output


class LayerChoice:
    """What a user says of layers, for one network.

    Args:
        model: the network.
        layers: as for `GradientUncertainty`; None = nothing is said.
        output: what they must influence.

    Raises:
        InputError: something that is neither a name nor an index.
    """

    def __init__(self, model: nn.Module, layers: str | int | Sequence[str | int] | None, output: Output = FULL) -> None:
        self._model, self._output = model, output
        self._patterns = patterns(AUTO if layers is None else layers)
        self._is_automatic = self._patterns in ([AUTO], [COARSE])
        self._is_unasked = layers is None

    @property
    def awaits_image(self) -> bool:
        """Whether nothing but an image can tell: the network knows neither its size nor the layer."""
        is_known = known_layer(self._model, self._output) is not None
        return self._is_automatic and not is_known and training_size(self._model) is None

    @property
    def given(self) -> tuple[str, ...]:
        """What was said, or stands for it."""
        return tuple(map(str, self._patterns))

    def find(self, image: Tensor | None = None, **inputs: Any) -> tuple[str, ...]:
        """Names of the layers, at least one; a choice that nobody asked for is warned of.

        Args:
            image: (1,3,H,W) example, where `awaits_image`.
            inputs: more arguments of the network.

        Raises:
            InputError: no such layers.
        """
        if not self._is_automatic:
            return select_layers(layer_root(self._model), self._patterns)
        found = automatic_layers(self._model, self.given[0], image, inputs, output=self._output)
        if self._is_unasked and found[0] != PUBLISHED and not self._output.has_head:
            root = layer_root(self._model)
            place = " at 1/4 of the resolution" if PUBLISHED in dict(root.named_modules()) else ""
            advise(
                f"{type(root).__name__} has no layer '{PUBLISHED}'{place}, where the published settings read the "
                f"gradient; it is read at '{found[0]}', as layers='auto' chooses"
            )
        return found

    def notes(self, found: Sequence[str]) -> tuple[str, ...]:
        """Which layers "auto" or "coarse" stand for, if they were asked for; else a warning has said it."""
        if not self._is_automatic or self._is_unasked or not found:
            return ()
        return (f"layers={self.given[0]} chose {short(found)}",)
