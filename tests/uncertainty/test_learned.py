from dataclasses import dataclass
from typing import Any, cast

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from gradunc.errors import InputError
from gradunc.uncertainty.learned import Learned, checksum, folder_beside
from gradunc.uncertainty.learned_file import Kept
from gradunc.uncertainty.settings import EstimatorSettings


@dataclass
class Options(EstimatorSettings):
    size: int = 3
    target: str = "truth"


SIZE = (32, 64)


def network(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(3, 2, 1), nn.BatchNorm2d(2))


def kept(learned: Learned, model: nn.Module) -> Kept:
    found = learned.load("a", model)
    assert found is not None
    return found


def test_what_was_saved_is_loaded(tmp_path):
    learned, model = Learned(tmp_path, {"a": Options()}, SIZE), network()
    assert learned.load("a", model) is None
    path = learned.save("a", model, {"mean": torch.tensor([1.0, 2.0])})
    assert path == learned.path("a", model)
    assert kept(learned, model).tensors["mean"].tolist() == [1.0, 2.0]
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_other_options_another_network_or_another_name_have_learned_nothing(tmp_path):
    Learned(tmp_path, {"a": Options()}, SIZE).save("a", network(), {"mean": torch.zeros(1)})
    assert Learned(tmp_path, {"a": Options(size=4)}, SIZE).load("a", network()) is None
    assert Learned(tmp_path, {"a": Options()}, SIZE).load("a", network(1)) is None
    assert Learned(tmp_path, {"b": Options()}, SIZE).load("b", network()) is None
    assert Learned(tmp_path, {"a": Options()}, SIZE).load("a", network()) is not None


def test_what_was_learned_at_one_size_is_not_that_of_another(tmp_path):
    """Statistics of features depend on the size of the images; both lie side by side."""
    options, model = {"a": Options()}, network()
    small, large = (Learned(tmp_path, options, size) for size in (SIZE, (64, 128)))
    small.save("a", model, {"mean": torch.tensor(1.0)})
    assert large.load("a", model) is None
    assert large.missing("a", model) == "learned at 32x64, asked at 64x128; run the verb fit with size=64x128"
    prepared = Learned(tmp_path, options, "32x32, in the image's shape")
    assert prepared.load("a", model) is None
    assert prepared.missing("a", model).endswith("asked at 32x32, in the image's shape; give size=32x64")
    native = Learned(tmp_path, options, None)
    assert native.missing("a", model) == "learned at 32x64, asked at each image's own size; give size=32x64"
    large.save("a", model, {"mean": torch.tensor(2.0)})
    assert [kept(one, model).tensors["mean"].item() for one in (small, large)] == [1.0, 2.0]
    assert native.missing("a", model).startswith("learned at 32x64 and 64x128, asked at")


def test_several_options_lie_side_by_side_and_the_nearest_are_named(tmp_path):
    model = network()
    truth, photometric = (Learned(tmp_path, {"a": Options(target=one)}, SIZE) for one in ("truth", "photometric"))
    assert truth.missing("a", model).startswith("learns from data before its first estimate: run the verb fit")
    assert str(truth.path("a", model)) in truth.missing("a", model)
    photometric.save("a", model, {"mean": torch.tensor(1.0)})
    assert truth.missing("a", model).startswith("learned under other options: target=photometric; give the same, or")
    truth.save("a", model, {"mean": torch.tensor(2.0)})
    assert [kept(one, model).tensors["mean"].item() for one in (truth, photometric)] == [2.0, 1.0]
    far = Learned(tmp_path, {"a": Options(size=4)}, SIZE)
    assert "options: size=3;" in far.missing("a", model), "and not that of two differences"
    assert truth.missing("a", network(1)).startswith("learns from data"), "that network has learned nothing"


def without_a_tensor(path):
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    save_file({"other": torch.zeros(4)}, path, metadata=metadata)


def with_another_value(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("spoil", [without_a_tensor, with_another_value])
def test_a_file_that_does_not_hold_what_was_written_is_damaged(tmp_path, spoil):
    learned, model = Learned(tmp_path, {"a": Options()}, SIZE), network()
    spoil(learned.save("a", model, {"mean": torch.zeros(4)}))
    with pytest.raises(InputError, match=r"is damaged \(its tensors are not those that were written\); remove it"):
        learned.load("a", model)


@pytest.mark.parametrize("error", [KeyError("mean"), RuntimeError("Error(s) in loading:\n\tsize mismatch")])
def test_an_estimator_that_cannot_use_what_was_kept_is_one_line(tmp_path, error):
    class Estimator:
        def restore(self, learned):
            raise error

    learned, model = Learned(tmp_path, {"a": Options()}, SIZE), network()
    learned.save("a", model, {"other": torch.zeros(4)})
    with pytest.raises(InputError, match=rf"^'.*' is damaged \({type(error).__name__}: [^\n]*\); remove it"):
        kept(learned, model).give(cast(Any, Estimator()), "cpu")


def test_the_checksum_sees_every_weight_and_buffer():
    assert checksum(network()) == checksum(network())
    assert checksum(network().to(memory_format=torch.channels_last)) == checksum(network())
    for name in ("0.bias", "1.running_var", "1.num_batches_tracked"):
        changed = network()
        changed.state_dict()[name].add_(1)
        assert checksum(changed) != checksum(network()), name


def test_a_damaged_file_is_named(tmp_path):
    learned, model = Learned(tmp_path, {"a": Options()}, SIZE), network()
    path = learned.save("a", model, {"mean": torch.zeros(4)})
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(InputError, match="is damaged"):
        learned.load("a", model)


def test_a_file_in_the_place_of_the_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"uncertainty\.a has learned cannot be written"):
        Learned(tmp_path / "file", {"a": Options()}, SIZE).save("a", network(), {"mean": torch.zeros(1)})


def test_where_it_lies(tmp_path):
    for name in ("run/export", "published"):
        (tmp_path / name).mkdir(parents=True)
    assert folder_beside(tmp_path / "run") == tmp_path / "run" / "uncertainty"
    assert folder_beside(tmp_path / "run" / "export") == tmp_path / "run" / "uncertainty"
    assert folder_beside(tmp_path / "published") == tmp_path / "published" / "uncertainty"
    assert folder_beside(tmp_path / "run" / "checkpoints" / "last.ckpt") == tmp_path / "run" / "uncertainty"
    assert folder_beside(tmp_path / "one.ckpt") == tmp_path / "uncertainty"


def test_a_single_weight_cut_from_a_column_has_a_checksum():
    """It counts as contiguous, whatever its stride is."""
    plain, cut = torch.nn.Linear(1, 1), torch.nn.Linear(1, 1)
    cut.load_state_dict(plain.state_dict())
    cut.bias.data = plain.bias.detach().as_strided((1,), (5,))
    assert cut.bias.stride() != (1,)
    assert checksum(cut) == checksum(plain)


def test_an_export_that_was_shared_as_export_has_a_folder_of_its_own(tmp_path):
    """That of a run has the run's."""
    (tmp_path / "export").mkdir()
    assert folder_beside(tmp_path / "export") == tmp_path / "uncertainty"
    (tmp_path / "export" / "uncertainty").mkdir()
    assert folder_beside(tmp_path / "export") == tmp_path / "export" / "uncertainty"
