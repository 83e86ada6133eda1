"""Settings of all tests."""

from hypothesis import settings

# Its default deadline of 200 ms per example would be a test of wall-clock time, which a busy machine fails.
settings.register_profile("gradunc", deadline=None)
settings.load_profile("gradunc")
