"""Beside the customary pipeline (benchmarks/customary.py): the same augmentation, and losses that miss no pyramid."""

import colorsys
import math

import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks import customary
from gradunc.data.loading.augmentation import augment, sample_draws
from gradunc.data.loading.collate import collate
from gradunc.data.loading.datamodule import DepthData, to_float
from gradunc.data.recorded.frames import Frame, FrameDataset, ImageFile
from gradunc.losses import LossEngine, LossInputs
from gradunc.losses.smoothness import smoothness
from gradunc.types import DepthPrediction

COUNT = 2000
NAMES = ("brightness", "contrast", "saturation", "hue")


def draws(count: int = COUNT) -> torch.Tensor:
    """Of one sample in many epochs."""
    return torch.cat([sample_draws(0, epoch, [5]) for epoch in range(count)])


def jittered(image: torch.Tensor, count: int = COUNT, **widths: float) -> torch.Tensor:
    """(count,3,h,w): one image (3,h,w) under many jitters, of the operations named only."""
    widths = {name: widths.get(name, 0.0) for name in NAMES}
    batch = {"image": image.expand(count, -1, -1, -1)}
    return augment(batch, draws(count), flip=0, jitter=1, **widths)["augmented_image"]


def pixels(*colours: tuple[float, float, float]) -> torch.Tensor:
    """(3,1,n)."""
    return torch.tensor(colours).T[:, None]


def measured(name: str) -> torch.Tensor:
    """The factors of many jitters, read off the colours that they make."""
    if name == "brightness":
        return jittered(pixels((0.4, 0.4, 0.4)), brightness=0.2)[:, 0, 0, 0] / 0.4
    if name == "contrast":
        image = jittered(pixels((0.4, 0.4, 0.4), (0.6, 0.6, 0.6)), contrast=0.2)[:, 0, 0]
        return (image[:, 1] - image[:, 0]) / 0.2
    image = jittered(pixels((0.6, 0.4, 0.4)), **{name: 0.1 if name == "hue" else 0.2})[:, :, 0, 0]
    if name == "saturation":
        return (image[:, 0] - image[:, 1]) / 0.2
    turns = torch.tensor([colorsys.rgb_to_hsv(*colour)[0] for colour in image.tolist()])
    return torch.where(turns > 0.5, turns - 1, turns)


@pytest.fixture(scope="module")
def published() -> list[customary.Jitter]:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return [customary.Jitter() for _ in range(COUNT)]


@pytest.mark.parametrize("number", range(4))
def test_factors_are_drawn_alike(published, number):
    theirs = torch.tensor([jitter.factors[number] for jitter in published])
    ours = measured(NAMES[number])
    low, high = customary.RANGES[number]
    width = (high - low) / 2
    assert low - 1e-3 <= ours.min() < low + 0.02 * width
    assert high + 1e-3 >= ours.max() > high - 0.02 * width
    # Four standard deviations of the difference of two means of a uniform variable, and of their spreads.
    assert abs(ours.mean() - theirs.mean()) < 4 * width / math.sqrt(3) * math.sqrt(2 / COUNT)
    assert float(ours.std() / theirs.std()) == pytest.approx(1, abs=4 * math.sqrt(0.4 / COUNT))
    quantiles = torch.linspace(0.1, 0.9, 9)
    assert (ours.quantile(quantiles) - theirs.quantile(quantiles)).abs().max() < 0.1 * width


def test_orders_of_the_operations_are_drawn_alike(published):
    """Each of the 24 orders as often as any other: chi squared with 23 degrees, 99.9% below 49.7."""
    for orders in (draws()[:, 6:10].argsort(1).tolist(), [jitter.order for jitter in published]):
        counts = np.unique([int("".join(map(str, order))) for order in orders], return_counts=True)[1]
        assert len(counts) == 24
        assert ((counts - COUNT / 24) ** 2 / (COUNT / 24)).sum() < 49.7


def test_odds_are_independent_halves():
    first = draws()[:, :2] < 0.5
    with torch.random.fork_rng():
        torch.manual_seed(0)
        second = torch.tensor([customary.draw() for _ in range(COUNT)])
    spread = 4 * math.sqrt(0.25 / COUNT)
    for chosen in (first, second):
        assert chosen.float().mean(0).tolist() == pytest.approx([0.5, 0.5], abs=spread)
        assert float(chosen.all(1).float().mean()) == pytest.approx(0.25, abs=spread)


@pytest.fixture
def picture() -> Image.Image:
    """Colours of all kinds, smooth."""
    coarse = np.random.default_rng(0).integers(30, 226, (4, 5, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((20, 12), Image.Resampling.BICUBIC)


def to_tensor(image: Image.Image) -> torch.Tensor:
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 255


def test_the_same_parameters_make_the_same_image(picture, published):
    """Up to the rounding to 8 bits between the operations of the customary pipeline, and Pillow's coarse hue."""
    differences = []
    for jitter in published[:100]:
        spread = [(factor - 1) / 0.2 for factor in jitter.factors[:3]] + [jitter.factors[3] / 0.1]
        order = torch.tensor(jitter.order).argsort() / 4  # the rank of each operation, as a key to sort by
        draw = torch.cat([torch.zeros(2), (torch.tensor(spread) + 1) / 2, order])[None]
        ours = augment({"image": to_tensor(picture)[None]}, draw, flip=0, jitter=1)["augmented_image"][0]
        differences.append((255 * (ours - to_tensor(jitter(picture)))).abs())
    differences = torch.stack(differences)
    assert differences.mean() < 2
    assert differences.quantile(0.99) < 8


def test_pixels_have_the_same_mean_and_spread(picture, published):
    """Of every pixel and channel over many draws, mirrored and unmirrored, jittered or not."""
    image = to_tensor(picture)
    ours = augment({"image": image.expand(COUNT, -1, -1, -1)}, draws())["augmented_image"]
    with torch.random.fork_rng():
        torch.manual_seed(1)
        theirs = []
        for jitter in published:
            mirrored, changed = customary.draw()
            one = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if mirrored else picture
            theirs.append(to_tensor(jitter(one) if changed else one))
    theirs = torch.stack(theirs)
    error = 4 * theirs.std(0) * math.sqrt(2 / COUNT) + 1 / 255
    assert ((ours.mean(0) - theirs.mean(0)).abs() < error).float().mean() > 0.995
    assert ((ours.std(0) / theirs.std(0)).log().abs() < 0.12).all()
    for channel in range(3):
        one, other = ours[:, channel].mean((1, 2)), theirs[:, channel].mean((1, 2))
        assert abs(one.mean() - other.mean()) < 4 * other.std() * math.sqrt(2 / COUNT) + 0.5 / 255
        assert float(one.std() / other.std()) == pytest.approx(1, abs=0.08)


@pytest.fixture
def street(tmp_path) -> FrameDataset:
    """A recording whose picture moves by two pixels a frame."""
    draw = np.random.default_rng(1)
    total = np.full((120, 420, 3), 110.0)
    for rows, columns, strength in ((5, 14, 150), (30, 105, 60), (120, 420, 25)):
        noise = Image.fromarray(draw.integers(0, 256, (rows, columns, 3), dtype=np.uint8))
        total += (np.asarray(noise.resize((420, 120), Image.Resampling.BICUBIC), dtype=float) / 255 - 0.5) * strength
    files = []
    for number in range(3):
        path = tmp_path / f"{number}.jpg"
        part = np.clip(total[:, 2 * number : 2 * number + 400], 0, 255).astype(np.uint8)
        Image.fromarray(part).save(path, quality=92)
        files.append(ImageFile(path))
    matrix = np.array([[300.0, 0, 200], [0, 300, 60], [0, 0, 1]])
    frame = Frame(files[1], "one", matrix, (120, 400), sources=(files[0], files[2]))
    return FrameDataset([frame], (64, 208))


def test_losses_need_no_pyramid(street):
    """The full-size images are all that the loss at four scales reads; its edges are those of the LANCZOS pyramid."""
    loaded = DepthData(lambda _: street, batch_size=1)
    (batch,) = (to_float(one) for one in loaded.test_dataloader())
    assert batch["image"].shape == (1, 3, 64, 208)
    assert batch["sources"].shape == (1, 2, 3, 64, 208)
    disparities = [0.02 + 0.3 * torch.rand(1, 1, 64 >> s, 208 >> s, generator=_seeded(s)) for s in range(4)]
    prediction = DepthPrediction(1 / disparities[0], scales=tuple(disparities))
    inputs = LossInputs(batch, prediction, lambda disparity: 1 / disparity, poses=torch.eye(4).expand(1, 2, 4, 4))
    result = LossEngine({"photometric": 1.0, "smoothness": 1.0})(inputs)
    levels = customary.pyramid(Image.open(street.frames[0].image.path), (64, 208))
    expected = [smoothness(disparities[s], to_tensor(level)[None]) / 2**s for s, level in enumerate(levels)]
    assert result.total.isfinite()
    assert float(result.parts["smoothness"]) == pytest.approx(float(sum(expected) / 4), rel=0.02)


def test_views_are_near_those_of_the_customary_pipeline(street):
    batch = collate([street[0]])
    sample = customary.load(
        [street.frames[0].image.path, *(source.path for source in street.frames[0].sources)],
        (64, 208),
        mirrored=False,
        jittered=False,
    )
    views = torch.cat([batch["image"][:, None], batch["sources"]], 1)[0] / 255
    for view, image in enumerate(views):
        difference = image - sample[f"plain {view} 0"]
        # LANCZOS is sharper than an antialiased bilinear resize: details differ, brightness does not.
        assert difference.abs().mean() < 3 / 255
        assert abs(difference.mean()) < 0.1 / 255
        assert torch.equal(sample[f"jittered {view} 3"], sample[f"plain {view} 3"])


def _seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
