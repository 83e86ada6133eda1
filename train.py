"""Train a depth network: `python train.py --help`."""

from gradunc.commands.train import console

if __name__ == "__main__":
    console()
