"""data=kitti_odometry."""
