"""data=kitti_odometry: settings (options) -> dataset (answers) -> frames; lists and views are those of kitti."""
