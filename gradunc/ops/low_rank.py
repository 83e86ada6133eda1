"""Factors of low rank beside weights (LoRA, Hu et al., ICLR 2022, arXiv:2106.09685), as state dicts hold them.

A linear layer W (out,in) becomes W + SCALE B A, with A (rank,in) random and B (out,rank) zero at first. The names are
those of peft.
"""

from collections.abc import Mapping

from torch import Tensor

SCALE = 2
"""alpha / rank."""

_BASE, _A, _B = ".base_layer.", ".lora_A.default.weight", ".lora_B.default.weight"


def merged(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A state dict whose factors are added to their weights; one without factors stays as it is.

    >>> import torch
    >>> factors = {"a.lora_A.default.weight": torch.ones(1, 2), "a.lora_B.default.weight": torch.ones(1, 1)}
    >>> merged({"a.base_layer.weight": torch.tensor([[1.0, 2.0]]), **factors})
    {'a.weight': tensor([[3., 4.]])}
    """
    # Networks may have layers of these names themselves, as DLA has a `base_layer`.
    stems = {key.removesuffix(_A) for key in weights if key.endswith(_A)}
    found: dict[str, Tensor] = {}
    for key, value in weights.items():
        stem, base, last = key.rpartition(_BASE)
        if base and stem in stems:
            change = SCALE * (weights[stem + _B] @ weights[stem + _A]) if last == "weight" else 0
            found[f"{stem}.{last}"] = value + change
        elif not any(key == stem + factor for stem in stems for factor in (_A, _B)):
            found[key] = value
    return found
