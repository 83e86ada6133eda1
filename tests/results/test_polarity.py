from gradunc.results.polarity import backwards


def test_only_an_interval_clearly_below_zero_counts() -> None:
    rows = {
        "right": {"spearman_abs_rel": 0.3, "spearman_abs_rel_high": 0.4},
        "unclear": {"spearman_abs_rel": -0.1, "spearman_abs_rel_high": 0.05},
        "as_good_as_none": {"spearman_abs_rel": -0.02, "spearman_abs_rel_high": -0.01},
        "one_scene": {"spearman_abs_rel": -0.5},
        "not_measured": {"spearman_abs_rel": None, "spearman_abs_rel_high": None},
        "wrong": {"spearman_abs_rel": -0.3, "spearman_abs_rel_high": -0.2},
    }
    (line,) = backwards(rows)
    assert line.startswith("wrong ranks the pixels the wrong way round (Spearman -0.30 with abs_rel, at most -0.20)")
