"""Decoders: from a feature pyramid to logits at several scales."""
