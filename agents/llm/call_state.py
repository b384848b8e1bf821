"""What a tokenizer keeps of how it was called and loaded, which is no part of what it is.

A fast tokenizer holds the truncation and the padding of its last call, and transformers writes both
into its file, beside flags of its loading: the same tokenizer would be saved in other bytes after a
run that was stopped and gone on with, and whoever reads its file by `tokenizers` alone would have
texts cut short.
"""

from __future__ import annotations

from typing import Any

_OF_LOADING = ("is_local", "local_files_only")


def forget_calls(tokenizer: Any) -> None:
    """Have a tokenizer forget how it was called and loaded, before it is saved.

    Args:
        tokenizer: One of transformers; every call of it says anew how to cut and to pad.
    """
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is not None:
        backend.no_truncation()
        backend.no_padding()
    for name in _OF_LOADING:
        getattr(tokenizer, "init_kwargs", {}).pop(name, None)
