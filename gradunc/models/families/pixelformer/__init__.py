"""PixelFormer (Agarwal and Arora, WACV 2023): attention in the skip connections, depth from bins."""
