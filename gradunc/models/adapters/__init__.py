"""Networks of others as depth models: any module, and the depth networks of Hugging Face transformers."""
