"""Networks of others as depth models: any module, and the depth networks of Hugging Face transformers."""

from gradunc.models.adapters.any_module import adapt
from gradunc.models.adapters.huggingface import adapt_huggingface
from gradunc.models.adapters.model import AdaptedModel, SplitAdaptedModel

__all__ = ["AdaptedModel", "SplitAdaptedModel", "adapt", "adapt_huggingface"]
