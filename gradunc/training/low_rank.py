"""LoRA: an encoder keeps its weights and learns factors of low rank beside them; see `ops/low_rank.py`."""

from torch import nn

from gradunc.advice import advise
from gradunc.errors import InputError
from gradunc.models import DepthModel
from gradunc.ops.low_rank import SCALE


def adapt_encoder(model: DepthModel, rank: int) -> int:
    """Give every linear layer of the encoder factors, and let nothing else of it train.

    Args:
        model: changed in place.
        rank: of the factors.

    Returns:
        How many layers.

    Raises:
        InputError: an encoder without linear layers, or none; peft is not installed.
    """
    encoder = model.backbone
    names = [] if encoder is None else [name for name, one in encoder.named_modules() if isinstance(one, nn.Linear)]
    if encoder is None or not names:
        reason = "no encoder of its own" if encoder is None else "an encoder without linear layers"
        raise InputError(f"objective.lora_rank={rank}: this network has {reason}; omit it (transformers have them)")
    try:
        from peft import LoraConfig, inject_adapter_in_model
    except ImportError as error:
        raise InputError("objective.lora_rank needs peft: pip install 'gradunc[lora]'") from error
    inject_adapter_in_model(LoraConfig(r=rank, lora_alpha=SCALE * rank, target_modules=names), encoder)
    return len(names)


def warn_of_random_encoder(rank: int) -> None:
    """Say that what is kept was never trained."""
    advise(
        f"objective.lora_rank={rank} keeps the encoder's weights, and these are random; set model.weights=FILE or "
        "model.pretrained=true"
    )
