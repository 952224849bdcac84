"""How numbers are said to people, the same in commands, events and pages."""


def say_count(number: int, noun: str, plural: str = "") -> str:
    """Return `1 message`, `2,000 messages`, `3 people` (where the plural is told)."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
