"""A result as text, as files and on the terminal: a file of code for each; they format and compute nothing."""
