"""What stands in the documentation and cannot be tested as it stands, each with its reason."""

PYTHON: dict[str, str] = {
    "docs/data/stereo.md": "needs OpenCV, which gradunc does not; the page says how to install it",
}
"""Page -> why its Python cannot run here."""

NAMES = {
    "weights_only": "of torch.load",
    "allow_pickle": "of numpy.load",
    "align_corners": "of torch.nn.functional.grid_sample",
    "rule": "of gradunc.options.option, for developers",
    "group": "stands for any group",
    "training": "of session.evaluation, for developers",
}
"""`name=value` in prose that is no option of gradunc -> whose it is."""
