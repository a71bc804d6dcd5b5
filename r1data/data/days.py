"""Days, as options and templates write them."""

from datetime import date

from r1data.errors import UserError


def today() -> str:
    """Today as YYYY-MM-DD."""
    return date.today().isoformat()


def check_date(text: str | None) -> None:
    """Raise UserError where `--date` is given and no day as YYYY-MM-DD."""
    try:
        if text is not None and date.fromisoformat(text).isoformat() != text:
            raise ValueError
    except ValueError as error:
        raise UserError(f"--date {text}: not a day; write it as YYYY-MM-DD") from error
