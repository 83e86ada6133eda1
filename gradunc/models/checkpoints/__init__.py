"""Files that hold a depth network: our checkpoints and exports, and published weights."""
