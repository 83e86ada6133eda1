"""data=folder: people's own images. settings (options) -> dataset (answers) -> frames; files finds what there is."""
