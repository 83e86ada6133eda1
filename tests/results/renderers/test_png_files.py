from io import BytesIO

import numpy as np
from PIL import Image

from gradunc.results.renderers.png_files import png_files
from tests.results.helpers import PIXELS, RESULT


def test_pixels_come_back():
    ((name, content),) = png_files(RESULT).items()
    assert name == "plot.png"
    assert np.array_equal(np.asarray(Image.open(BytesIO(content))), PIXELS)
