"""What `source=` may name: an image, a folder, a pattern, a list, a film or a camera, as images one after another."""

from gradunc.data.inputs.interface import InputImage, InputImages
from gradunc.data.inputs.opening import open_images

__all__ = ["InputImage", "InputImages", "open_images"]
