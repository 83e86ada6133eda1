"""Where the time of one estimate goes: its stages one by one, beside what each would cost at best."""

import torch
from timing import interleaved
from torch import Tensor

from gradunc import GradientUncertainty
from gradunc.models import EncoderDecoder
from gradunc.types import DepthPrediction
from gradunc.uncertainty.gradient.capture import Captured, backpropagate, capture
from gradunc.uncertainty.gradient.losses import Comparison, squared
from gradunc.uncertainty.gradient.maps import LayerMap, layer_map, to_image
from gradunc.uncertainty.gradient.recording import Recording
from gradunc.uncertainty.session import evaluation


class _Stages:
    """One estimate with layer 6 and flip, cut where the stages meet; later stages use what earlier ones left."""

    def __init__(self, model: EncoderDecoder, image: Tensor) -> None:
        self.model = model
        self.image = image.contiguous(memory_format=torch.channels_last)
        self.estimator = GradientUncertainty(model)
        self.size = (image.shape[-2], image.shape[-1])
        self.reference = image.new_empty(0)
        self.prediction = DepthPrediction(self.reference)
        self.captured = Captured(())
        self.loss = self.reference
        self.gradient = self.reference
        self.map = LayerMap(self.reference, (0, 0))

    @torch.inference_mode()
    def plain(self) -> None:
        self.model(self.image)

    @torch.inference_mode()
    def encode(self) -> None:
        self.model.encode(self.image)

    def predict_reference(self) -> None:
        with torch.no_grad():
            self.reference = self.model(self.image.flip(-1)).depth.flip(-1)

    def record(self) -> None:
        with evaluation(self.model), capture(self.model, self.estimator.layers) as self.captured, Recording():
            self.prediction = self.model(self.image)

    def compare(self) -> None:
        with torch.enable_grad():
            self.loss = squared(Comparison(self.prediction.depth, self.reference[None]))

    def back(self) -> None:
        def keep(gradient: Tensor) -> None:
            self.gradient = gradient

        backpropagate(self.loss, self.captured, keep)

    def reduce(self) -> None:
        layer = layer_map(self.gradient, self.image, self.model)
        self.map = layer._replace(values=self.estimator.channels(layer.values))

    def resize(self) -> None:
        to_image(self.map, self.size).isfinite()


def print_stages(model: EncoderDecoder, image: Tensor, repeats: int) -> None:
    """Print milliseconds per stage of an estimate with layer 6 and flip."""
    stages = _Stages(model, image)
    times = interleaved(
        {
            "plain forward": stages.plain,
            "encoder of it": stages.encode,
            "reference": stages.predict_reference,
            "recorded forward": stages.record,
            "loss": stages.compare,
            "backward to layer 6": stages.back,
            "channels": stages.reduce,
            "resize": stages.resize,
        },
        repeats,
        image.device,
    )
    plain = times["plain forward"]
    limits = {"reference": 1.0, "recorded forward": 1.0}
    print("\nstages of layer 6, flip: milliseconds, plain forwards, limit")
    for name, seconds in times.items():
        limit = f"{limits[name]:5.2f}" if name in limits else ""
        print(f"  {name:<20} {1000 * seconds:8.1f}   {seconds / plain:5.3f}   {limit}")
    total = sum(list(times.values())[2:])
    print(f"  {'sum of the stages':<20} {1000 * total:8.1f}   {total / plain:5.3f}")
