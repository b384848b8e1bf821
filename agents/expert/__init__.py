"""Expert trajectories: episodes to learn from, and the files they are kept in.

`hopgym expert collect` plays a question set and keeps the first good episode of each question in a
raw file; `hopgym expert rows` makes instruction rows of one, or of published cold-start data; in
Python, [`read_rows`][hopgym.agents.expert.published.read_rows] gives step rows to trainers, and
[`RowEncoder`][hopgym.agents.expert.encoding.RowEncoder] makes tokens of them.
"""
