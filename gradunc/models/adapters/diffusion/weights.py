"""Weight files of a pipeline's parts: in full precision or, where there are no such, in half."""

from collections.abc import Iterable
from pathlib import Path

from gradunc.models.adapters.huggingface.loading import names_files_there

WEIGHTS = {
    "unet": "diffusion_pytorch_model",
    "vae": "diffusion_pytorch_model",
    "text_encoder": "model",
}
"""Folder of a part -> its file of weights, without suffixes."""
FULL, HALF = "", ("fp16", "bf16")
"""What names of weight files say of their precision."""


def weight_patterns(parts: Iterable[str], precision: str = FULL) -> tuple[str, ...]:
    """Patterns of a repository's weight files in a precision, for parts of `WEIGHTS`.

    >>> weight_patterns(["vae"], "fp16")[:2]
    ('vae/diffusion_pytorch_model.fp16.safetensors', 'vae/diffusion_pytorch_model.safetensors.index.fp16.json')
    """
    mark = _mark(precision)
    shards = {f"{mark}-*-of-?????", f"-*-of-?????{mark}"}  # of today's and of earlier versions of diffusers
    return tuple(
        f"{part}/{WEIGHTS[part]}{end}"
        for part in parts
        for end in (*_ends(precision), *(f"{one}.safetensors" for one in sorted(shards)))
    )


def precision_of(folder: Path, part: str) -> str | None:
    """The precision in which a part's weights are read: `FULL` where they are there, or one of `HALF`; None = none."""
    for precision in (FULL, *HALF):
        one, index = (folder / part / f"{WEIGHTS[part]}{end}" for end in _ends(precision))
        if one.is_file() or (index.is_file() and names_files_there(index)):
            return precision
    return None


def without_weights(folder: Path) -> list[str]:
    """The parts of a pipeline's folder whose weights are not there, or not whole, in any precision."""
    return [part for part in WEIGHTS if precision_of(folder, part) is None]


def weight_file(part: str) -> str:
    """The name of a part's weight file in full precision, for messages."""
    return f"{part}/{WEIGHTS[part]}.safetensors"


def _ends(precision: str) -> tuple[str, str]:
    """Ends of the names of one file, and of the list of several."""
    mark = _mark(precision)
    return f"{mark}.safetensors", f".safetensors.index{mark}.json"


def _mark(precision: str) -> str:
    return f".{precision}" if precision else ""
