"""`infer.py predict film=`: a film of all images, whole or not there."""

import json
import os
import signal
import sys
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from gradunc.commands.network_at_work import NetworkAtWork
from gradunc.data.formats import video_writing
from gradunc.data.formats.camera_device import Camera
from gradunc.data.formats.video import Video
from gradunc.data.formats.video_writing import VideoWriter
from gradunc.errors import InputError
from gradunc.visualization.film import FilmPainter
from tests.commands.predict_files import RUN_FILES, of
from tests.data.inputs.test_camera import stand_in
from tests.data.videos import pan, write_video
from tests.helpers import assert_one_error, files_in, write_images

FAST = ("uncertainty=none", "output=out", "write=maps")
FILM = Path("out/walk.film.mp4")


def film_of(folder: Path, count: int = 6) -> Path:
    return write_video(folder / "walk.mkv", pan(list(range(0, 3 * count, 3))))


def shown(path: Path) -> list[np.ndarray]:
    """The pictures of a film."""
    return [frame.rgb(max(frame.size)) for frame in Video(path).pictures()]


def results(*names: str) -> set[str]:
    return set().union(RUN_FILES, *(of(name, ".depth.npy", ".made.json") for name in names))


def test_a_film_with_the_times_of_its_source(predict, tmp_path):
    """Every second of ten pictures a second: five a second."""
    outcome = predict(f"source={film_of(tmp_path, 8)}", "film=true", "every=2", *FAST)
    assert outcome.code == 0, outcome.err
    names = [f"walk.mkv/{i:06d}" for i in (0, 2, 4, 6)]
    assert files_in(Path("out")) == results(*names) | {FILM.name}
    np.testing.assert_allclose([frame.time for frame in Video(FILM).pictures()], [0, 0.2, 0.4, 0.6], atol=1e-4)
    assert "film: 4 pictures written to out/walk.film.mp4 in " in outcome.err
    assert "speed: " in outcome.err
    summary = json.loads(Path("out/summary.json").read_text())
    assert summary["film"] == {"file": "walk.film.mp4", "pictures": 4}


def test_what_a_film_shows(predict, tmp_path):
    """The image is in its place, and depth has the colours of the panels of one scale."""
    film = film_of(tmp_path)
    predict(f"source={film}", "film=a.mov", *FAST)
    first = shown(Path("out/a.mov"))[0]
    image = next(iter(Video(film).pictures())).rgb(128).repeat(4, 0).repeat(4, 1)  # 128 px are enlarged to 512
    places = [
        (y, x)
        for y in range(0, first.shape[0] - image.shape[0] + 1, 2)
        for x in (11, 12, 13)
        if np.abs(first[y : y + 384 : 8, x : x + 512 : 8].astype(int) - image[::8, ::8]).mean() < 12
    ]
    assert places


def test_a_film_goes_on_where_it_was_interrupted(predict, tmp_path, monkeypatch):
    """Ends while pictures are encoded: no film, then the one of an unbroken call."""
    film = film_of(tmp_path)
    arguments = f"source={film}", "film=true", "smooth=0.5", "output=out", "write=maps"
    assert predict(*arguments, "output=whole").code == 0
    assert predict(*arguments, "limit=3").code == 0
    add = VideoWriter.add

    def interrupted(self, picture, time):
        add(self, picture, time)
        if time > 0.15:
            os.kill(os.getpid(), signal.SIGINT)

    FILM.unlink()
    with monkeypatch.context() as patched:
        patched.setattr(VideoWriter, "add", interrupted)
        assert predict(*arguments).code == 130
    assert not [name for name in files_in(Path("out")) if "film" in name or name.endswith(".part")]
    outcome = predict(*arguments)
    assert "kept 6 of 6 results" in outcome.err
    np.testing.assert_array_equal(shown(FILM), shown(Path("whole/walk.film.mp4")))
    for name in ("summary.json", "walk.mkv/000005.uncertainty.npy"):
        assert Path("out", name).read_bytes() == Path("whole", name).read_bytes()
    assert "scene cuts, where it begins anew: 0" in outcome.err
    assert "lags by a mean of 1 pictures (100 ms)" in outcome.err


def test_a_film_that_is_there_is_kept(predict, tmp_path):
    arguments = f"source={film_of(tmp_path)}", "film=true", *FAST
    predict(*arguments)
    before, content = FILM.stat().st_mtime_ns, Path("out/summary.json").read_bytes()
    assert "kept the film out/walk.film.mp4" in predict(*arguments).err
    assert FILM.stat().st_mtime_ns == before
    assert Path("out/summary.json").read_bytes() == content
    assert "film: 6 pictures" in predict(*arguments, "fps=30").err
    assert "film: 6 pictures" in predict(*arguments, "fps=30", "overwrite=true").err


def test_smoothing_changes_the_film_alone(predict, tmp_path):
    source = f"source={film_of(tmp_path)}"
    common = source, "output=out", "write=maps"
    predict(*common, "film=plain.mp4")
    before = {name: Path("out", name).read_bytes() for name in files_in(Path("out")) if name.endswith(".npy")}
    assert len(before) == 12
    assert "kept 6 of 6" in predict(*common, "film=smooth.mp4", "smooth=0.9").err
    assert all(Path("out", name).read_bytes() == content for name, content in before.items())
    plain, smooth = (np.stack(shown(Path("out", f"{one}.mp4"))).astype(int) for one in ("plain", "smooth"))
    below = plain.shape[1] // 2 + 40, plain.shape[2] // 2 - 80
    change = [np.abs(np.diff(one[:, below[0] :, : below[1]], axis=0)).mean() for one in (plain, smooth)]
    assert change[1] < 0.5 * change[0]


def test_a_folder_of_images_of_several_sizes(predict, tmp_path):
    write_images(tmp_path / "in", [(48, 64), (64, 48), (47, 63)])
    outcome = predict(tmp_path / "in", "film=true", "fps=2", *FAST)
    assert outcome.code == 0, outcome.err
    film = Path("out/in.film.mp4")
    pictures = list(Video(film).pictures())
    assert len({frame.size for frame in pictures}) == 1
    assert all(side % 2 == 0 for side in pictures[0].size)
    assert [frame.time for frame in pictures] == [0, 0.5, 1.0]


def test_images_that_are_skipped_are_not_in_the_film(predict, tmp_path):
    write_images(tmp_path / "in", [(48, 64)] * 3)
    (tmp_path / "in" / "1.png").write_bytes(b"none")
    outcome = predict(tmp_path / "in", "film=true", *FAST)
    assert outcome.code == 1
    assert "film: 2 pictures" in outcome.err
    assert len(shown(Path("out/in.film.mp4"))) == 2


@pytest.mark.parametrize("how", ["limit=3", "limit=5", "batch=8"])
def test_a_camera(predict, monkeypatch, how):
    stand_in(monkeypatch)
    pictures = Video.pictures

    def interrupted(self):
        for picture in pictures(self):
            if picture.index == 3 and how != "limit=3":
                os.kill(os.getpid(), signal.SIGINT)
            yield picture

    monkeypatch.setattr(Camera, "pictures", interrupted)
    outcome = predict("source=0", "film=true", "write=nothing", "uncertainty=none", "output=out", how)
    assert outcome.code == 0, outcome.err
    names = files_in(Path("out"))
    (film,) = names - {"summary.json"}
    assert film.startswith("camera0-20")
    assert len(shown(Path("out", film))) == 3
    np.testing.assert_allclose([frame.time for frame in Video(Path("out", film)).pictures()], [0, 0.1, 0.2], atol=1e-4)


def test_a_camera_that_is_ended_before_its_first_picture(predict, monkeypatch):
    stand_in(monkeypatch)
    arguments = "source=0", "film=a.mp4", "write=nothing", "uncertainty=none", "output=out"
    assert predict(*arguments, "limit=2").code == 0
    before = Path("out/a.mp4").read_bytes()

    def interrupted(self, *_):
        os.kill(os.getpid(), signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(NetworkAtWork, "maps", interrupted)
        patch.setattr(Camera, "pictures", lambda self, real=Camera.pictures: islice(real(self), 1))
        outcome = predict(*arguments, "overwrite=true")
    assert_one_error(outcome, "no image was predicted")
    assert Path("out/a.mp4").read_bytes() == before


@pytest.mark.parametrize("place", [(FilmPainter, "picture"), (VideoWriter, "add")])
@pytest.mark.parametrize("batch", [1, 3])
def test_a_camera_that_is_ended_while_a_batch_is_written(predict, monkeypatch, place, batch):
    """Nobody can take these pictures again: those that were predicted are in the film, once each."""
    stand_in(monkeypatch)
    real, calls = getattr(*place), []

    def interrupted(*given):
        calls.append(1)
        if len(calls) == 1:
            os.kill(os.getpid(), signal.SIGINT)
        return real(*given)

    monkeypatch.setattr(*place, interrupted)
    arguments = "source=0", "film=a.mp4", "write=nothing", "uncertainty=none", "output=out", f"batch={batch}"
    outcome = predict(*arguments)
    assert outcome.code == 0, outcome.err
    assert len(shown(Path("out/a.mp4"))) == batch


def test_an_interrupted_batch_is_written_and_not_made_again(predict, tmp_path, monkeypatch):
    """The resumed call makes the same batches, and so the same files."""
    arguments = f"source={film_of(tmp_path, 5)}", *FAST, "batch=2"
    assert predict(*arguments, "output=whole").code == 0
    save, saved = np.save, []

    def interrupted(file, values):
        saved.append(1)
        if len(saved) == 3:
            os.kill(os.getpid(), signal.SIGINT)
        save(file, values)

    with monkeypatch.context() as patched:
        patched.setattr(np, "save", interrupted)
        assert predict(*arguments).code == 130
    folder = Path("out/walk.mkv")
    made = [of(f"{i:06d}", ".depth.npy", ".made.json") for i in range(5)]
    assert files_in(folder) == set().union(*made[:4]), "two whole batches"
    assert "kept 4 of 5 results" in predict(*arguments).err
    assert files_in(folder) == set().union(*made)
    for name in files_in(folder):
        assert (folder / name).read_bytes() == Path("whole/walk.mkv", name).read_bytes(), name


def test_nothing_but_a_film(predict, tmp_path, monkeypatch):
    arguments = f"source={film_of(tmp_path)}", "film=true", "uncertainty=none", "output=out", "write=nothing"
    assert predict(*arguments).code == 0
    assert files_in(Path("out")) == {FILM.name, "summary.json"}
    assert len(shown(FILM)) == 6
    assert_one_error(predict(*arguments), "'out/walk.film.mp4' is there and could not be made again")
    before, add = FILM.read_bytes(), VideoWriter.add

    def interrupted(self, picture, time):
        add(self, picture, time)
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(VideoWriter, "add", interrupted)
    assert predict(*arguments, "overwrite=true").code == 143
    assert files_in(Path("out")) == {FILM.name, "summary.json"}
    assert FILM.read_bytes() == before


def test_a_full_disk(predict, tmp_path, monkeypatch):
    def full(self, picture, time):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(VideoWriter, "add", full)
    for write in ("maps", "nothing"):
        outcome = predict(f"source={film_of(tmp_path)}", "film=true", *FAST, f"write={write}")
        assert_one_error(outcome, "cannot write to 'out/walk.film.mp4': No space left on device")
        assert not [name for name in files_in(Path("out")) if name.endswith((".mp4", ".part"))]


def test_somebody_elses_film_is_not_replaced(predict, tmp_path):
    Path("out").mkdir()
    theirs = film_of(Path("out"))
    before = theirs.read_bytes()
    outcome = predict(f"source={film_of(tmp_path)}", "film=walk.mkv", *FAST)
    assert_one_error(outcome, "film=walk.mkv is the name of a folder in output='out'")
    theirs.rename("out/holiday.mkv")
    outcome = predict(f"source={film_of(tmp_path)}", "film=holiday.mkv", "overwrite=true", *FAST)
    assert_one_error(outcome, "'out/holiday.mkv' is there and no film of infer.py predict; set film=NAME.mp4")
    assert Path("out/holiday.mkv").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["film=a.gif"], "film=a.gif must end in .mp4, .mov, .mkv, .webm; or true"),
        (["film=../a.mp4"], "must not have '/'"),
        (["smooth=0.8"], "smooth=0.8 is about the film of the results; add film=true"),
        (["fps=5"], "fps=5.0 is about the film of the results; add film=true"),
        (["write=nothing"], "write=nothing leaves no result at all; add film=true"),
        (["film=true", "fps=0"], "fps=0.0 must be above 0"),
        (["film=true", "smooth=1"], "smooth=1.0 must be at least 0 and below 1"),
        (["film=true", "batch=0"], "batch=0 must be at least 1"),
        (["film=true", "uncertainty=posthoc"], "film= shows at most 4 estimators, and uncertainty has"),
        (["film=true", "smooth=0.5"], "smooth= needs images in the order of time"),
    ],
)
def test_wrong_options(predict, tmp_path, arguments, said):
    for name in ("cat.png", "dog.png"):
        (tmp_path / "in").mkdir(exist_ok=True)
        Image.new("RGB", (64, 48)).save(tmp_path / "in" / name)
    assert_one_error(predict(tmp_path / "in", *arguments), said)
    assert not Path("outputs").exists()


def test_numbered_files_are_in_the_order_of_time(predict, tmp_path):
    write_images(tmp_path / "in", [(48, 64)] * 3)
    outcome = predict(tmp_path / "in", "film=true", "smooth=0.5", *FAST)
    assert "lags by a mean of 1 pictures (100 ms)" in outcome.err
    for name in ("a/1.png", "b/2.png"):
        (tmp_path / "more" / name).parent.mkdir(parents=True)
        Image.new("RGB", (64, 48)).save(tmp_path / "more" / name)
    assert_one_error(predict(tmp_path / "more", "film=true", "smooth=0.5"), "files of one folder that are numbered")


def test_files_with_time_stamps_are_in_the_order_of_time(predict, tmp_path):
    """Names as those of TUM RGB-D: several within a second."""
    for stamp in ("1305031102.175304", "1305031102.211214", "1305031103.011215"):
        (tmp_path / "in").mkdir(exist_ok=True)
        Image.new("RGB", (64, 48)).save(tmp_path / "in" / f"{stamp}.png")
    assert predict(tmp_path / "in", "film=true", "smooth=0.5", *FAST).code == 0


def test_a_single_image_is_no_film(predict, tmp_path):
    (path,) = write_images(tmp_path / "in")
    assert_one_error(predict(path, "film=true"), "film= needs several images, and source is one")


def test_nothing_here_writes_films(predict, tmp_path, monkeypatch):
    film = film_of(tmp_path)

    def missing(name, mode):
        raise av.codec.codec.UnknownCodecError(name)

    with monkeypatch.context() as patched:
        patched.setattr(av.codec, "Codec", missing)
        assert_one_error(predict(f"source={film}", "film=true", *FAST), "this PyAV has no encoder")
    write_images(tmp_path / "in", [(48, 64)] * 2)
    monkeypatch.setitem(sys.modules, "av", None)
    assert_one_error(predict(tmp_path / "in", "film=true", *FAST), "needs PyAV: pip install 'gradunc[video]'")
    assert not Path("out").exists()


def test_a_broken_film_and_one_without_pictures(predict, tmp_path):
    film = film_of(tmp_path)
    film.write_bytes(film.read_bytes()[: film.stat().st_size // 2])
    outcome = predict(f"source={film}", "film=true", *FAST)
    assert outcome.code == 0, "the pictures up to the end of the file"
    assert 0 < len(shown(FILM)) < 6
    with av.open(str(tmp_path / "empty.mkv"), "w") as container:
        stream = container.add_stream("ffv1", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "bgr0"
        container.start_encoding()
    outcome = predict(f"source={tmp_path / 'empty.mkv'}", "film=true", "output=none")
    assert_one_error(outcome, "cannot read video", "empty.mkv")
    assert not Path("none").exists()


def test_maps_that_are_gone_while_the_film_is_made(predict, tmp_path, monkeypatch):
    def gone(*_, **__):
        raise EOFError("no data left")

    monkeypatch.setattr("gradunc.commands.film_of_results.np.load", gone)
    outcome = predict(f"source={film_of(tmp_path)}", "film=true", *FAST)
    assert outcome.code == 2
    assert "cannot read the maps of 'walk.mkv/000000': no data left; overwrite=true" in outcome.err


def test_the_module_is_named_where_it_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(InputError, match="needs PyAV"):
        video_writing.encoder_for(Path("a.mp4"))
