"""Errors that end the command with one sentence."""


class CommandError(Exception):
    """What the user gave cannot be used; exit code 1."""


class UsageError(CommandError):
    """The command itself is wrong; exit code 2."""
