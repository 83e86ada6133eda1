"""Gradients of an auxiliary loss at feature maps: the engine, and what it is made of."""
