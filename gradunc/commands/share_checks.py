"""What `infer.py share` refuses."""

from pathlib import Path

from gradunc.config.verbs.share import ShareConfig
from gradunc.errors import InputError
from gradunc.models import DepthModel
from gradunc.models.adapters.factory_name import factory_name
from gradunc.models.adapters.huggingface.hub import hub_library
from gradunc.ops.finite import broken_name
from gradunc.sharing.folder import check_target, loads_again
from gradunc.sharing.licences import stated
from gradunc.sharing.upload import target_name


def check_request(config: ShareConfig) -> None:
    """Raise `InputError` for what can be told before the network is loaded."""
    if config.export is None and config.hub is None:
        raise InputError("say where to: export=FOLDER, hub=ORG/NAME, or both")
    if config.export is not None:
        check_target(Path(config.export), overwrite=config.overwrite)
    if config.hub is not None:
        hub_library(f"hub={target_name(config.hub).repository}")
    elif config.private is not None:
        raise InputError("private is for a repository of the hub; give hub=ORG/NAME, or omit it")
    if config.results is not None and config.card is not None:
        raise InputError("results are for the card that is made, and card= is one of your own; omit one of both")


def check_network(config: ShareConfig, model: DepthModel) -> None:
    """Raise `InputError` for a network that nobody could load, that is broken, or that has another licence."""
    if factory_name(str(config.checkpoint)) is not None or not loads_again(model):
        raise InputError(
            f"checkpoint={config.checkpoint} is a network of your own code, which no export holds: nobody could load "
            "it; share a graph of it: infer.py export to=NAME.onnx or to=NAME.pt2"
        )
    if broken := broken_name(model.state_dict()):
        raise InputError(f"'{broken}' of {config.checkpoint} is not finite; a broken network is not shared")
    said = model.description().get("licence")
    if config.licence is not None and said not in (None, licence_of(config)):
        raise InputError(f"the weights have the licence '{said}', which stays; omit licence={config.licence}")


def licence_of(config: ShareConfig) -> str | None:
    """The licence that is stated, as networks keep it; None if none is."""
    return None if config.licence is None else stated(config.licence)
