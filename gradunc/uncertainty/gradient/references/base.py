"""What a reference is, and what it may ask of the network (docs/methods.md A.3, A.4)."""

import math
from collections.abc import Callable
from dataclasses import fields
from typing import Any, Literal, NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_flatten, tree_unflatten

from gradunc.brief import brief_repr
from gradunc.errors import InputError
from gradunc.uncertainty.asking import copied
from gradunc.uncertainty.draws import Draws
from gradunc.uncertainty.gradient.maps import map_to_tokens, padded, tokens_to_map
from gradunc.uncertainty.gradient.outputs import FULL, Output, depth_of
from gradunc.uncertainty.gradient.references.hooks import changed_outputs

Levels = Literal["deepest", "all"]
Change = Callable[[Tensor], Tensor]
"""A feature map (b,C,h,w) -> its perturbed version of the same shape."""


class Reference(NamedTuple):
    """A constant depth to compare with."""

    depth: Tensor
    """(b,1,H,W) in the model's output space, without gradient."""
    valid: Tensor | None = None
    """(b,1,H,W) bool, True = the reference is known here; None = everywhere."""
    rescale: bool = False
    """Multiply by the ratio of the medians before comparing: a reference in another unit."""
    by_ratio: bool = False
    """Multiply by the median of the ratios, prediction over reference, before comparing."""

    __repr__ = brief_repr


class ReferenceDepth(Protocol):
    """Makes the reference of a chunk of images."""

    def __call__(self, query: "Query") -> Reference:
        """Answer for `query.image`; nothing that the query computes keeps a graph."""
        ...


def can_split(model: nn.Module) -> bool:
    """Whether a network has `encode(image, **inputs)` and `decode(features, size)`."""
    return callable(getattr(model, "encode", None)) and callable(getattr(model, "decode", None))


def compares_outputs(reference: ReferenceDepth) -> bool:
    """Whether a reference is made of the network's answer to the image itself, which is asked for first."""
    return bool(getattr(reference, "compares_outputs", False))


class Query:
    """A chunk of images and the network that may be asked about changed versions of them.

    Args:
        model: the network.
        image: (b,3,H,W) float in [0,1].
        inputs: further arguments of the network.
        draws: random numbers that depend on the image, not on its place in the batch.
        given: (b,1,H,W) reference depth that the caller handed to `estimate`.
        features: what `model.encode(image)` returned, if that has been computed.
        output: what is asked for; each number of a coarse one stands for all pixels of its cell.
        prediction: (b,1,H,W) full prediction, for references that `compare_outputs`.
    """

    def __init__(
        self,
        model: nn.Module,
        image: Tensor,
        inputs: dict[str, Any],
        draws: Draws,
        given: Tensor | None = None,
        features: Any = None,
        output: Output = FULL,
        prediction: Tensor | None = None,
    ) -> None:
        self.model, self.image, self.inputs, self.draws = model, image, inputs, draws
        self.given, self.features = given, features
        self.output, self.prediction = output, prediction

    def predict(self, image: Tensor, **changed: Any) -> Tensor:
        """Depth (b,1,H',W') of another image (b,3,H',W'); `changed` replaces inputs of the network."""
        answer = self.output.of_image(self.model, image, {**self.inputs, **changed}, finish=False)
        return depth_of(answer, self.output, image)

    def predict_changed(self, change: Change, levels: Levels = "deepest", layer: str | None = None) -> Tensor:
        """Depth (b,1,H,W) of the same image with changed feature maps.

        Args:
            change: applied to feature maps; tokens are handed over as maps, their prefix is left alone.
            levels: of the encoder's maps, all or the deepest only.
            layer: change the output of this module instead, in a forward pass of its own. For networks without
                `encode` and `decode`.

        Raises:
            InputError: no `layer` for a network that cannot be split, or one without output map.
        """
        if layer is not None:
            return self._predict_with(layer, change)
        if self.features is None and can_split(self.model):
            self.features = self.model.encode(self.image.clone(), **copied(self.inputs))  # pyright: ignore[reportCallIssue]
        if self.features is None:
            raise InputError(
                f"{type(self.model).__name__} has no encode and decode; say which features to change, for example "
                "FeatureNoise(layer='backbone.layer4'), or wrap it with gradunc.adapt"
            )
        leaves, structure = tree_flatten(self.features)
        maps = [i for i, leaf in enumerate(leaves) if isinstance(leaf, Tensor) and leaf.ndim >= 3]
        if not maps:
            raise InputError(f"{type(self.model).__name__}.encode returned no feature map")
        chosen = maps if levels == "all" else [min(maps, key=lambda i: (self._cells(leaves[i]), -i))]
        for i in maps:
            # A copy of the others: a decoder that works in place must not spoil the features of the prediction.
            leaves[i] = self.changed(leaves[i].detach(), change) if i in chosen else leaves[i].detach().clone()
        features = tree_unflatten(leaves, structure)
        answer = self.output.of_features(self.model, features, self.image, finish=False)
        return depth_of(answer, self.output, self.image)

    def _cells(self, feature: Tensor) -> int:
        return math.prod(tokens_to_map(feature, padded(self.image, self.model)).values.shape[-2:])

    def changed(self, feature: Tensor, change: Change) -> Tensor:
        """A map or tokens of the network, changed as a map."""
        size = padded(self.image, self.model)
        tokens = tokens_to_map(feature, size)
        return map_to_tokens(change(tokens.values), feature, tokens)

    def _predict_with(self, layer: str, change: Change) -> Tensor:
        with changed_outputs(self.model, {layer: lambda output: self.changed(output, change)}), torch.no_grad():
            return self.predict(self.image)


def check_types(reference: Any) -> None:
    """Whether the fields of a reference are what their annotations say; it may come from a YAML file.

    Raises:
        InputError: the first one that is not.
    """
    name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in type(reference).__name__)[1:]
    for field in fields(reference):
        value = getattr(reference, field.name)
        holds, kind = {
            float: (_is_number(value), "a number"),
            int: (isinstance(value, int) and not isinstance(value, bool), "a whole number"),
            bool: (isinstance(value, bool), "true or false"),
            str | None: (value is None or isinstance(value, str), "the name of a layer, see list_layers"),
        }.get(field.type, (True, ""))
        if not holds:
            raise InputError(f"{name}: {field.name}={value} must be {kind}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
