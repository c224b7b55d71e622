"""kill -9, a full disk and other faults, against the whole program."""
