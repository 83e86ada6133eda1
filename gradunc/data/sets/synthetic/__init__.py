"""data=synthetic: a street with exact depth. settings (options) -> dataset (answers) -> street -> world, render."""
