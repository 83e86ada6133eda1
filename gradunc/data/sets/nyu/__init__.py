"""data=nyu: NYU Depth V2. settings (options) -> dataset (answers) -> frames, with files and views."""
