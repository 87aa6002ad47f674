"""Whether mixed precision on a GPU is out of the question."""

__all__ = ["amp_definitely_not_available"]


def amp_definitely_not_available() -> bool:
    """True: there is no GPU."""
    return True
