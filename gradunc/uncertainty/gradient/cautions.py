"""Kinds of networks on which gradient scores ranked worse than the row of the pixel when they were judged."""

from torch import nn

from gradunc.ops.wrappers import layer_root


def caution(model: nn.Module) -> str | None:
    """What a user should know before the scores of such a network are trusted; None for other kinds.

    Attention: on the one such network that was judged (linear head in metres, 47 street frames of others), the settings
    that were recommended then had an AUSE of abs_rel of 0.105, and the row of the pixel 0.072 (docs/scoring.md). On
    rendered streets a Lite-Mono had 0.051 and 0.074, a MonoViT 0.066 and 0.082, a PixelFormer 0.123 and 0.127, an
    AdaBins 0.120 and 0.107 (docs/models.md).

    Sigmoid times the greatest depth: on rendered streets a small DPT had 0.121 and 0.105, with a disparity head 0.105
    and 0.103; two other such networks showed no difference (docs/models.md).
    """
    root = layer_root(model)
    if any(
        isinstance(one, nn.MultiheadAttention) or "attention" in type(one).__name__.lower() for one in root.modules()
    ):
        return (
            f"{type(root).__name__} has attention layers; on the one such network that was judged on real images, the "
            "row of the pixel ranked errors better: compare with trivial_row, infer.py benchmark, before you rely on "
            "the score"
        )
    if any(type(one).__name__ == "SigmoidDepthHead" for one in root.modules()):
        return (
            f"{type(root).__name__} ends in metres by a sigmoid; on one of the three such networks that were judged, "
            "the row of the pixel ranked errors better: compare with trivial_row, infer.py benchmark, before you rely "
            "on the score"
        )
    return None
