"""Settings as the request of a run records them, and as a run of an earlier release did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, asdict, fields
from typing import Any

from r1data.training.grpo.algorithms import ALGORITHMS
from r1data.training.settings import (
    GrpoSettings,
    OnPolicySettings,
    RewardModelSettings,
    Settings,
    SftSettings,
)

KINDS: dict[str, type[Settings]] = {
    settings.kind: settings for settings in (GrpoSettings, SftSettings, OnPolicySettings, RewardModelSettings)
}
"""Settings by the kind of training that a run's request records."""
GONE = {"fsdp": False}
"""Settings of earlier releases and their defaults."""


def as_recorded(kind: str | None, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that a run of whatever release recorded, as this one would: settings that came later have their
    default, and those that are gone are left out where nobody had set them."""
    settings = KINDS.get(kind or "")
    defaults = {one.name: _default(one) for one in fields(settings)} if settings else {}
    kept = {name: value for name, value in parameters.items() if (name, value) not in GONE.items()}
    recorded = {name: value for name, value in defaults.items() if value is not MISSING} | kept
    if settings is GrpoSettings and (algorithm := ALGORITHMS.get(recorded["loss"])):
        recorded |= {name: value for name, value in algorithm.defaults.items() if recorded[name] is None}
    return recorded


def _default(setting: Field[Any]) -> Any:
    return setting.default if setting.default_factory is MISSING else setting.default_factory()


def as_parameters(settings: Settings) -> dict[str, Any]:
    """The settings as plain JSON values, for a manifest."""
    return asdict(settings)
