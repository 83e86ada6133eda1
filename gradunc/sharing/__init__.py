"""Networks for others: an export with what was learned of it and a model card, as a folder or on Hugging Face."""
