"""Which pack of one snapshot is which of another, though its folder or the spelling of its name changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .snapshot_records import Pack


def paired(wanted: Sequence[Pack], now: Sequence[Pack]) -> tuple[list[tuple[Pack, Pack | None]], list[Pack]]:
    """Each of `wanted` with what it is now, None where it is gone; and what is left of `now`."""
    left = list(now)
    pairs = []
    for target in _by_certainty(wanted):
        current = _match(target, left)
        left = [pack for pack in left if pack is not current]
        pairs.append((target, current))
    return sorted(pairs, key=lambda pair: pair[0].folder), left


def _by_certainty(packs: Iterable[Pack]) -> list[Pack]:
    return sorted(packs, key=lambda pack: (pack.kind == "link", pack.folder))


def _match(target: Pack, packs: Sequence[Pack]) -> Pack | None:
    """The pack that it is now: by folder, else by where it came from, else by name."""
    ways = (
        lambda p: p.folder == target.folder,
        lambda p: p.url is not None and _address(p.url) == _address(target.url),
        lambda p: p.registry_id is not None and folded(p.registry_id) == folded(target.registry_id),
        lambda p: folded(p.name) == folded(target.name),
    )
    return next((pack for is_it in ways for pack in packs if is_it(pack)), None)


def _address(url: str | None) -> str:
    return (url or "").rstrip("/").removesuffix(".git").casefold()


def folded(text: str | None) -> str:
    return (text or "").casefold()


def same_commit(one: str | None, other: str | None) -> bool:
    """Some files have commits shortened."""
    return bool(one and other) and (str(one).startswith(str(other)) or str(other).startswith(str(one)))
