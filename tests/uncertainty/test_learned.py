from dataclasses import dataclass

import pytest
import torch
from torch import nn

from gradunc.errors import InputError
from gradunc.uncertainty.learned import Learned, checksum, folder_beside
from gradunc.uncertainty.settings import EstimatorSettings


@dataclass
class Options(EstimatorSettings):
    size: int = 3


def network(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(3, 2, 1), nn.BatchNorm2d(2))


def test_what_was_saved_is_loaded(tmp_path):
    learned, model = Learned(tmp_path, {"a": Options()}), network()
    assert learned.load("a", model) is None
    path = learned.save("a", model, {"mean": torch.tensor([1.0, 2.0])})
    assert path == learned.path("a", model)
    assert learned.load("a", model)["mean"].tolist() == [1.0, 2.0]
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_other_options_another_network_or_another_name_have_learned_nothing(tmp_path):
    Learned(tmp_path, {"a": Options()}).save("a", network(), {"mean": torch.zeros(1)})
    assert Learned(tmp_path, {"a": Options(size=4)}).load("a", network()) is None
    assert Learned(tmp_path, {"a": Options()}).load("a", network(1)) is None
    assert Learned(tmp_path, {"b": Options()}).load("b", network()) is None
    assert Learned(tmp_path, {"a": Options()}).load("a", network()) is not None


def test_the_checksum_sees_every_weight_and_buffer():
    assert checksum(network()) == checksum(network())
    assert checksum(network().to(memory_format=torch.channels_last)) == checksum(network())
    for name in ("0.bias", "1.running_var", "1.num_batches_tracked"):
        changed = network()
        changed.state_dict()[name].add_(1)
        assert checksum(changed) != checksum(network()), name


def test_a_damaged_file_is_named(tmp_path):
    learned, model = Learned(tmp_path, {"a": Options()}), network()
    path = learned.save("a", model, {"mean": torch.zeros(4)})
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(InputError, match="is damaged"):
        learned.load("a", model)


def test_a_file_in_the_place_of_the_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"uncertainty\.a has learned cannot be written"):
        Learned(tmp_path / "file", {"a": Options()}).save("a", network(), {"mean": torch.zeros(1)})


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
