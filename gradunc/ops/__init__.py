"""Pure functions on tensors: geometry, disparity, similarity, padding, alignment."""
