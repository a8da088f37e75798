"""Official files over the network: three tries with back-off where a retry makes sense, then one clear error.

In: an address and a file name. Out: the whole file in a folder, or a `RefreshError` and no file.
"""

import contextlib
import datetime
import email.utils
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from claimbook.refresh.errors import RefreshError

AGENT = "claimbook (refreshes public tables; one request per file)"
MOST_WAIT = 120.0  # seconds a server may ask us to wait before we rather give up and say so
_TEXT = {".csv", ".json", ".txt", ".xml", ".yaml", ".xlsx", ".xls", ".zip", ".parquet", ".pdf"}


class _Again(Exception):
    """A failure that another try may mend; carries what was got and how long the server asks to wait."""

    def __init__(self, got: str, wait: float | None = None):
        super().__init__(got)
        self.wait = wait


class Fetcher:
    """Gets files; the parts that reach outside (the address asked, the clock) can be replaced in tests.

    Parameters
    ----------
    tries : int
        How often one file is asked for.
    timeout : float
        Seconds without an answer after which a try has failed.
    sleep : callable
        Waits the given seconds.
    address : callable
        Maps an official address to the one that is asked.
    """

    def __init__(
        self,
        *,
        tries: int = 3,
        timeout: float = 60.0,
        sleep: Callable[[float], None] = time.sleep,
        address: Callable[[str], str] = str,
        console: Console | None = None,
    ):
        self.tries, self.timeout, self.sleep, self.address = tries, timeout, sleep, address
        self.console = console or Console(soft_wrap=True, highlight=False)

    def fetch(self, url: str, path: Path) -> None:
        """Save the file at `url` as `path`, whole or not at all.

        Raises
        ------
        RefreshError
            After the last try, or at once where another try would not help (404, a long wait asked for).
        """
        for attempt in range(1, self.tries + 1):
            try:
                return self._once(url, path)
            except _Again as failure:
                wait = failure.wait if failure.wait is not None else 2.0**attempt
                if wait > MOST_WAIT:
                    raise RefreshError(f"{url}: {failure} and asks to wait {wait:.0f} s; come again then") from None
                if attempt == self.tries:
                    raise RefreshError(
                        f"{url}: {failure}, after {self.tries} tries; try again later, or save the file "
                        f"as {path.name} and name its folder with --from"
                    ) from None
                self.console.print(f"  {failure}; trying again in {wait:.0f} s ({attempt} of {self.tries})")
                self.sleep(wait)

    def _once(self, url: str, path: Path) -> None:
        part = path.with_name(path.name + ".part")
        try:
            with (
                httpx.Client(timeout=self.timeout, follow_redirects=True, headers={"User-Agent": AGENT}) as client,
                client.stream("GET", self.address(url)) as answer,
            ):
                _refuse_status(answer, url)
                size = self._save(answer, part)
            _refuse_truncated(answer, size)
            _refuse_page(answer, part, path)
            part.replace(path)
        except httpx.TimeoutException:
            raise _Again(f"no answer within {self.timeout:g} s") from None
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise RefreshError(f"{url}: not an address ({error}); mend the builder") from None
        except httpx.TransportError as error:
            raise _Again(f"connection failed ({error or type(error).__name__})") from None
        finally:
            with contextlib.suppress(FileNotFoundError):
                part.unlink()

    def _save(self, answer: httpx.Response, part: Path) -> int:
        """Stream the body to a file, with a progress bar on a terminal; return the bytes received on the wire."""
        length = int(answer.headers.get("content-length", 0)) or None
        columns = (TextColumn("  {task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        bar = Progress(*columns, console=self.console, transient=True, disable=not self.console.is_terminal)
        with bar, part.open("wb") as file:
            task = bar.add_task(part.stem, total=length)
            for block in answer.iter_bytes():
                file.write(block)
                bar.update(task, completed=answer.num_bytes_downloaded)
        return answer.num_bytes_downloaded


def _refuse_status(answer: httpx.Response, url: str) -> None:
    code, name = answer.status_code, f"{answer.status_code} {answer.reason_phrase}".strip()
    if code == 429 or code >= 500:
        raise _Again(f"the server answered {name}", _retry_after(answer.headers.get("retry-after")))
    if code == 404 or code == 410:
        raise RefreshError(f"{url}: {name}; the file was moved or renamed: find its new address and mend the builder")
    if code != 200:
        raise RefreshError(f"{url}: {name}; open the address in a browser, save the file and use --from its folder")


def _retry_after(header: str | None) -> float | None:
    """Return the seconds that a Retry-After header asks for, given in seconds or as a date."""
    if header is None:
        return None
    if header.strip().isdigit():
        return float(header)
    with contextlib.suppress(ValueError):
        then = email.utils.parsedate_to_datetime(header)
        return max(0.0, (then - datetime.datetime.now(datetime.UTC)).total_seconds())
    return None


def _refuse_truncated(answer: httpx.Response, size: int) -> None:
    length = answer.headers.get("content-length")
    if length is not None and size != int(length):
        raise _Again(f"only {size:,} of {int(length):,} bytes arrived")


def _refuse_page(answer: httpx.Response, part: Path, path: Path) -> None:
    """Refuse a web page (a login, a notice of maintenance) that stands where data were expected."""
    with part.open("rb") as file:
        start = file.read(512).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    page = start.startswith((b"<!doctype html", b"<html")) or "text/html" in answer.headers.get("content-type", "")
    if page and path.suffix.lower() in _TEXT:
        raise _Again(f"a web page came where {path.name} was expected")
    if not start:
        raise _Again("an empty file came")
