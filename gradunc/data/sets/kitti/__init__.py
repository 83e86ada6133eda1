"""data=kitti."""
