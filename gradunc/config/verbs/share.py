"""`infer.py share`."""

from dataclasses import dataclass

from gradunc.config.verbs.network import NetworkConfig
from gradunc.config.verbs.verb import Verb
from gradunc.names import is_repository
from gradunc.options import PATH, Rule, option

ONE_LINE = Rule(
    lambda text: text is None or (text.isprintable() and 0 < len(text.strip()) <= 200),
    "must be one line of at most 200 signs, or null",
)

HUB = Rule(
    lambda text: text is None or is_repository(text.partition("@")[0]), "must be ORG/NAME or ORG/NAME@BRANCH, or null"
)


@dataclass
class ShareConfig(NetworkConfig):
    """A network with a model card and what methods have learned of it, as a folder or on the Hugging Face Hub."""

    export: str | None = option(None, "folder that is written", rule=PATH)
    hub: str | None = option(
        None, "ORG/NAME or ORG/NAME@BRANCH: repository that is written to, made if needed", rule=HUB
    )
    results: str | None = option(
        None, "folder of evaluate or benchmark with the figures of the card; null = those of the run", rule=PATH
    )
    licence: str | None = option(
        None, "licence of the weights, where the network says none: apache-2.0, cc-by-nc-4.0, ...", rule=ONE_LINE
    )
    card: str | None = option(None, "model card of your own, in the place of the one that is made", rule=PATH)
    private: bool | None = option(
        None,
        "others do not see the repository, if it is new; null = as it is, or as your account makes new ones",
    )
    overwrite: bool = option(False, "replace an earlier export in the folder")


SHARE = Verb(
    ShareConfig,
    {},
    "checkpoint=PATH (export=FOLDER | hub=ORG/NAME) [results=FOLDER] [licence=NAME] [key=value ...]",
    "checkpoint=runs/kitti/export hub=me/depth-kitti results=outputs licence=apache-2.0",
)
