"""data=rgbd: RGB-D recordings. settings (options) -> dataset (answers) -> frames, with files and motion."""
