"""Layouts: where the files of a data set lie, as lists of `Frame`. A new one is one file here."""
