"""The files of configs/uncertainty and the registry of methods."""

import yaml

from gradunc.config.command_line import config_folder
from gradunc.registry import settings_of
from gradunc.uncertainty.registry import ESTIMATORS

EVERY = config_folder() / "uncertainty/every.yaml"


def test_every_names_all_methods_that_one_network_allows():
    """Those that ask further networks need paths, which no file can know."""
    content = yaml.safe_load(EVERY.read_text(encoding="utf-8"))
    named = {one.get("method", "gradient") for one in content.values()}
    alone = {name for name in ESTIMATORS if "second network" not in settings_of(ESTIMATORS, name, "method").needs}
    assert alone == set(ESTIMATORS) - {"ensemble"}
    assert named == alone
