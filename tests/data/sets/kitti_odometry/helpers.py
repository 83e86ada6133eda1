"""A small odometry tree made here."""

from PIL import Image

from gradunc.data.formats import kitti_odometry as odometry

CALIBRATION = """P0: 100 0 10 0 0 100 5 0 0 0 1 0
P1: 100 0 10 -54 0 100 5 0 0 0 1 0
P2: 100 0 10 6 0 100 5 0 0 0 1 0
P3: 100 0 10 -44 0 100 5 0 0 0 1 0
Tr: 0 -1 0 0 0 0 -1 0 1 0 0 -0.25
"""
# Camera 0 goes 1 m ahead, then turns by 90 degrees to the right about its own place.
POSES = """1 0 0 0 0 1 0 0 0 0 1 0
1 0 0 0 0 1 0 0 0 0 1 1
0 0 1 0 0 1 0 0 -1 0 0 1
"""


def write_sequences(root):
    """Sequence 09 with poses and 11 without, three frames each; gray 10 * frame, on the right 100 more."""
    for sequence in ("09", "11"):
        for frame in range(3):
            for side, base in (("l", 0), ("r", 100)):
                path = odometry.image_path(root, sequence, side, frame)
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.new("RGB", (20, 10), (base + 10 * frame,) * 3).save(path)
        (root / "sequences" / sequence / "calib.txt").write_text(CALIBRATION)
    (root / "poses").mkdir()
    (root / "poses" / "09.txt").write_text(POSES)
    return root


def make_grey(root):
    """Only the grey cameras 0 and 1, whose files have one channel."""
    for sequence in (root / "sequences").iterdir():
        for colour, grey in ((2, 0), (3, 1)):
            folder = (sequence / f"image_{colour}").rename(sequence / f"image_{grey}")
            for path in folder.iterdir():
                Image.open(path).convert("L").save(path)
    return root
