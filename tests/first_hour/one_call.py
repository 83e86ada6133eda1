"""The one call: `one_call.py MODEL PHOTO FOLDER`."""

import sys

import numpy as np

import gradunc

result = gradunc.predict(sys.argv[2], sys.argv[1])
print(result)
assert np.asarray(result.depth).shape == np.asarray(result.uncertainty).shape == (240, 840)
assert len(repr(result).splitlines()) <= 3, "the repr is short"
result.save(sys.argv[3])
