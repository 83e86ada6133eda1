"""data=rgbd."""
