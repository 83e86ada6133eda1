"""The error of a camera that nothing states, told apart from one that is stated wrongly."""

from gradunc.errors import InputError


class UnknownCamera(InputError):
    """Source views were asked for, and no file and no option says what the camera is; the files need not be wrong."""
