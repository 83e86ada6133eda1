from collections.abc import Iterator

import pytest
import timm

from tests.models import swin_files


@pytest.fixture(scope="session")
def narrow_swin() -> Iterator[None]:
    """A narrow Swin transformer among those of timm, whose smallest has 28 million weights."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(timm.models._registry._model_entrypoints, swin_files.NAME, swin_files.tiny_swin)
        yield
