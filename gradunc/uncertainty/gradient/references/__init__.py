"""Reference depths: what the network says of a changed image or of changed features, brought back to the original.

A new reference is one class in one of these files and one line in `REFERENCES`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import nn

from gradunc.errors import InputError, unknown
from gradunc.uncertainty.gradient.outputs import Output
from gradunc.uncertainty.gradient.references.base import Query, Reference, ReferenceDepth, compares_outputs
from gradunc.uncertainty.gradient.references.given import Given
from gradunc.uncertainty.gradient.references.of_features import FeatureDropout, FeatureFlip, FeatureNoise, FeatureScale
from gradunc.uncertainty.gradient.references.of_images import Brightness, Flip, Gray, Noise, Rescale, Rotate, Shift
from gradunc.uncertainty.gradient.references.of_outputs import ScaleDisagreement

REFERENCES: dict[str, Callable[..., ReferenceDepth]] = {
    "flip": Flip,
    "gray": Gray,
    "noise": Noise,
    "rotate": Rotate,
    "brightness": Brightness,
    "shift": Shift,
    "rescale": Rescale,
    "given": Given,
    "feature_flip": FeatureFlip,
    "feature_noise": FeatureNoise,
    "feature_dropout": FeatureDropout,
    "feature_scale": FeatureScale,
    "scale": ScaleDisagreement,
}
"""Name -> class. The name "none" stands for no reference at all."""

ReferenceSpec = str | Mapping[str, Any] | ReferenceDepth
"""A name, a name with parameters ({"rotate": {"degrees": 5}}), or an object."""


def make_references(spec: ReferenceSpec | Sequence[ReferenceSpec]) -> tuple[ReferenceDepth, ...]:
    """References from names and objects; "none" gives no reference.

    Raises:
        InputError: an unknown name or parameter, with the nearest one, or "none" beside others.

    >>> make_references(["flip", {"rotate": {"degrees": 5}}])
    (Flip(), Rotate(degrees=5, masked=True))
    """
    several = list(spec) if isinstance(spec, Sequence) and not isinstance(spec, str) else [spec]
    if not several:
        raise InputError("reference is empty; give at least one, or 'none'")
    if several == ["none"]:
        return ()
    return tuple(_make(one) for one in several)


def comparable(
    references: tuple[ReferenceDepth, ...], output: Output
) -> tuple[tuple[ReferenceDepth, ...], tuple[ReferenceDepth, ...]]:
    """References that an output can be compared with, and those that are left out: of one that it is made of itself.

    Raises:
        InputError: one that compares a coarse output with the full one, which is the output itself.
    """
    left_out = tuple(one for one in references if compares_outputs(one) and not output.has_head)
    if left_out and output.cell == 1:
        raise InputError("reference 'scale' compares the coarse output with the full one; it needs output=coarse")
    return tuple(one for one in references if one not in left_out), left_out


def teachers(references: Sequence[ReferenceDepth]) -> list[nn.Module]:
    """Networks that references ask."""
    found = [getattr(reference, "teacher", None) for reference in references]
    return [one for one in found if isinstance(one, nn.Module)]


def _make(spec: ReferenceSpec) -> ReferenceDepth:
    if isinstance(spec, str):
        spec = {spec: {}}
    if not isinstance(spec, Mapping):
        if not callable(spec):
            raise InputError(
                f"reference must be a name, {{name: parameters}}, an object or a list of these, not {spec}"
            )
        return spec
    if len(spec) != 1:
        raise InputError(f"reference {dict(spec)} must be one name with its parameters, {{rotate: {{degrees: 5}}}}")
    name, parameters = next(iter(spec.items()))
    if name == "none":
        raise InputError("reference 'none' cannot stand beside others")
    if name not in REFERENCES:
        raise unknown("reference", name, [*REFERENCES, "none"])
    try:
        return REFERENCES[name](**(parameters or {}))
    except TypeError as error:
        known = ", ".join(getattr(REFERENCES[name], "__dataclass_fields__", ())) or "none"
        raise InputError(f"reference '{name}' does not take {parameters}; its parameters: {known}") from error


__all__ = [
    "REFERENCES",
    "Brightness",
    "FeatureDropout",
    "FeatureFlip",
    "FeatureNoise",
    "FeatureScale",
    "Flip",
    "Given",
    "Gray",
    "Noise",
    "Query",
    "Reference",
    "ReferenceDepth",
    "ReferenceSpec",
    "Rescale",
    "Rotate",
    "ScaleDisagreement",
    "Shift",
    "make_references",
]
