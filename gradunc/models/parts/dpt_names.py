"""Names of the published programs for the parts of `DPTDecoder`."""

import re

PATTERNS = (
    (r"projects\.(\d)\.(\w+)", lambda m: f"reassemble.{m[1]}.2.{m[2]}"),
    (r"resize_layers\.(\d)\.(\w+)", lambda m: f"reassemble.{m[1]}.3.{m[2]}"),
    (r"act_postprocess(\d)\.3\.(\w+)", lambda m: f"reassemble.{int(m[1]) - 1}.2.{m[2]}"),
    (r"act_postprocess(\d)\.4\.(\w+)", lambda m: f"reassemble.{int(m[1]) - 1}.3.{m[2]}"),
    (r"act_postprocess(\d)\.0\.project\.0\.(\w+)", lambda m: f"reassemble.{int(m[1]) - 1}.0.{m[2]}"),
    (r"scratch\.layer(\d)_rn\.(\w+)", lambda m: f"inputs.{int(m[1]) - 1}.{m[2]}"),
    (r"scratch\.refinenet(\d)\.resConfUnit1\.(conv\d\.\w+)", lambda m: f"fusions.{4 - int(m[1])}.skip_unit.{m[2]}"),
    (r"scratch\.refinenet(\d)\.resConfUnit2\.(conv\d\.\w+)", lambda m: f"fusions.{4 - int(m[1])}.unit.{m[2]}"),
    (r"scratch\.refinenet(\d)\.out_conv\.(\w+)", lambda m: f"fusions.{4 - int(m[1])}.out.{m[2]}"),
    (r"scratch\.output_conv(?:1|\.0)\.(\w+)", lambda m: f"output1.{m[1]}"),
    (r"scratch\.output_conv(?:2\.0|\.2)\.(\w+)", lambda m: f"output2.{m[1]}"),
    (r"scratch\.output_conv(?:2\.2|\.4)\.(\w+)", lambda m: f"heads.0.{m[1]}"),
)
"""Published name -> ours below `decoder.`: Depth Anything's `output_conv2.0` is DPT's `output_conv.2`, and so on."""


def decoder_name(key: str) -> str | None:
    """Our name of a published weight of the decoder; None for what is none of it.

    >>> decoder_name("scratch.refinenet1.resConfUnit2.conv1.weight")
    'decoder.fusions.3.unit.conv1.weight'
    """
    for pattern, name in PATTERNS:
        if match := re.fullmatch(pattern, key):
            return f"decoder.{name(match)}"
    return None


def taken(key: str) -> bool:
    """Whether a published weight is used: the deepest fusion has a unit for a finer map, which it never gets."""
    return not key.startswith("scratch.refinenet4.resConfUnit1.")
