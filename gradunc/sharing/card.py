"""The model card of a network: what it is, what was measured of it, its licence, and how to load it."""

import json

from gradunc.results.renderers.markdown import literal
from gradunc.sharing.facts import Facts, command
from gradunc.sharing.front_matter import front_matter
from gradunc.sharing.measured_sections import calibration_section, depth_section, uncertainty_section
from gradunc.sharing.network_section import network_section, training_section

CARD = "README.md"


def model_card(facts: Facts) -> str:
    """`README.md`: figures are those of the result that was given, and nothing is claimed beside them."""
    paragraphs = [
        f"# {literal(facts.name)}",
        "A monocular depth network: one image in, the depth of each pixel out, and with "
        "[gradient uncertainty](https://arxiv.org/abs/2502.05964) or other methods how far to trust each pixel. It is "
        "in the format of gradunc.",
        *_use(facts),
        *network_section(facts),
        *training_section(facts),
        *depth_section(facts),
        *uncertainty_section(facts),
        *calibration_section(facts),
        *_licence(facts),
    ]
    return f"{front_matter(facts)}\n" + "\n\n".join(paragraphs) + "\n"


def _use(facts: Facts) -> list[str]:
    shell = command(facts, "predict", "photo.jpg")
    checkpoint = json.dumps(facts.checkpoint, ensure_ascii=False)
    python = (
        "import gradunc\n\n"
        f'result = gradunc.predict("photo.jpg", gradunc.load_model({checkpoint}))\n'
        "result.depth, result.uncertainty  # NumPy arrays of the size of the photo; uncertainty: high = worse"
    )
    return ["## Use", f"```sh\n{shell}\n```", f"```python\n{python}\n```"]


def _licence(facts: Facts) -> list[str]:
    licence = facts.licence
    if licence.text is None:
        return [
            "## Licence of the weights",
            "Unknown: nobody has stated it. Ask who trained or published the weights before you use them.",
        ]
    said = f"{literal(licence.text)}."
    if licence.non_commercial:
        said += " **Not for commercial use.**"
    return ["## Licence of the weights", said]
