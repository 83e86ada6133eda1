"""What a model card is written from."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from gradunc.models.contract import DepthModel
from gradunc.results.stored import StoredResult
from gradunc.sharing.calls import Options, Presets
from gradunc.sharing.learned_files import LearnedFile
from gradunc.sharing.licences import Licence, licence_for

PROGRAM = "gradunc-infer"
"""The command of an installed gradunc: who reads a card has no clone."""


@dataclass(frozen=True)
class Facts:
    """A network and what is known of it; what is not known is said in the card."""

    model: DepthModel
    name: str
    """The title."""
    checkpoint: str
    """What `checkpoint=` takes for it where the card is read: hf:ORG/NAME, or the name of the folder."""
    licence_text: str | None = None
    """Of the weights; None = nobody has said it."""
    origin: str | None = None
    """Where the weights come from, if they lie on the hub: hf:ORG/NAME."""
    training: Mapping[str, str] = field(default_factory=dict)
    """What -> how it was trained."""
    result: StoredResult | None = None
    figure: str | None = None
    """File of a picture of them, beside the card."""
    learned: tuple[LearnedFile, ...] = ()
    """What estimators have learned of this network."""
    presets: Presets = field(default_factory=dict)
    """Estimators that have a name of their own."""
    recommended: Options = field(default_factory=dict)
    """What is used where nothing is chosen."""

    @property
    def licence(self) -> Licence:
        """Of the weights."""
        return licence_for(self.licence_text)


def command(facts: Facts, verb: str, *arguments: str) -> str:
    """A line of a shell that asks for something of the network; arguments are quoted already where they need it."""
    return " ".join([PROGRAM, verb, shlex.quote(f"checkpoint={facts.checkpoint}"), *arguments])
