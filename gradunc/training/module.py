"""Training a depth network, self-supervised or supervised: one module, one loss engine."""

import math
from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn
from torchmetrics import MeanMetric

from gradunc.errors import InputError
from gradunc.losses import LossEngine, LossInputs, LossResult
from gradunc.models import DepthModel
from gradunc.models.checkpoints.entry import entry_of
from gradunc.ops.geometry import pose_matrix, warp
from gradunc.training.finite_steps import FiniteSteps
from gradunc.training.guarded_module import GuardedModule
from gradunc.training.optimization import Optimization
from gradunc.training.pareto import pareto_loss
from gradunc.training.teacher import Teacher
from gradunc.types import STEREO, DepthPrediction, Sample


class DepthTraining(GuardedModule):
    """Steps of training and validation.

    Args:
        depth_model: the network that is trained, of a family or adapted (`gradunc/models/contract.py`).
        engine: the loss.
        frames: ids of `sources` in their order: integers are temporal neighbours, whose motion `pose_network`
            predicts; "s" is the other camera, whose pose the data set knows [m].
        pose_network: two frames -> axis-angle and translation; needed exactly for temporal frames.
        optimization: optimiser and schedule.
        config: resolved configuration as plain values, stored in checkpoints.
        finite_steps: what is done about losses and gradients that are not finite.
        teacher: whose depth is learned in the place of the true one.
        auto_mask_after: optimiser steps of a training that the auto-mask waits; validation always has it.
        motion_network: the target and a source that it explains by the camera's motion alone -> how far points have
            moved by themselves (B,3,h,w); needed exactly for losses of such a field.
        motion_after: optimiser steps of a training in which nothing moves by itself; in validation it always may.
        mixing: "pareto" weighs the parts of a mixture anew in every step of a training, see `pareto_loss`.
        reject: share of the pixels of an image of `pseudo` truth that does not count, see `without_largest`.

    Raises:
        InputError: neighbours in time without a pose network, or a network of which no depth follows that this loss
            could compare.
    """

    depth_model: DepthModel

    def __init__(
        self,
        depth_model: DepthModel,
        engine: LossEngine,
        frames: Sequence[int | str] = (),
        pose_network: nn.Module | None = None,
        optimization: Optimization | None = None,
        config: dict[str, Any] | None = None,
        finite_steps: FiniteSteps | None = None,
        teacher: Teacher | None = None,
        auto_mask_after: int = 0,
        mixing: str = "weights",
        reject: float = 0.0,
        *,
        motion_network: nn.Module | None = None,
        motion_after: int = 0,
    ) -> None:
        super().__init__(depth_model, finite_steps or FiniteSteps())
        depth_model.check_trainable({str(need): name for need, name in engine.needs.items()})
        own = depth_model.own_uncertainty
        if engine.head and (own is None or own.kind != engine.head):
            raise InputError(
                f"a loss trains an uncertainty head that this network lacks; set model.uncertainty_head={engine.head}, "
                f"or adapt(..., own_uncertainty=OwnUncertainty('{engine.head}'))"
            )
        self.engine = engine
        self.frames, self.teacher, self.auto_mask_after = tuple(frames), teacher, auto_mask_after
        self.mixing, self.reject = mixing, reject
        self.motion_network, self.motion_after = motion_network, motion_after
        if pose_network is None and any(frame != STEREO for frame in self.frames):
            raise InputError(
                f"objective.frames={list(frames)} has neighbours in time; their motion needs a pose network"
            )
        self.pose_network = pose_network
        self.optimization = optimization or Optimization()
        self.config = config or {}
        self.total_steps: int | None = None
        """Optimiser steps that the schedule was made for; None of one that does not depend on their number."""
        # NaN stays NaN: by default these means leave it out.
        self.means = nn.ModuleDict({name: MeanMetric(nan_strategy=math.nan) for name in ("loss", *engine.terms)})

    def on_fit_start(self) -> None:
        """Training mode: Lightning keeps the mode it finds, and networks that were loaded are in eval mode."""
        self.depth_model.train()

    def training_step(self, batch: Sample, batch_idx: int) -> dict[str, Any]:
        """Loss of an augmented batch.

        Raises:
            InputError: a loss that is not finite, or on a GPU that of the batch before; see `FiniteSteps`.
        """
        prediction, result = self._losses(batch)
        losses = {"loss": result.total, **result.parts}
        self.log_dict({f"train/{name}": part for name, part in losses.items()})
        if self.finite_steps.policy.skip:
            self.log("train/skipped", float(self.finite_steps.policy.skipped))
        loss = self.finite_steps.check_losses(batch, losses)
        return {"loss": loss, "prediction": _detached(prediction), "maps": result.maps}

    def validation_step(self, batch: Sample, batch_idx: int) -> dict[str, Any]:
        """Loss of a batch as it is."""
        prediction, result = self._losses(batch)
        for name, value in {"loss": result.total, **result.parts}.items():
            cast(MeanMetric, self.means[name]).update(value.detach(), weight=len(batch["image"]))
        return {"loss": result.total, "prediction": prediction, "maps": result.maps}

    def _losses(self, batch: Sample) -> tuple[DepthPrediction, LossResult]:
        image = batch.get("augmented_image", batch["image"])
        prediction = self.depth_model.all_scales(image)
        others = self._of_sources(batch) if "source_prediction" in self.engine.needs else []
        learned = batch if self.teacher is None else self.teacher.taught(batch)
        # View synthesis and logarithms lose too much in half precision.
        with torch.autocast(self.device.type, enabled=False):
            prediction = _float32(prediction)
            inputs = LossInputs(learned, prediction, self.depth_model.to_depth)
            inputs.own_uncertainty = self.depth_model.own_uncertainty
            inputs.to_disparity = self.depth_model.to_disparity
            inputs.rejected = self.reject
            inputs.auto_masked = not self.training or self.global_step >= self.auto_mask_after
            if self.frames:
                inputs.poses = self.poses(batch)
                inputs.motions = self._motions(batch, inputs)
            inputs.source_predictions = tuple(_float32(one) for one in others)
            result = self.engine(inputs)
            if self.training and self.mixing == "pareto":
                shared = [one for one in self.depth_model.parameters() if one.requires_grad]
                result = result._replace(total=pareto_loss(self.engine, inputs, shared))
            if self.teacher is not None:
                taught = torch.where(inputs.tensor("valid"), inputs.tensor("depth"), torch.nan)
                result = result._replace(maps={**result.maps, "taught": taught})
            return prediction, result

    def _motions(self, batch: Sample, inputs: LossInputs) -> Tensor | None:
        """How far points move by themselves until each source, (B,N,3,h,w); None without a network for it.

        It is shown the sources as the camera's motion explains them, and neither depth nor that motion learns by it.
        """
        if self.motion_network is None:
            return None
        image = batch.get("augmented_image", batch["image"])
        depth = inputs.depth(0, (image.shape[-2], image.shape[-1])).detach()
        poses, intrinsics = inputs.poses.detach().unbind(1), inputs.tensor("intrinsics")
        fields = [
            self.motion_network(image, warp(source, depth, intrinsics, pose)[0])
            for source, pose in zip(self._seen_sources(batch), poses, strict=True)
        ]
        # All weights keep a gradient while the field waits: several devices wait for each other's.
        waits = self.training and self.global_step < self.motion_after
        return torch.stack(fields, 1) * (0.0 if waits else 1.0)

    def _seen_sources(self, batch: Sample) -> tuple[Tensor, ...]:
        """The source views as the networks see them, (B,3,h,w) each."""
        if "sources" not in batch:
            raise InputError(
                f"the data set delivers no source views, but objective.frames={list(self.frames)} needs them"
            )
        return batch.get("augmented_sources", batch["sources"]).unbind(1)

    def _of_sources(self, batch: Sample) -> list[DepthPrediction]:
        return [self.depth_model.all_scales(source) for source in self._seen_sources(batch)]

    def poses(self, batch: Sample) -> Tensor:
        """Motion from the target to every source, (B,N,4,4): predicted in time, known across the stereo pair."""
        image = batch.get("augmented_image", batch["image"])
        sources = self._seen_sources(batch)
        poses = []
        for position, (frame, source) in enumerate(zip(self.frames, sources, strict=True)):
            if isinstance(frame, str):
                poses.append(_known_pose(batch, position))
                continue
            assert self.pose_network is not None, "checked at construction"
            # Always in temporal order: a source before the target is the first frame, and the motion is inverted.
            before = frame < 0
            pair = (source, image) if before else (image, source)
            axis_angle, translation = self.pose_network(*pair)
            poses.append(pose_matrix(axis_angle.float(), translation.float(), invert=before))
        return torch.stack(poses, 1)

    def on_validation_epoch_start(self) -> None:
        """Begin the means anew."""
        super().on_validation_epoch_start()
        for mean in self.means.values():
            cast(MeanMetric, mean).reset()

    def on_validation_epoch_end(self) -> None:
        """Log the means over all samples of all processes.

        Not left to `log(sync_dist=True)`: Lightning averages processes, and they hold unequal numbers of samples.
        """
        self.log_dict({f"val/{name}": cast(MeanMetric, mean).compute() for name, mean in self.means.items()})

    def configure_optimizers(self) -> Any:
        """Optimiser and schedule over all networks that train."""
        return self.optimization.configure(self, self._count_steps, self.depth_model.backbone)

    def _count_steps(self) -> int:
        self.total_steps = int(self.trainer.estimated_stepping_batches)
        # To count, Lightning (2.6) makes the loader before it restores a checkpoint, and then never gives it its state:
        # a resumed run would see the first epoch again. Forgotten, it is made once more when the loops are restored.
        self.trainer.fit_loop._combined_loader = None
        return self.total_steps

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add what `load_model` builds the network from, the configuration, and the length of the schedule."""
        super().on_save_checkpoint(checkpoint)
        entry = entry_of(self.depth_model)
        checkpoint["gradunc"] = {**entry, "config": self.config, "total_steps": self.total_steps}


def _known_pose(batch: Sample, position: int) -> Tensor:
    pose = batch.get("source_pose")
    if pose is None or bool(pose[:, position].isnan().any()):
        raise InputError("the pose of the other camera is unknown in this data set; choose objective=mono")
    return pose[:, position]


def _float32(prediction: DepthPrediction) -> DepthPrediction:
    return prediction._replace(
        depth=prediction.depth.float(),
        scales=tuple(x.float() for x in prediction.scales),
        log_scale=None if prediction.log_scale is None else prediction.log_scale.float(),
        uncertainty_scales=tuple(x.float() for x in prediction.uncertainty_scales),
        extras={name: values.float() for name, values in prediction.extras.items()},
    )


def _detached(prediction: DepthPrediction) -> DepthPrediction:
    return DepthPrediction(depth=prediction.depth.detach())
