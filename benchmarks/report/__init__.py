"""`hopgym report`: results as one self-contained page, to be browsed without a network.

Records become plain data ([`index`][hopgym.benchmarks.report.index],
[`charts`][hopgym.benchmarks.report.charts], [`curves`][hopgym.benchmarks.report.curves]), and
[`page`][hopgym.benchmarks.report.page] puts that into one file with the script that shows it.
"""

from .page import render_page, write_page

__all__ = ["render_page", "write_page"]
