"""The script that finds code that Swift 6.3.1 miscompiles with optimization."""

import pathlib
import subprocess

import pytest

SCRIPT = pathlib.Path(__file__).parents[2] / "scripts/check-await.sh"


@pytest.mark.parametrize(("line", "is_found"), [
    ("return (index, .success(try await call()))", True), ("let found = (1, await call())", True),
    ("return .some(try await call())", True), ("report.yield(.finished(.success(try await handler())))", True),
    ("body(1, .success(try await handler()))", True),
    ("let status = try await handler()", False), ("return (try await call()).count", False),
    ("try await group.next()", False), ("stream.yield(.text(part))", False),
])
def test_value_built_around_an_await_is_found(tmp_path, line, is_found):
    (tmp_path / "Sample.swift").write_text(f"func sample() async throws {{\n    {line}\n}}\n")
    assert (subprocess.run([SCRIPT, tmp_path], capture_output=True).returncode != 0) is is_found
