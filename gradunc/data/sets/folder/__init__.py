"""data=folder: people's own images. settings (options) -> dataset (answers) -> frames -> sequences; files finds."""
