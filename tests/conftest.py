"""Settings of all tests."""

from hypothesis import settings

# Its default deadline of 200 ms per example would be a test of wall-clock time, which a busy machine fails. Examples
# are the same in every run, so that a failure can be repeated.
settings.register_profile("gradunc", deadline=None, derandomize=True)
settings.load_profile("gradunc")
