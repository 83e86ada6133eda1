import numpy as np

from gradunc.data.sets.video.selection import Selector
from tests.data.videos import pan, texture


def gray(pictures):
    return [picture.mean(-1, dtype=np.float32) for picture in pictures]


def run(selector, pictures):
    return [selector.choose(picture) for picture in pictures]


def kept(choices):
    return [i for i, choice in enumerate(choices) if choice.kind == "kept"]


def test_the_step_follows_the_speed_of_the_camera():
    # Slow, standing still, fast; 3% of 128 pixels are 3.84.
    offsets = [0, 1, 2, 3, 4, 5, 6, 7, 8, 8, 8, 8, 13, 18, 23]
    choices = run(Selector(0.03), gray(pan(offsets)))
    assert kept(choices) == [0, 4, 8, 12, 13, 14]
    assert {choice.kind for choice in choices} == {"kept", "static"}
    assert {choice.sequence for choice in choices} == {0}


def test_zero_keeps_everything_but_blank_pictures():
    pictures = [*gray(pan([0, 0, 0])), np.zeros((96, 128), np.float32), *gray(pan([0]))]
    choices = run(Selector(0), pictures)
    assert [choice.kind for choice in choices] == ["kept", "kept", "kept", "blank", "kept"]
    assert {choice.sequence for choice in choices} == {0}  # the scene goes on behind the dark picture


def test_cuts_begin_sequences():
    pictures = gray(pan([0, 5, 10]) + pan([0, 5], seed=1))
    assert [choice.sequence for choice in run(Selector(0.02), pictures)] == [0, 0, 0, 1, 1]
    assert [choice.sequence for choice in run(Selector(0.02, cuts=False), pictures)] == [0] * 5
    assert kept(run(Selector(0.02), pictures)) == list(range(5))


def test_another_size_is_another_scene():
    choices = run(Selector(0.02, cuts=False), gray([texture(96, 128), texture(64, 128)]))
    assert [choice.sequence for choice in choices] == [0, 1]


def test_going_on_gives_what_one_run_gives():
    pictures = gray(pan([0, 2, 4, 6, 8, 10]) + pan([0, 2, 4, 6, 8], seed=1))
    whole = run(Selector(0.03), pictures)
    for at in kept(whole):
        selector = Selector(0.03)
        selector.go_on(pictures[at], whole[at].sequence)
        assert run(selector, pictures[at + 1 :]) == whole[at + 1 :]
