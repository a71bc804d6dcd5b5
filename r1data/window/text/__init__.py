"""Texts of models and programs as HTML: escaped, with marks, with formulae apart, folded by paragraph."""

from r1data.filters.marks import Mark
from r1data.window.text.html import text_html

__all__ = ["Mark", "text_html"]
