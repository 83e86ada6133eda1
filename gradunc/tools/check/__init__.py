"""Look at a data set before training on it: `python -m gradunc.tools.check data=NAME ...`."""
