"""File formats and calibration of published data sets, without torch."""
