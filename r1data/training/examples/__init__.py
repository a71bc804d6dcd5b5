"""Rows as training sees them: encoded under the template gate, packed, mapped from files."""
