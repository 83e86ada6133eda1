"""What all recorded data share: frames, samples, divisions, sizes, files of true depth."""
