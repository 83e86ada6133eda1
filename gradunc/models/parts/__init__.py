"""Pieces that several families of networks are made of."""
