"""What train.py, infer.py and the console commands run."""
