"""Looking at samples for the usual mistakes, before they cost a training: `train.py` at its start, and `tools.check`.

`sample.py` and `source.py` measure one sample, with `views`, `planes` and `pairs`. `camera.py`, `images.py`,
`truth.py`, `sources.py` and `stereo.py` turn measurements into findings. `look.py` puts them together for a data set,
`training.py` for the splits of a training.
"""
