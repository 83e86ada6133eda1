"""Depth and uncertainty of images or of a data set: `python infer.py --help`."""

from gradunc.commands.infer import console

if __name__ == "__main__":
    console()
