"""The network of Eigen, Puhrsch & Fergus: a coarse guess of the whole scene, refined where the image says more."""
