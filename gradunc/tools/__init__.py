"""Command-line helpers beside training and inference: `python -m gradunc.tools.NAME`. Nothing imports them."""
