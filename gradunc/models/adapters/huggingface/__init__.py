"""Depth networks of Hugging Face transformers."""
