"""Views per second of the synthetic street: rendering into the cache, and loading from it.

python benchmarks/synthetic_speed.py [--size 96x320] [--scenes 20]
"""

import argparse
import tempfile
import time
from pathlib import Path

from gradunc.data.sets.synthetic.render_settings import RenderSettings
from gradunc.data.sets.synthetic.street import SyntheticStreet


def main() -> None:
    """Render stereo pairs of fresh scenes, then load them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", default="96x320", help="HxW")
    parser.add_argument("--scenes", type=int, default=20, help="scenes of two stereo pairs")
    arguments = parser.parse_args()
    height, width = (int(part) for part in arguments.size.split("x"))
    settings = RenderSettings(height=height, width=width, frames_per_scene=2)
    with tempfile.TemporaryDirectory() as folder:
        street = SyntheticStreet("train", arguments.scenes, settings, ("s",), Path(folder))
        start = time.perf_counter()
        street.prepare(progress=False)
        rendered = time.perf_counter()
        for index in range(len(street)):
            street[index]
        loaded = time.perf_counter()
    views = 2 * len(street)
    print(f"{height}x{width}: {views / (rendered - start):.1f} views/s rendered and cached")
    print(f"{height}x{width}: {1000 * (loaded - rendered) / len(street):.2f} ms per cached stereo pair")


if __name__ == "__main__":
    main()
