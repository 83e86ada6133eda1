"""A linear head on features of a frozen network that says how wrong the prediction is."""
