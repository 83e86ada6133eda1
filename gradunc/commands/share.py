"""`infer.py share`: a network with its model card as a folder, or on the Hugging Face Hub."""

import sys
import tempfile
from pathlib import Path

from gradunc.commands.network import learned_folder, load_network
from gradunc.commands.share_facts import presets, recommended, run_of, training_of
from gradunc.config.verbs.share import ShareConfig
from gradunc.errors import InputError
from gradunc.models import DepthModel
from gradunc.models.adapters.factory_name import factory_name
from gradunc.models.adapters.huggingface.hub import hub_library, hub_name
from gradunc.models.checkpoints.export import CONFIG
from gradunc.models.sample import sample_folder
from gradunc.ops.finite import broken_name
from gradunc.results.stored import StoredResult, find_result, read_result
from gradunc.sharing.card import CARD, model_card
from gradunc.sharing.facts import Facts
from gradunc.sharing.folder import FIGURE, Content, check_target, loads_again, write_folder
from gradunc.sharing.learned_files import learned_files
from gradunc.sharing.licences import stated
from gradunc.sharing.upload import Uploaded, target_name, upload
from gradunc.text_files import read_text
from gradunc.uncertainty.descriptions import weights_of

LARGEST_CARD = 2**20
"""Bytes of a card of one's own."""


def share(config: ShareConfig) -> int:
    """Write the folder, send it, and say where it is; returns the exit code.

    Raises:
        InputError: no target, one that holds something else, a network that nobody could load, results of another
            network, or a hub that refuses.
    """
    _check(config)
    own_card = None if config.card is None else read_text(Path(config.card), "model card", LARGEST_CARD)
    model = load_network(config)
    _check_network(config, model)
    facts = _facts(config, model)
    figure = None if facts.figure is None or facts.result is None else facts.result.path.parent / FIGURE
    card = model_card(facts) if own_card is None else own_card
    content = Content(model, card, _licence(config), tuple(one.path for one in facts.learned), figure)
    if config.export is not None:
        folder = write_folder(Path(config.export), content)
        print(_written(folder, facts))
    if config.hub is not None:
        print(_sent(_send(config, content)))
    return 0


def _check(config: ShareConfig) -> None:
    """What can be told before the network is loaded."""
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


def _check_network(config: ShareConfig, model: DepthModel) -> None:
    if factory_name(str(config.checkpoint)) is not None or not loads_again(model):
        raise InputError(
            f"checkpoint={config.checkpoint} is a network of your own code, which no export holds: nobody could load "
            "it; share a graph of it: infer.py export to=NAME.onnx or to=NAME.pt2"
        )
    if broken := broken_name(model.state_dict()):
        raise InputError(f"'{broken}' of {config.checkpoint} is not finite; a broken network is not shared")
    said = model.description().get("licence")
    if config.licence is not None and said not in (None, _licence(config)):
        raise InputError(f"the weights have the licence '{said}', which stays; omit licence={config.licence}")


def _licence(config: ShareConfig) -> str | None:
    return None if config.licence is None else stated(config.licence)


def _facts(config: ShareConfig, model: DepthModel) -> Facts:
    """All that is known of the network."""
    checkpoint = str(config.checkpoint)
    hub, sample = hub_name(checkpoint), sample_folder(checkpoint)
    run = None if hub is not None or sample is not None else run_of(Path(checkpoint).expanduser())
    result = _result(config, model, run)
    target = None if config.hub is None else target_name(config.hub)
    name = Path(str(config.export)).name if target is None else target.repository.partition("/")[2]
    learned = learned_files(learned_folder(checkpoint), model)
    return Facts(
        model,
        name=name,
        checkpoint=name if target is None else str(target),
        licence_text=model.description().get("licence") or _licence(config),
        origin=None if hub is None else str(hub),
        training={} if run is None else training_of(run),
        result=result,
        figure=FIGURE if result is not None and (result.path.parent / FIGURE).is_file() else None,
        learned=learned,
        presets=presets(),
        recommended=recommended(),
    )


def _result(config: ShareConfig, model: DepthModel, run: Path | None) -> StoredResult | None:
    """The figures of the card: those that are given, or the run's own; never those of other weights."""
    if config.card is not None:
        return None
    found = run if run is not None and find_result(run) is not None else None
    folder = found if config.results is None else Path(config.results).expanduser()
    if folder is None:
        return None
    result = read_result(folder)
    if result.weights in (None, weights_of(model)):
        return result
    if config.results is not None:
        raise InputError(f"results={config.results} are of other weights than checkpoint={config.checkpoint}")
    print(f"note: the figures in {folder} are of other weights, and left out; give results=FOLDER", file=sys.stderr)
    return None


def _send(config: ShareConfig, content: Content) -> Uploaded:
    name = target_name(str(config.hub))
    message = f"{name.repository}: a network of gradunc"
    if config.export is not None:
        return upload(Path(config.export), name, private=config.private, message=message)
    with tempfile.TemporaryDirectory() as temporary:
        folder = write_folder(Path(temporary) / "share", content)
        return upload(folder, name, private=config.private, message=message)


def _written(folder: Path, facts: Facts) -> str:
    names = [CARD, CONFIG, "model.safetensors", *(f"{len(facts.learned)} of uncertainty/" for _ in facts.learned[:1])]
    return f"{folder}: {', '.join(names)}; load it: checkpoint={folder}"


def _sent(sent: Uploaded) -> str:
    seen = {True: "private", False: "public", None: "of unknown visibility"}[sent.private]
    return f"{sent.url}: {seen}, commit {sent.commit}"
