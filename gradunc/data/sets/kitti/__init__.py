"""data=kitti: KITTI raw. settings (options) -> dataset (answers) -> frames, with lists, targets, views, rig, truth."""
