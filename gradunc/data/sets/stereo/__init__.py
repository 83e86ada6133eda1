"""data=stereo: stereo pairs. settings (options) -> dataset (answers) -> frames, with files, calibration and truth."""
