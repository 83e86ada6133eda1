"""The YAML in front of a model card: what the Hugging Face Hub lists, filters and shows of a network."""

import math
from typing import Any

import yaml

from gradunc.models.encoder_decoder import EncoderDecoder
from gradunc.results.columns import SHARED
from gradunc.results.stored import NETWORK, StoredResult
from gradunc.sharing.facts import Facts

LIBRARY, TASK = "gradunc", "depth-estimation"
AREA = "ause_abs_rel"
"""Of the uncertainties, the figure that the hub lists."""


def front_matter(facts: Facts) -> str:
    """The head with its marks."""
    text = yaml.safe_dump(metadata(facts), sort_keys=False, allow_unicode=True, width=1_000_000)
    return f"---\n{text}---\n"


def metadata(facts: Facts) -> dict[str, Any]:
    """Keys of https://huggingface.co/docs/hub/model-cards; figures only where data set and values are known."""
    licence, model = facts.licence, facts.model
    kind = model.settings.architecture if isinstance(model, EncoderDecoder) else model.description().get("library")
    results = [] if facts.result is None else _results(facts.result)
    return {
        "library_name": LIBRARY,
        "pipeline_tag": TASK,
        "license": licence.identifier,
        **({} if licence.name is None else {"license_name": licence.name}),
        "tags": [LIBRARY, TASK, "monocular-depth", "uncertainty", *([kind] if isinstance(kind, str) else [])],
        **({"model-index": [{"name": facts.name, "results": results}]} if results else {}),
    }


def _results(result: StoredResult) -> list[dict[str, Any]]:
    """One entry, of one data set; none if nobody has said which."""
    metrics = [_metric(name, value) for name, value in result.depth.get(NETWORK, {}).items() if name in SHARED]
    metrics += [
        _metric(AREA, row.get(AREA), f"AUSE of abs_rel, {name}")
        for name, row in result.uncertainty.items()
        if name in result.estimators
    ]
    metrics = [one for one in metrics if _is_number(one["value"])]
    if result.data is None or not metrics:
        return []
    images = f"{result.images} image{'s' * (result.images != 1)}"
    return [
        {
            "task": {"type": TASK, "name": "Monocular depth estimation"},
            "dataset": {
                "type": result.data,
                "name": f"{result.data} ({images}; {result.protocol})",
                "split": "test",
            },
            "metrics": metrics,
        }
    ]


def _metric(kind: str, value: Any, name: str | None = None) -> dict[str, Any]:
    unit = SHARED[kind].unit
    return {"type": kind, "value": value, "name": name or (f"{kind} [{unit}]" if unit else kind)}


def _is_number(value: Any) -> bool:
    return isinstance(value, float) and math.isfinite(value)
