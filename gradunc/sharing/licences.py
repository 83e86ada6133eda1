"""The licence of weights as a model card states it: an identifier that the Hugging Face Hub knows, or a name."""

import re
from typing import NamedTuple

IDENTIFIERS = """
afl-3.0 agpl-3.0 apache-2.0 artistic-2.0 bigcode-openrail-m bigscience-bloom-rail-1.0 bigscience-openrail-m bsd
bsd-2-clause bsd-3-clause bsd-3-clause-clear bsl-1.0 c-uda cc cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-nc-2.0
cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0
cc-by-nd-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc0-1.0 cdla-permissive-1.0 cdla-permissive-2.0 cdla-sharing-1.0
creativeml-openrail-m deepfloyd-if-license ecl-2.0 epl-1.0 epl-2.0 etalab-2.0 eupl-1.1 gemma gfdl gpl gpl-2.0
gpl-3.0 isc lgpl lgpl-2.1 lgpl-3.0 lgpl-lr llama2 lppl-1.3c mit mpl-2.0 ms-pl ncsa odbl odc-by ofl-1.1 openrail
openrail++ osl-3.0 pddl postgresql unlicense wtfpl zlib
"""
"""Identifiers of https://huggingface.co/docs/hub/repositories-licenses, without "unknown" and "other"."""
KNOWN = frozenset(IDENTIFIERS.split())
UNKNOWN, OTHER = "unknown", "other"
NON_COMMERCIAL = re.compile(r"(?<![^\W_])nc(?![^\W_])|non[\W_]*commercial", re.IGNORECASE)
"""Words are apart by any sign that is no letter or digit, as in cc_by_nc_4.0."""
LONGEST_NAME = 80


class Licence(NamedTuple):
    """The licence of weights."""

    text: str | None
    """As the network says it; None = it says none."""
    identifier: str
    """Of the hub."""
    name: str | None = None
    """Of an "other" one."""

    @property
    def non_commercial(self) -> bool:
        """Whether it forbids commercial use, as far as its name says so."""
        return self.text is not None and NON_COMMERCIAL.search(self.text) is not None


def licence_for(text: str | None) -> Licence:
    """What the front matter of a card says of a licence.

    >>> licence_for("Apache-2.0")
    Licence(text='Apache-2.0', identifier='apache-2.0', name=None)
    >>> licence_for("CC BY-NC 4.0, non-commercial").identifier, licence_for(None).identifier
    ('cc-by-nc-4.0', 'unknown')
    >>> licence_for("that of Monodepth2, non-commercial")[1:]
    ('other', 'that-of-monodepth2-non-commercial')
    """
    words = re.sub(r"[^a-z0-9.+]+", "-", (text or "").lower()).strip("-")
    if not words or words == UNKNOWN:
        return Licence(None, UNKNOWN)
    plain = words.removesuffix("-non-commercial").removesuffix("-noncommercial")
    if plain in KNOWN:
        return Licence(text, plain)
    return Licence(text, OTHER, words.replace("+", "-")[:LONGEST_NAME].strip("-"))


def stated(text: str) -> str:
    """A licence as networks keep it: of those that forbid commercial use, that stands in it.

    >>> stated("cc-by-nc-4.0"), stated("MIT")
    ('cc-by-nc-4.0, non-commercial', 'MIT')
    """
    found = licence_for(text)
    said = re.search("commercial", text, re.IGNORECASE)
    return f"{text}, non-commercial" if found.non_commercial and not said else text
