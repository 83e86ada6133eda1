"""What recorded data sets share: frames, their truth, source views, division into splits, the cache of images."""
