"""From samples to batches of a training: order, failures, mixing, augmentation."""
