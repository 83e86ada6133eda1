"""An exported file where neither torch nor gradunc is used: `run_onnx.py MODEL.onnx PHOTO`."""

import sys

import numpy as np
import onnxruntime
from PIL import Image

session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
height, width = session.get_inputs()[0].shape[2:]
photo = Image.open(sys.argv[2]).convert("RGB").resize((width, height))
image = np.asarray(photo, dtype=np.float32).transpose(2, 0, 1)[None] / 255
depth, uncertainty = session.run(["depth", "uncertainty"], {"image": image})
assert depth.shape == uncertainty.shape == (1, 1, height, width)
assert np.isfinite(depth).all()
assert np.isfinite(uncertainty).all()
assert uncertainty.std() > 0
assert "torch" not in sys.modules
assert "gradunc" not in sys.modules
