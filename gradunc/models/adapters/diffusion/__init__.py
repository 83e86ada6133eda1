"""Depth by diffusion: pipelines of Hugging Face diffusers as depth models."""
