"""Published weights of MiDaS 2.1 (one `.pt` file) under our names: the decoder on a convolutional pyramid."""

from gradunc.errors import InputError
from gradunc.models.families.dpt.settings import DPTSettings
from gradunc.models.families.family import ONE_FILE, Files, PublishedWeights, Variant, Weights
from gradunc.models.parts.dpt_names import decoder_name, taken
from gradunc.models.parts.published import matrix_shape, tensors
from gradunc.models.parts.swin_names import renamed

ENCODERS: dict[tuple[int, ...], tuple[str, int, str]] = {
    (32, 48, 136, 384): ("tf_efficientnet_lite3", 256, "midas_small"),
    (256, 512, 1024, 2048): ("resnext101_32x8d", 384, "midas"),
}
"""Channels of the four maps -> backbone of timm, side of the images of its training [px], and `model.fusion`."""
EFFICIENTNET = (
    (r"layer1\.0\.", "conv_stem."),
    (r"layer1\.1\.", "bn1."),
    (r"layer1\.3\.", "blocks.0."),
    (r"layer1\.4\.", "blocks.1."),
    (r"layer2\.0\.", "blocks.2."),
    (r"layer3\.0\.", "blocks.3."),
    (r"layer3\.1\.", "blocks.4."),
    (r"layer4\.0\.", "blocks.5."),
    (r"layer4\.1\.", "blocks.6."),
)
"""Stages of the program's encoder, below `pretrained.` -> timm's."""
RESNET = ((r"layer1\.0\.", "conv1."), (r"layer1\.1\.", "bn1."), (r"layer1\.4\.", "layer1."))
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def recognise(files: Files) -> bool:
    """Whether the keys are those of stages of a convolutional network and of the decoder."""
    keys = files[ONE_FILE]
    return "pretrained.layer1.0.weight" in keys and "scratch.refinenet1.resConfUnit1.conv1.weight" in keys


def settings(files: Files, head: str) -> DPTSettings:
    """Settings that fit, relative; the channels say which backbone it is.

    Raises:
        InputError: a backbone that is not known.
    """
    weights = tensors(files[ONE_FILE])
    shapes = [matrix_shape(weights, f"scratch.layer{index}_rn.weight", "MiDaS 2.1") for index in range(1, 5)]
    channels = tuple(shape[1] for shape in shapes)
    known = ENCODERS.get(channels)
    if known is None:
        raise InputError(
            f"a MiDaS 2.1 on maps of {channels} channels is unknown; known: {', '.join(map(str, ENCODERS))}"
        )
    name, side, fusion = known
    return DPTSettings(
        head="relative",
        size=[side, side],
        resize="inside",
        transformer=name,
        taps=[],
        features=shapes[0][0],
        fusion=fusion,
        mean=list(MEAN),
        std=list(STD),
    )


def convert(files: Files) -> Weights:
    """The state dict of our network; keys that are not known keep their names."""
    weights = tensors(files[ONE_FILE])
    stages = RESNET if "pretrained.layer1.4.0.conv1.weight" in weights else EFFICIENTNET
    found: Weights = {}
    for key, value in weights.items():
        if key.startswith("pretrained."):
            found[f"encoder.backbone.backbone.{renamed(key.removeprefix('pretrained.'), stages)}"] = value
        elif taken(key):
            found[decoder_name(key) or key] = value
    return found


NAMES = r"midas_v21(_small)?(_256|_384)?(-[0-9a-f]+)?"
MIDAS21 = PublishedWeights(
    "MiDaS 2.1",
    (),
    recognise,
    settings,
    convert,
    {"midas_v21": Variant("MiDaS 2.1, relative disparity", {}, "MIT", NAMES)},
    "midas_v21",
)
