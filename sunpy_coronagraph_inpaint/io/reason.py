"""What an error says, in one line."""

__all__ = ["reason"]


def reason(error):
    """Return the line that tells why; SunPy puts one before it that tells which file."""
    if isinstance(error, KeyError):
        return f"the header has no {str(error.args[0]).upper()}"
    lines = [line for line in str(error).splitlines() if line.strip() and not line.startswith("Failed to read")]
    return lines[0].strip().rstrip(".") if lines else type(error).__name__
