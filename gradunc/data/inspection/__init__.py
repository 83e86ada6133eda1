"""Looking at samples for the usual mistakes, before they cost a training: `train.py` at its start, and `tools.check`.

`sample.py` measures one sample (with `views`, `planes` and `pairs`); `camera.py`, `images.py`, `truth.py` and
`sources.py` turn measurements into findings; `inspect.py` puts them together for a data set.
"""
