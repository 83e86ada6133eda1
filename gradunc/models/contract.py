"""What this package asks of a depth network: the contract of networks of a family and of adapted networks."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from torch import Tensor, nn

from gradunc.ops.quantities import of_depth
from gradunc.own_uncertainty import OwnUncertainty
from gradunc.types import DepthPrediction, OutputSpace


class DepthModel(nn.Module, ABC):
    """Image (B,3,H,W) in [0,1], of any height and width -> `DepthPrediction` of the same size.

    Two classes keep the contract: `EncoderDecoder`, what the families build, and `AdaptedModel`, what `adapt` makes of
    a module of somebody else. Prediction needs `forward`, `output_space` and `resize_depth`; training needs
    `all_scales`, `to_depth`, `check_trainable` and, for a learning rate of its own, `backbone`; checkpoints and
    exports need `KIND` and `description`.
    """

    KIND: ClassVar[str]
    """Under which key checkpoints and exports keep `description`."""
    output_space: OutputSpace
    """What the numbers of `DepthPrediction.depth` mean."""
    own_uncertainty: OwnUncertainty | None = None
    """What its second output means; None if it has none."""
    mean: Tensor
    """(1,3,1,1) buffer: of red, green and blue, subtracted from the image in [0,1]; it lies where the network does."""
    std: Tensor
    """(1,3,1,1) buffer: what the difference is divided by."""
    multiple: int
    """Images are padded to multiples of it [px]; training sizes should be some."""
    size: tuple[int, int]
    """Height and width [px] of the images that it is trained on; absent if nobody has said it."""

    @property
    @abstractmethod
    def backbone(self) -> nn.Module | None:
        """The part that `objective.encoder_learning_rate` is for, None if there is none."""

    @abstractmethod
    def all_scales(self, image: Tensor) -> DepthPrediction:
        """What losses are computed from: a prediction with every activation that is to be trained.

        Args:
            image: (B,3,H,W) float in [0,1].

        Returns:
            `scales` holds at least one activation, finest first, (B,1,ceil(H/2^i),ceil(W/2^i)); `uncertainty_scales`
            as many of the uncertainty head, or nothing for a network without one.
        """

    @abstractmethod
    def to_depth(self, activation: Tensor) -> Tensor:
        """An activation of `scales`, resized or not, (B,1,h,w) -> depth, (B,1,h,w) [m, or the network's unit]."""

    def to_disparity(self, activation: Tensor) -> Tensor:
        """An activation of `scales`, (B,1,h,w) -> disparity, (B,1,h,w), the inverse of its depth if it is no other."""
        if self.output_space.quantity == "disparity":
            return activation
        return of_depth(self.to_depth(activation), "disparity")

    @abstractmethod
    def check_trainable(self, needs: Mapping[str, str]) -> None:
        """Raise `InputError` if a loss cannot be computed.

        Args:
            needs: what losses need of a network ("output_depth", "positive_depth", ...) -> the name of one that does, a
                key of `objective.losses`.
        """

    @abstractmethod
    def resize_depth(self, depth: Tensor, size: tuple[int, int]) -> Tensor:
        """Resize a depth map of this model, (B,1,h,w) -> (B,1,*size), in the quantity that may be averaged."""

    @abstractmethod
    def description(self) -> dict[str, Any]:
        """Plain values, storable as JSON, from which `load_model` builds the network that weights are loaded into."""
