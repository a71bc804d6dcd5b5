"""A vLLM that TRL does not support is said once, in its words."""

from typing import Any

import pytest
from trl import import_utils

from r1data.training.loop import runtime


@pytest.mark.parametrize(("version", "lines"), [("0.30.0", 0), ("99.0.0", 1)])
def test_a_vllm_beyond_what_trl_supports_is_said_once(
    version: str, lines: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def is_available(*_: Any, return_version: bool = False) -> Any:
        return (True, version) if return_version else True

    monkeypatch.setattr(import_utils, "_is_package_available", is_available)
    runtime._say_vllm_warning.cache_clear()
    runtime.import_trl()  # a training without vLLM went before
    runtime.import_trl(vllm=True)
    runtime.import_trl(vllm=True)
    said = capsys.readouterr().err
    assert said.count("\n") == lines
    assert (version in said) == bool(lines)
