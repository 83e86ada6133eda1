"""Keys with dashes or a plus sign; the commands themselves are in `tests/commands/test_argument_styles.py`."""

import pytest

from gradunc.config.dashes import assignments
from gradunc.errors import InputError

FLAGS = ("--help", "--print-config", "--dry-run", "-h")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["--objective.learning_rate=1e-3"], ["objective.learning_rate=1e-3"]),
        (["--objective.learning_rate", "1e-3"], ["objective.learning_rate=1e-3"]),
        (["+seed=1", "++seed=2"], ["seed=1", "seed=2"]),
        (["--trainer.max_steps", "-1", "--seed", "3"], ["trainer.max_steps=-1", "seed=3"]),
        (["--name=a=b", "--name", "-.5"], ["name=a=b", "name=-.5"]),
        (["--model", "lcnet", "photos/", "mine.yaml"], ["model=lcnet", "photos/", "mine.yaml"]),
        (["--data.root", ""], ["data.root="]),
        (["--help", "photos"], ["--help", "photos"]),
        (["-h", "seed"], ["-h", "seed"]),
        # No value: whoever knows the flags refuses them.
        (["--seed"], ["--seed"]),
        (["--seed", "--name=a"], ["--seed", "name=a"]),
        (["--seed", "--help"], ["--seed", "--help"]),
        (["--prnt-config", "mine.yaml"], ["--prnt-config", "mine.yaml"]),
        (["--fast", "seed=3"], ["--fast", "seed=3"]),
        (["+seed", "a+b=c", "-x=3"], ["+seed", "a+b=c", "-x=3"]),
        ([], []),
    ],
)
def test_what_is_meant(typed, meant):
    assert assignments(typed, FLAGS) == meant
    assert assignments(meant, FLAGS) == meant, "a second time changes nothing"


def test_a_flag_with_a_value():
    with pytest.raises(
        InputError, match="--dry-run=true: --dry-run is a flag and takes no value; give --dry-run alone"
    ):
        assignments(["--dry-run=true"], FLAGS)
