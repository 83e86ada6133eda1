"""Licences as the hub knows them: https://huggingface.co/docs/hub/repositories-licenses."""

import pytest

from gradunc.models.families.depth_anything.published import VARIANTS
from gradunc.models.families.depth_anything.settings import DepthAnythingSettings
from gradunc.sharing.licences import KNOWN, Licence, licence_for, stated


@pytest.mark.parametrize(
    ("text", "identifier", "name", "non_commercial"),
    [
        ("Apache-2.0", "apache-2.0", None, False),
        ("MIT", "mit", None, False),
        ("CC BY-SA 4.0", "cc-by-sa-4.0", None, False),
        ("cc-by-nc-sa-4.0, non-commercial", "cc-by-nc-sa-4.0", None, True),
        ("CC-BY-NC-4.0", "cc-by-nc-4.0", None, True),
        ("cc_by_nc_4.0", "cc-by-nc-4.0", None, True),
        ("CC_BY_NonCommercial", "other", "cc-by-noncommercial", True),
        ("NCSA", "ncsa", None, False),
        ("openrail++", "openrail++", None, False),
        ("that of Monodepth2, for non-commercial use", "other", "that-of-monodepth2-for-non-commercial-use", True),
        ("NVIDIA Source Code License-NC", "other", "nvidia-source-code-license-nc", True),
        ("my own terms: 'ask'", "other", "my-own-terms-ask", False),
        (None, "unknown", None, False),
        ("unknown", "unknown", None, False),
        ("???", "unknown", None, False),
    ],
)
def test_licences(text: str | None, identifier: str, name: str | None, non_commercial: bool) -> None:
    found = licence_for(text)
    assert (found.identifier, found.name, found.non_commercial) == (identifier, name, non_commercial)


def test_those_of_published_networks_are_known() -> None:
    for variant in VARIANTS.values():
        said = variant.licence(DepthAnythingSettings()) if callable(variant.licence) else variant.licence
        assert licence_for(said).identifier in KNOWN


def test_what_forbids_commercial_use_says_so() -> None:
    assert stated("CC BY-NC 4.0") == "CC BY-NC 4.0, non-commercial"
    assert stated(stated("CC BY-NC 4.0")) == stated("CC BY-NC 4.0")
    assert stated("for non-commercial use") == "for non-commercial use"
    assert Licence(None, "unknown").non_commercial is False
