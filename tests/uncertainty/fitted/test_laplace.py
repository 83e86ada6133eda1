"""The last-layer Laplace approximation against the dense computation, with every Jacobian and inverse written out."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gradunc.models import build_model
from gradunc.models.parts.blocks import conv3x3
from gradunc.ops.memory import peak_bytes
from gradunc.types import DepthPrediction
from gradunc.uncertainty.fitted import holding_out
from gradunc.uncertainty.fitted.laplace import LastLayerLaplace
from gradunc.uncertainty.fitted.posterior import evidence_precision
from gradunc.uncertainty.learned import checksum
from gradunc.uncertainty.passes import plain, shared_passes
from tests.helpers import tiny_settings
from tests.uncertainty.fitted.straight import SPACE, Straight, data
from tests.uncertainty.networks import noise


class Tiny(nn.Module):
    """Features, a convolution with one channel, and what stands behind it: nothing, a crop or a resize."""

    output_space = SPACE

    def __init__(self, head: nn.Module, behind: str = "") -> None:
        super().__init__()
        torch.manual_seed(3)
        self.features, self.head, self.behind = nn.Conv2d(3, 2, 3, padding=1), head, behind
        for parameter in self.parameters():
            nn.init.normal_(parameter, std=0.5)
        self.double().eval()

    def forward(self, image: Tensor) -> DepthPrediction:
        size = (image.shape[-2], image.shape[-1])
        x = image.double()
        if "resize" in self.behind:
            x = F.interpolate(x, scale_factor=0.5, mode="bilinear")
        if "crop" in self.behind:
            x = F.pad(x, (0, 3, 0, 2), mode="replicate")
        z = self.head(self.features(x).tanh())
        if self.behind == "resize":
            z = F.interpolate(z, size, mode="bilinear", align_corners=False)
        elif self.behind == "corners":
            z = F.interpolate(z, (2 * size[0], 2 * size[1]), mode="bilinear", align_corners=True)
        depth = 1 / (0.1 + z.sigmoid())
        if self.behind == "disparity resize":
            depth = 1 / F.interpolate(0.1 + z.sigmoid(), size, mode="bilinear", align_corners=False)
        return DepthPrediction(depth[..., : size[0], : size[1]])


HEADS = {
    "zeros": lambda: nn.Conv2d(2, 1, 3, padding=1),
    "reflect": lambda: conv3x3(2, 1),
    "replicate, no bias": lambda: nn.Conv2d(2, 1, 3, padding=1, padding_mode="replicate", bias=False),
    "1x1": lambda: nn.Conv2d(2, 1, 1),
}


def value_of(model: nn.Module, image: Tensor, space: str) -> Tensor:
    depth = model(image).depth
    return {"depth": depth, "disparity": 1 / depth, "log_depth": depth.log()}[space]


def jacobian(model: nn.Module, image: Tensor, space: str, head: nn.Module) -> Tensor:
    """(pixels, D): row by row, by ordinary backward passes to the weights."""
    weights = [one for one in (head.weight, head.bias) if one is not None]
    values = value_of(model, image, space).flatten()
    rows = [torch.autograd.grad(one, weights, retain_graph=True) for one in values]
    return torch.stack([torch.cat([part.flatten() for part in row]) for row in rows])


def held_out(number: int) -> bool:
    """Of images without scenes: the second, and the seventh, when a fifth of six images is more than one."""
    return number in (1, 6)


@pytest.mark.parametrize("space", ["depth", "disparity", "log_depth"])
@pytest.mark.parametrize(
    ("head", "behind"),
    [*((head, "") for head in HEADS), ("reflect", "crop"), ("zeros", "resize"), ("reflect", "corners"),
     ("reflect", "disparity resize")],
)  # fmt: skip
def test_it_is_the_dense_computation(head, behind, space):
    model, prior = Tiny(HEADS[head](), behind), 0.3
    estimator = LastLayerLaplace(model, space, layer="head", prior_precision=prior)
    estimator.fit(data())
    image, truth, valid = (torch.cat([batch[name] for batch in data()]) for name in ("image", "depth", "valid"))
    target = {"depth": truth, "disparity": 1 / truth, "log_depth": truth.log()}[space].double()
    with torch.no_grad():
        errors = [(target[i] - value_of(model, image[i : i + 1], space)[0])[valid[i]] for i in range(7)]
    rows = [jacobian(model, image[i : i + 1], space, model.head) for i in range(7)]
    fitted = [i for i in range(7) if not held_out(i)]
    variance = torch.cat([errors[i] for i in fitted]).square().mean()
    hessian = sum(rows[i].T @ rows[i] for i in fitted) / variance
    sigma = torch.linalg.inv(hessian + prior * torch.eye(len(hessian)))
    dense = [torch.diag(one @ sigma @ one.T) for one in rows]
    kept = [errors[i].square() / dense[i].view(1, *image.shape[-2:])[valid[i]] for i in range(7) if held_out(i)]
    factor = torch.cat(kept).mean()
    assert estimator.learned()["temperature"].item() == pytest.approx(factor.item(), rel=1e-4)
    found = estimator.estimate(image)
    expected = torch.stack([(factor * one).sqrt().view(1, *image.shape[-2:]) for one in dense])
    torch.testing.assert_close(found.uncertainty.double(), expected, rtol=1e-3, atol=1e-6)
    assert torch.equal(found.uncertainty, found.epistemic)
    assert found.valid.all()
    assert estimator.scale.quantity == space


def test_variances_are_not_what_is_resized():
    """Half way between two cells with features (1,0) and (0,1): the variance is that of (1/2,1/2), not the mean."""

    class Halves(nn.Module):
        output_space = SPACE

        def __init__(self) -> None:
            super().__init__()
            self.head = nn.Conv2d(2, 1, 1, bias=False)
            nn.init.constant_(self.head.weight, 3.0)

        def forward(self, image: Tensor) -> Tensor:
            size = (image.shape[-2], image.shape[-1])
            return F.interpolate(self.head(image[:, :2, :, ::4]), size, mode="bilinear", align_corners=True)

    # Five columns between the two cells; the middle one is half way.
    image = torch.zeros(1, 3, 5, 5)
    image[:, 0, :, 0] = image[:, 1, :, 4] = 1
    truth = torch.full((1, 1, 5, 5), 3.5)
    estimator = LastLayerLaplace(Halves(), "depth", prior_precision=0.1)
    estimator.fit([{"image": image.repeat(2, 1, 1, 1), "depth": truth.repeat(2, 1, 1, 1)}])
    variance = estimator.estimate(image).uncertainty[0, 0, 2].square()
    torch.testing.assert_close(variance[0], variance[4])
    # Products of (1 - t, t) over t = 0, 1/4, ... 1: 1.875 on the diagonal, 0.625 beside it, of five rows; s = 1/2.
    hessian = torch.tensor([[1.875, 0.625], [0.625, 1.875]]) * 5 / 0.25 + 0.1 * torch.eye(2)
    sigma = torch.linalg.inv(hessian)
    expected = (sigma.sum() / 4 / sigma[0, 0]).item()
    assert (variance[2] / variance[0]).item() == pytest.approx(expected, rel=1e-4)
    assert expected < 0.7


def test_the_network_stays_as_it_is_and_the_batches_do_not_matter():
    model = build_model(tiny_settings()).eval()
    before = checksum(model)
    batches = data(4, (64, 96))
    one, other = LastLayerLaplace(model), LastLayerLaplace(model)
    one.fit(batches)
    other.fit(
        [
            {name: value[i : i + 1] for name, value in batch.items()}
            for batch in batches
            for i in range(len(batch["image"]))
        ]
    )
    assert checksum(model) == before
    assert one.options()["layer"] == "decoder.heads.0"
    image = noise(2, 50, 70)
    found = one.estimate(image).uncertainty
    assert torch.equal(found, other.estimate(image).uncertainty)
    assert found.std() > 0


def test_the_temperature_finds_a_planted_scale():
    """Held-out errors are drawn with 100 times the variance that Sigma of the other images says."""
    model, prior, planted = Straight(), 1.0, 100.0
    image = noise(40, 10, 12, seed=8)
    phi = torch.cat([image, torch.ones_like(image[:, :1])], 1).movedim(1, -1).double()
    normal = torch.randn(40, 10, 12, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    own = [i for i in range(40) if not _taken(i)]
    seen = phi[own].reshape(-1, 4)
    sigma = torch.linalg.inv(seen.T @ seen / normal[own].square().mean() + prior * torch.eye(4))
    spread = torch.einsum("...d,de,...e->...", phi, sigma, phi)
    errors = torch.stack([(planted * spread[i]).sqrt() * normal[i] if _taken(i) else normal[i] for i in range(40)])
    with torch.no_grad():
        truth = model(image).double() + errors[:, None]
    estimator = LastLayerLaplace(model, "depth", prior_precision=prior)
    estimator.fit([{"image": image, "depth": truth.float(), "valid": truth > 0}])
    assert estimator.learned()["temperature"].item() == pytest.approx(planted, rel=0.1)
    expected = (planted * spread).sqrt()
    torch.testing.assert_close(estimator.estimate(image).uncertainty[:, 0].double(), expected, rtol=0.05, atol=0.0)


def _taken(number: int) -> bool:
    held = [False]
    for count in range(1, 40):
        held.append(sum(held) < 0.2 * count)
    return held[number]


def test_more_uncertain_where_the_error_is_larger():
    """Higher = worse: weights fitted by least squares to noisy depth of dark images are wrong for bright ones."""
    image = torch.cat([0.3 * noise(12, 6, 8, seed=2), noise(4, 6, 8, seed=9)])
    generator = torch.Generator().manual_seed(1)
    truth = 5 + image.sum(1, keepdim=True)
    noisy = truth[:12] + 0.5 * torch.randn(truth[:12].shape, generator=generator)
    phi = torch.cat([image, torch.ones_like(image[:, :1])], 1).movedim(1, -1)
    weights = torch.linalg.lstsq(phi[:12].flatten(0, 2), noisy.movedim(1, -1).reshape(-1, 1)).solution
    model = Straight()
    model.head.weight.data, model.head.bias.data = weights[:3].reshape(1, 3, 1, 1), weights[3].clone()
    estimator = LastLayerLaplace(model, "depth")
    estimator.fit([{"image": image[:12], "depth": noisy, "valid": noisy > 0}])
    estimate = estimator.estimate(image)
    score, error = estimate.uncertainty, (estimate.depth - truth).abs()
    assert score[12:].mean() > 1.5 * score[:12].mean()
    assert error[12:].mean() > 1.5 * error[:12].mean()
    order = torch.stack([values.flatten().argsort().argsort().double() for values in (score, error)])
    assert torch.corrcoef(order)[0, 1] > 0.3


def test_memory_does_not_grow_with_the_images(monkeypatch):
    monkeypatch.setattr(holding_out, "PIXELS", 300)
    model = build_model(tiny_settings()).eval()

    def peak(images: int) -> int:
        batches = ({name: value.clone() for name, value in one.items()} for one in data(2, (32, 64)) * (images // 2))
        return peak_bytes(lambda: LastLayerLaplace(model).fit(batches), torch.device("cpu"))

    assert peak(20) < 1.1 * peak(6)


def test_the_pass_that_others_share_has_no_graph():
    model, image = build_model(tiny_settings(uncertainty_head="laplace")).eval(), noise(1, 64, 96)
    estimator = LastLayerLaplace(model)
    estimator.fit(data(3, (64, 96)))
    with shared_passes():
        estimator.estimate(image)
        shared = plain(model, image)
    assert shared.log_scale is not None
    assert not any(
        one.requires_grad for one in (shared.depth, shared.log_scale, *shared.scales, *shared.uncertainty_scales)
    )


def test_scenes_are_held_out_as_a_whole():
    estimator = LastLayerLaplace(Straight(), "depth", layer="head")
    batches = [{**batch, "scene": [f"scene {i}" for _ in batch["image"]]} for i, batch in enumerate(data(9))]
    estimator.fit(batches)
    first, _, third = batches
    alone = LastLayerLaplace(Straight(), "depth", layer="head")
    alone.fit([first, third])
    # The second scene is held out, the third of them is not; with two, the second one is.
    assert estimator.learned()["held_out"]
    errors = [(batch["depth"] - 5 - batch["image"].sum(1, keepdim=True))[batch["valid"]] for batch in (first, third)]
    rms = torch.cat(errors).square().mean().sqrt()
    torch.testing.assert_close(estimator.learned()["error"].float(), rms, rtol=1e-4, atol=0.0)
    assert not torch.equal(alone.learned()["error"], estimator.learned()["error"])


def test_one_scene_is_told():
    estimator = LastLayerLaplace(Straight(), "depth", layer="head")
    estimator.fit([{**data()[0], "scene": ["street"] * 3}])
    assert not estimator.learned()["held_out"]
    assert estimator.notes[0].endswith("of the images that it has learned from, all of one scene")


def test_the_prior_precision_is_that_of_the_largest_evidence():
    """Twice the log evidence of a linear Gaussian model: D log l - l |w|^2 - log det(H + l I), up to a constant."""
    eigenvalues = torch.tensor([300.0, 20.0, 1.5, 0.2], dtype=torch.float64)
    weights = torch.tensor([1.0, -0.5, 0.3, 0.7])
    found = evidence_precision(eigenvalues, weights)

    def evidence(prior: float) -> float:
        terms = len(weights) * torch.tensor(prior).log() - prior * weights.square().sum()
        return float(terms - (eigenvalues + prior).log().sum())

    assert evidence(found) > max(evidence(found * 1.02), evidence(found / 1.02))
