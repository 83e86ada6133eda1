"""The networks a training starts from: new, or the weights of trained ones (`model.weights`)."""

import warnings
from math import isclose
from pathlib import Path

from torch import Tensor

from gradunc.errors import InputError, path_hint
from gradunc.models.build import build_model
from gradunc.models.checkpoints.load import load_family_model
from gradunc.models.encoder_decoder import EncoderDecoder
from gradunc.models.pose.checkpoint import load_pose_network
from gradunc.models.pose.network import PoseNetwork
from gradunc.models.pose.published import is_published_pose
from gradunc.models.settings import RANGE, ModelSettings


def start_model(settings: ModelSettings) -> EncoderDecoder:
    """A new network, or with `settings.weights` one that goes on from a trained network of the same structure.

    Its input size and what `ambiguity` says may differ. A range of depth that is not stated is that of the trained
    network; another one is taken if `min_depth` and `max_depth` are both multiplied by the same number: that is another
    unit of the same depth (a network trained on video, in metres). An uncertainty head that it lacks, or has of another
    kind or quantity, begins anew, and a warning says so. `mean`, `std` and the licence of the weights
    are those of the trained network.

    Raises:
        InputError: nothing loadable there, or a network of another structure; the keys to set are named.
    """
    settings.check()
    if settings.weights is None:
        return build_model(settings)
    try:
        trained = load_family_model(settings.weights, head=settings.head)
    except InputError as error:
        raise InputError(f"model.weights: {error}") from error
    settings = settings.with_range(*trained.settings.depth_range)
    _check_same(settings, trained.settings)
    mean, std = trained.settings.mean, trained.settings.std
    model = build_model(
        settings.without_start(initial_depth=None, mean=mean, std=std, licence=trained.settings.licence)
    )
    weights = trained.state_dict()
    if trained.own_uncertainty != model.own_uncertainty:
        weights = {**_of_head(model), **{key: value for key, value in weights.items() if key not in _of_head(trained)}}
        if model.own_uncertainty is not None:
            warnings.warn(
                f"model.weights={settings.weights}: the uncertainty head ({settings.uncertainty_head}) begins anew",
                stacklevel=2,
            )
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        raise InputError(
            f"model.weights={settings.weights} is a network for images of {trained.settings.size}, whose encoder "
            f"cannot take others; set model.size={_text(trained.settings.size)}"
        ) from error
    return model


def start_pose(network: PoseNetwork, source: str) -> None:
    """Give a pose network the weights of a trained one (`objective.pose_weights`).

    Args:
        network: changed in place; it takes over how images are normalised, too.
        source: run folder of train.py, whose best checkpoint is taken, a `.ckpt`, or a folder with `pose_encoder.pth`
            and `pose.pth` as Monodepth2 publishes them.

    Raises:
        InputError: nothing there, a run without a pose network, or one with another backbone.
    """
    path = Path(source).expanduser()
    if path.is_dir() and not is_published_pose(path):
        path = next(iter(sorted(path.glob("checkpoints/best-*.ckpt"))), path / "checkpoints" / "last.ckpt")
    if not path.exists():
        raise InputError(
            f"objective.pose_weights='{source}' is neither a .ckpt file nor a run folder of train.py nor a folder with "
            f"pose_encoder.pth and pose.pth{path_hint(path)}"
        )
    try:
        trained, _ = load_pose_network(path)
    except InputError as error:
        raise InputError(f"objective.pose_weights: {error}") from error
    try:
        network.load_state_dict(trained.state_dict())
    except RuntimeError as error:
        raise InputError(
            f"objective.pose_weights='{source}' is a pose network with another backbone; set objective.pose_encoder to "
            "that of its run, or to the ResNet of the files"
        ) from error


def _of_head(model: EncoderDecoder) -> dict[str, Tensor]:
    """The weights of the uncertainty head."""
    return {key: value for key, value in model.state_dict().items() if "uncertainty_heads." in key}


def _check_same(given: ModelSettings, stored: ModelSettings) -> None:
    # A setting of the stored family that another family does not have is one to set, too.
    structure = [name for name in stored.STRUCTURE if name != "uncertainty_head"]
    different = [name for name in structure if getattr(given, name, None) != getattr(stored, name)]
    different += [name for name in ("mean", "std") if not _same_numbers(getattr(given, name), getattr(stored, name))]
    if stored.head_facts.range and not _same_unit(given, stored):
        different += stored.head_facts.range
    if different:
        keys = " ".join(f"model.{name}={_text(getattr(stored, name))}" for name in different)
        raise InputError(f"model.weights={given.weights} is another network than the one asked for; set {keys}")


def _same_unit(given: ModelSettings, stored: ModelSettings) -> bool:
    """Whether both limits differ by one factor: the depth of the same network in another unit."""
    both = zip(given.depth_range, stored.depth_range, strict=True)
    factors = [one / other for name, (one, other) in zip(RANGE, both, strict=True) if name in stored.head_facts.range]
    return all(isclose(factor, factors[0], rel_tol=1e-6) for factor in factors)


def _same_numbers(given: list[float] | None, stored: list[float] | None) -> bool:
    """Whether numbers agree, if both are given."""
    pairs = zip(given, stored, strict=True) if given is not None and stored is not None else ()
    return all(isclose(one, other, rel_tol=1e-6) for one, other in pairs)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value).replace(", ", ",")
