"""Settings of RT-MonoDepth-S."""

from dataclasses import dataclass

from gradunc.errors import InputError
from gradunc.models.settings import DropoutModelSettings
from gradunc.options import option


@dataclass
class RTMonoDepthSSettings(DropoutModelSettings):
    """RT-MonoDepth-S (Feng et al. 2023): 1.2 million parameters, three scales, no choice of encoder."""

    architecture: str = option("rt_monodepth_s", "network family, a name of the registry FAMILIES")

    def check(self) -> None:
        """Raise `InputError` for values that no network can be built from."""
        super().check()
        if self.own_uncertainty is not None:
            raise InputError(
                "rt_monodepth_s has no uncertainty head; choose model.architecture=monodepth2, or an objective that "
                "trains none"
            )
