"""data=kitti: KITTI raw. settings (options) -> dataset (answers) -> frames, with lists, views, rig and truth."""
