"""`infer.py share`: a network with its model card as a folder, or on the Hugging Face Hub."""

import sys
import tempfile
from pathlib import Path

from gradunc.commands.network import learned_folder, load_network
from gradunc.commands.share_checks import check_network, check_request, licence_of
from gradunc.commands.share_facts import presets, recommended, run_of, training_of
from gradunc.config.verbs.share import ShareConfig
from gradunc.errors import InputError
from gradunc.models import DepthModel
from gradunc.models.adapters.huggingface.hub import hub_folder, hub_name
from gradunc.models.checkpoints.export import CONFIG, WEIGHTS, is_export
from gradunc.models.sample import sample_folder
from gradunc.names import LEARNED_FOLDER
from gradunc.results.stored import StoredResult, find_result, read_result
from gradunc.sharing.card import CARD, model_card
from gradunc.sharing.facts import Facts
from gradunc.sharing.folder import Content, figure_of, write_folder
from gradunc.sharing.learned_files import learned_files
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
    check_request(config)
    own_card = None if config.card is None else read_text(Path(config.card), "model card", LARGEST_CARD)
    model = load_network(config)
    check_network(config, model)
    facts = _facts(config, model)
    card = model_card(facts) if own_card is None else own_card
    learned = tuple(one.path for one in facts.learned)
    content = Content(model, card, licence_of(config), learned, figure_of(facts.result))
    notes = [] if own_card is not None else _open_points(config, facts)  # before an own card is replaced
    if config.export is not None:
        folder = write_folder(Path(config.export), content)
        print(_written(folder, facts))
    if config.hub is not None:
        print(_sent(_send(config, content)))
    for note in notes:
        _note(note)
    return 0


def _facts(config: ShareConfig, model: DepthModel) -> Facts:
    """All that is known of the network."""
    checkpoint = str(config.checkpoint)
    hub, sample = hub_name(checkpoint), sample_folder(checkpoint)
    run = None if hub is not None or sample is not None else run_of(Path(checkpoint).expanduser())
    result = _result(config, model, run)
    target = None if config.hub is None else target_name(config.hub)
    name = Path(str(config.export)).resolve().name if target is None else target.repository.partition("/")[2]
    learned = learned_files(learned_folder(checkpoint), model)
    return Facts(
        model,
        name=name,
        checkpoint=name if target is None else str(target),
        licence_text=model.description().get("licence") or licence_of(config),
        origin=None if hub is None else str(hub),
        training={} if run is None else training_of(run),
        result=result,
        figure=None if (figure := figure_of(result)) is None else figure.name,
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
    if result.weights is None:
        _note(f"{result.path} does not say of which weights it is; it is taken for those of {config.checkpoint}")
    if result.weights in (None, weights_of(model)):
        return result
    if config.results is not None:
        raise InputError(f"results={config.results} are of other weights than checkpoint={config.checkpoint}")
    _note(f"the figures in {folder} are of other weights, and left out; give results=FOLDER")
    return None


def _open_points(config: ShareConfig, facts: Facts) -> list[str]:
    """What a card that is made lacks, and what it stands in the place of, a line each."""
    notes = []
    if facts.licence_text is None:
        notes.append("the card says that the licence of the weights is unknown; licence=NAME states it")
    name = hub_name(str(config.checkpoint))
    folder = Path(str(config.checkpoint)).expanduser() if name is None else hub_folder(name)
    if is_export(folder) and (folder / CARD).is_file():
        notes.append(f"{folder} has a card of its own, and a new one was made; card={folder / CARD} keeps it")
    return notes


def _note(text: str) -> None:
    print(f"note: {text}", file=sys.stderr)


def _send(config: ShareConfig, content: Content) -> Uploaded:
    name = target_name(str(config.hub))
    message = f"{name.repository}: a network of gradunc"
    if config.export is not None:
        return upload(Path(config.export), name, private=config.private, message=message)
    with tempfile.TemporaryDirectory() as temporary:
        folder = write_folder(Path(temporary) / "share", content)
        return upload(folder, name, private=config.private, message=message)


def _written(folder: Path, facts: Facts) -> str:
    learned = f", {LEARNED_FOLDER}/ with {len(facts.learned)} learned" if facts.learned else ""
    return f"{folder}: {CARD}, {CONFIG}, {WEIGHTS}{learned}; load it: checkpoint={folder}"


def _sent(sent: Uploaded) -> str:
    seen = {True: "private", False: "public", None: "of unknown visibility"}[sent.private]
    return f"{sent.url}: {seen}, commit {sent.commit}"
