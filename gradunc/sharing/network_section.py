"""What a network is, for its model card."""

from collections.abc import Mapping

from gradunc.models.encoder_decoder import EncoderDecoder
from gradunc.models.settings import ModelSettings
from gradunc.ops.sizes import training_size
from gradunc.prediction.network import own_size, said_size
from gradunc.results.renderers.markdown import literal
from gradunc.sharing.facts import Facts
from gradunc.types import OutputSpace

AMBIGUOUS = {
    "metric": "",
    "scale": ", up to an unknown factor: only ratios of depths mean something",
    "affine": ", up to an unknown factor and shift",
}
"""What an output leaves open."""


def network_section(facts: Facts) -> list[str]:
    """The section, a paragraph each."""
    model = facts.model
    count = sum(values.numel() for values in model.parameters())
    own = model.own_uncertainty
    rows = {
        **_kind(facts),
        "parameters": f"{count:,}",
        "input": "one RGB image in [0,1], normalised inside the network",
        "size of images": _size(facts),
        "output": _output(model.output_space),
        "own uncertainty": "none" if own is None else f"a second output: {own.kind} of {own.quantity}",
        **({} if facts.origin is None else {"weights from": facts.origin}),
    }
    return ["## Network", fact_table(rows)]


def training_section(facts: Facts) -> list[str]:
    """How it was trained, as far as the run has said it."""
    if not facts.training:
        return ["## Training", "Not known: the checkpoint does not say on what, or how, it was trained."]
    return ["## Training", "As configured in the run:", fact_table(facts.training)]


def fact_table(rows: Mapping[str, str]) -> str:
    """A table of two columns without heading."""
    lines = ["| | |", "|---|---|", *(f"| {literal(what)} | {literal(text)} |" for what, text in rows.items())]
    return "\n".join(lines)


def _kind(facts: Facts) -> dict[str, str]:
    model = facts.model
    if not isinstance(model, EncoderDecoder):
        described = model.description()
        return {"network": f"{described['class']} of {described['library']}, adapted"}
    settings = model.settings
    names = [name for name in settings.STRUCTURE if name not in ModelSettings.STRUCTURE]
    structure = ", ".join(f"{name} {getattr(settings, name)}" for name in names)
    return {
        "family": settings.architecture,
        **({"structure": structure} if structure else {}),
        "head": f"{settings.head} ({settings.head_facts.text})",
    }


def _size(facts: Facts) -> str:
    told, trained = said_size(own_size(facts.model)), training_size(facts.model)
    if isinstance(told, str):
        return "any, each at its own" if told == "native" else told
    name = "as trained" if trained == tuple(told) else "as its image processor makes it"
    return f"{told[0]} x {told[1]} (height x width), {name}; others are resized to it"


def _output(space: OutputSpace) -> str:
    unit = f" [{space.unit}]" if space.ambiguity == "metric" else ""
    return f"{space.quantity} per pixel{unit}{AMBIGUOUS[space.ambiguity]}"
