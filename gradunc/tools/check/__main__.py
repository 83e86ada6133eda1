"""python -m gradunc.tools.check."""

from gradunc.commands.run_command import run
from gradunc.tools.check.command import main

if __name__ == "__main__":
    run(main)
