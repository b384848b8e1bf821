"""BM25 in an index that grows and shrinks, for corpora of any size, by the library tantivy.

Documents come and go without a rebuild, building holds none of them, and a saved index is mapped:
it opens in milliseconds whatever its size. What it gives up against `bm25`: tantivy's k1 and b are
fixed (1.2 and 0.75), and it counts a document's length in steps, so that scores are coarser.

An index in use is never changed. `commit` makes another of its unchanged files and the new ones,
and then takes it into use; searches under way finish on the old one.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import ClassVar

import msgspec

from ..core import Document
from ..errors import ConfigError, DataError
from ..files import fingerprint
from .analyzer import Analyzer
from .base import Hits, check_k, check_queries
from .content import ContentHash
from .corpus import Corpus
from .linked import link_folder
from .saved import CURE, SaveError, _refuse_foreign, open_folder, read_manifest, save_folder
from .tantivy_draft import Draft
from .tantivy_index import Settings, TantivyIndex

MAX_QUERY_WORDS = 512
"""How many words of a query are read, stop words included; the rest is ignored."""


class TantivyRetriever:
    """Ranks documents by BM25 over their title and text, and takes changes.

    Args:
        documents: What to search.
        analyzer: How documents and queries become terms: an Analyzer or the name of one.
        threads: How many threads index. The results do not depend on it.
        memory_mb: The memory that each may fill.

    Raises:
        ConfigError: If an option is out of its range.
        DataError: If there are no documents, or two share an id.
        MissingExtraError: If tantivy is not installed.

    >>> ada = Document("a", "Ada Lovelace", "She wrote the first program.")
    >>> bob = Document("b", "Robert Boyle", "He weighed the air.")
    >>> retriever = TantivyRetriever([ada])
    >>> retriever.add([bob])
    >>> retriever.commit()
    >>> retriever.search(["Who wrote a program?", "the", "air"], k=3).ids
    [['a'], [], ['b']]
    """

    in_process: ClassVar[bool] = True

    def __init__(
        self,
        documents: Iterable[Document],
        *,
        analyzer: Analyzer | str | None = None,
        threads: int = 1,
        memory_mb: int = 64,
    ) -> None:
        self._set_up(Analyzer.of(analyzer), threads, memory_mb)
        self._temporary = tempfile.TemporaryDirectory(prefix="hopgym-tantivy-")
        self._home = Path(self._temporary.name) / "index"
        try:
            self._fill(Corpus.of(documents).by_rank())
        except OSError as error:
            raise DataError(
                f"The tantivy index could not be written to {tempfile.gettempdir()} ({error}). "
                "Make room there, or name another place in TMPDIR."
            ) from error

    def _set_up(self, analyzer: Analyzer, threads: int = 1, memory_mb: int = 64) -> None:
        if threads < 1:
            raise ConfigError(f"threads is {threads}; give a whole number from 1.")
        if not 15 <= memory_mb <= 4_000:
            raise ConfigError(f"memory_mb is {memory_mb}; give a number from 15 to 4000.")
        self.analyzer = analyzer
        self._threads, self._memory = int(threads), int(memory_mb)
        self._lock = RLock()
        self._draft: Draft | None = None

    def _fill(self, documents: Iterable[Document]) -> None:
        with self._lock, _cleaned(self._home) as work:
            draft = Draft(work, self.analyzer, threads=self._threads, memory_mb=self._memory)
            draft.add(documents)
            if not draft.content.count:
                raise DataError(
                    "A tantivy index of 0 documents was asked for. Give documents, the folder of "
                    'a saved index, or retriever="empty".'
                )
            draft.finish()
            self._publish(draft)

    @classmethod
    def create(
        cls,
        folder: str | Path,
        documents: Iterable[Document],
        *,
        analyzer: Analyzer | str | None = None,
        threads: int = 1,
        memory_mb: int = 64,
    ) -> TantivyRetriever:
        """Make an index in a folder, of documents that come one by one and are not kept.

        Raises:
            DataError: If there are no documents, two share an id, or the folder holds something
                else.
        """
        self = cls.__new__(cls)
        self._set_up(Analyzer.of(analyzer), threads, memory_mb)
        self._home = Path(folder)
        with _writing(self._home):
            self._fill(documents)
        return self

    @property
    def fingerprint(self) -> str:
        """A name of what it searches and how."""
        return self._index.fingerprint

    @property
    def documents(self) -> Sequence[Document]:
        """What is searched, in the order of addition, read from the disk when asked for."""
        return self._index.documents

    def search(self, queries: Sequence[str], k: int) -> Hits:
        """Return up to `k` hits for each query; a query without a known term has none.

        Queries are words, never syntax: `title:x` or `"` mean nothing special.
        """
        check_k(k)
        check_queries(queries)
        state = self._index
        rows = [
            state.search(self.analyzer(query, limit=MAX_QUERY_WORDS), int(k)) for query in queries
        ]
        return Hits(
            [[document for document, _ in row] for row in rows],
            [[score for _, score in row] for row in rows],
        )

    def add(self, documents: Iterable[Document]) -> None:
        """Take documents up; `commit` makes them found.

        Raises:
            DataError: If an id is taken, or a document cannot be stored; then nothing of what was
                added or deleted since the last commit is kept.
        """
        with self._lock:
            try:
                with _writing(self._home):
                    self._drafted().add(documents)
            except BaseException:
                self.rollback()
                raise

    def delete(self, ids: Iterable[str]) -> None:
        """Let documents go; `commit` makes them gone.

        Raises:
            UnknownNameError: If there is no such document; then nothing of what was added or
                deleted since the last commit is kept.
        """
        with self._lock:
            try:
                with _writing(self._home):
                    self._drafted().delete([ids] if isinstance(ids, str) else ids)
            except BaseException:
                self.rollback()
                raise

    def commit(self) -> None:
        """Make what was added found, and what was deleted gone, in all threads and in the folder.

        Raises:
            DataError: If another process changed the folder meanwhile.
        """
        with self._lock:
            if self._draft is None:
                return
            draft, work = self._draft, self._draft.folder
            self._draft = None
            try:
                with _writing(self._home):
                    draft.finish()
                    self._refuse_changed()
                    self._publish(draft, self._history(draft))
            finally:
                shutil.rmtree(work, ignore_errors=True)

    def rollback(self) -> None:
        """Forget what was added and deleted since the last commit."""
        with self._lock:
            if self._draft is not None:
                self._draft.close()
                shutil.rmtree(self._draft.folder, ignore_errors=True)
                self._draft = None

    def extend(self, documents: Iterable[Document], folder: str | Path) -> None:
        """Write an index of its documents and of more into another folder. It stays as it is."""
        other = type(self).__new__(type(self))
        other._set_up(self.analyzer, self._threads, self._memory)
        other._home = Path(folder)
        other._index = self._index
        with _writing(other._home), _cleaned(other._home) as work:
            draft = other._draft_in(work)
            draft.add(documents)
            draft.finish()
            other._publish(draft, self._history(draft))

    def compact(self) -> None:
        """Write the index anew, without a trace of deleted documents.

        Until then these still count in how rare a term is, so that scores differ a little from
        those of an index that never held them (and so does the fingerprint).
        """
        with self._lock:
            self.commit()
            with _writing(self._home), _cleaned(self._home) as work:
                draft = Draft(work, self.analyzer, threads=self._threads, memory_mb=self._memory)
                draft.add(self.documents)
                draft.finish()
                self._publish(draft)

    def save(self, folder: str | Path) -> None:
        """Write the index into a folder, replacing an older index there.

        A process killed meanwhile leaves the older index as it was. Nothing is pickled.

        Raises:
            DataError: If the folder holds something else.
        """
        state = self._index
        save_folder(folder, state.manifest(), lambda data: link_folder(state.data, data))

    @classmethod
    def load(cls, folder: str | Path) -> TantivyRetriever:
        """Open what `save` wrote; what is committed later goes to the same folder.

        Raises:
            DataError: If the folder is damaged, or holds something else or another version.
        """
        manifest, data = open_folder(folder, "tantivy")
        self = cls.__new__(cls)
        try:
            settings = msgspec.convert(manifest.settings, Settings)
            self._index = TantivyIndex(data, settings)
        except (OSError, msgspec.ValidationError, DataError) as error:
            reason = str(error).removesuffix(f" {CURE}").removesuffix(".")
            raise DataError(f"{folder}: cannot be opened ({reason}). {CURE}") from error
        if (self.fingerprint, len(self)) != (manifest.fingerprint, manifest.documents):
            raise DataError(f"{folder}: its parts do not fit each other. {CURE}")
        self._set_up(settings.analyzer)
        self._home = Path(folder)
        return self

    def __len__(self) -> int:
        return self._index.settings.count

    def __repr__(self) -> str:
        return f"TantivyRetriever({len(self)} documents, {self.fingerprint})"

    def _drafted(self) -> Draft:
        if self._draft is None:
            self._draft = self._draft_in(Path(tempfile.mkdtemp(prefix="data-", dir=self._home)))
        return self._draft

    def _draft_in(self, work: Path) -> Draft:
        state = self._index
        content = ContentHash.restored(state.settings.content, state.settings.count)
        return Draft(
            work,
            self.analyzer,
            base=state.data,
            content=content,
            number=state.settings.number,
            threads=self._threads,
            memory_mb=self._memory,
        )

    def _publish(self, draft: Draft, history: str = "") -> None:
        """Save a finished draft and take it into use."""
        settings = Settings(
            analyzer=self.analyzer,
            analyzer_fingerprint=self.analyzer.fingerprint,
            content=draft.content.state(),
            count=draft.content.count,
            number=draft.number,
            history=history,
        )
        manifest = TantivyIndex(draft.folder, settings).manifest()
        save_folder(self._home, manifest, lambda data: link_folder(draft.folder, data))
        self._index = TantivyIndex(self._home / read_manifest(self._home).data, settings)

    def _history(self, draft: Draft) -> str:
        """Name the way to a draft, if anything was ever deleted on it."""
        if not (self._index.settings.history or draft.deleted):
            return ""
        return fingerprint([self.fingerprint, draft.content.hexdigest()])

    def _refuse_changed(self) -> None:
        if read_manifest(self._home).data != self._index.data.name:
            raise DataError(
                f"{self._home}: was changed by another process since it was opened. Open it "
                "again and repeat the change."
            )


@contextmanager
def _writing(home: Path) -> Iterator[None]:
    """Say what became of an index that could not be written, and what to do."""
    try:
        yield
    except SaveError:
        raise
    except OSError as error:
        raise SaveError(
            f"{home}: could not be written ({error}). An index that stood there is as it was. "
            "Mend the cause (such as a full disk); an index that is damaged itself is to be built "
            "again and saved to a new folder."
        ) from error


@contextmanager
def _cleaned(home: Path) -> Iterator[Path]:
    """Give a folder to work in, on the same disk as an index, and remove it afterwards."""
    _refuse_foreign(home)
    home.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="data-", dir=home))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)
        with suppress(OSError):
            home.rmdir()  # nothing came of it
