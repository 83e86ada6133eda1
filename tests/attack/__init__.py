"""Damaged, hostile and odd input against everything that reads: `python -m tests.attack --help`, or `make attack`.

A case is a category and a number, from which all its randomness follows. It may end well or with an `InputError` of one
line; a traceback, a crash, a hang, a process or a network connection that starts, and a file that is written outside of
the case's folder are findings.
"""
