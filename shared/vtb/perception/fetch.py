"""Brings published weights into a folder, and converts what is published as a pickle."""

from __future__ import annotations

from pathlib import Path

from vtb.errors import BadInput
from vtb.perception.convert import convert_orienter
from vtb.perception.hub import bring
from vtb.perception.published import Weights
from vtb.perception.weight_folder import check_weights
from vtb.store.files import os_errors


def fetch_weights(weights: Weights, folder: Path) -> Path:
    """The weights of one model as they are loaded, below a folder of all weights; only what is missing is brought.

    Returns:
        Their own folder.

    Raises:
        NotAvailable: the hub has them no longer, there is no space, or torch is missing and needed for the conversion.
        TryAgain: the hub or the network failed.
        BadInput: what lies there or came is damaged.
    """
    place = folder / weights.name
    if check_weights(folder, weights).missing:
        with os_errors(place):
            place.mkdir(parents=True, exist_ok=True)
            _bring_all(weights, place)
    found = check_weights(folder, weights)
    if found.missing or found.wrong:
        raise BadInput(f"{found.missing or found.wrong}; remove what is there first")
    return place


def _bring_all(weights: Weights, place: Path) -> None:
    if weights.pickle:
        _bring_pickle(weights, weights.pickle, place)
        return
    for name in weights.files:
        if not (place / name).is_file():
            bring(weights.repository, name, place / name)


def _bring_pickle(weights: Weights, path: str, place: Path) -> None:
    """Convert the pickle that somebody has put there; otherwise bring it, and leave nothing of it."""
    pickle = place / Path(path).name
    brought = not pickle.is_file()
    if brought:
        bring(weights.repository, path, pickle)
    convert_orienter(pickle, place)
    if brought:
        pickle.unlink()
