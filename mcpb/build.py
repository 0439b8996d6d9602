"""Makes .build/sparkq.mcpb, the bundle that Claude Desktop installs: the packages, and a manifest that starts them with uv.

The official tool checks the manifest and packs; it comes from npm into .build.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from sparkq_mcp.tools import all_tools

ROOT = Path(__file__).resolve().parent.parent
STAGE = ROOT / ".build/mcpb"
BUNDLE = ROOT / ".build/sparkq.mcpb"
TOOL = "@anthropic-ai/mcpb@2.1.2"
PACKAGES = ("sparkq_core", "sparkq_mcp", "sparkq_cli", "sparkq_http")
FILES = ("pyproject.toml", "README.md", "LICENSE", "WORKER_PLAYBOOK.md")


def main() -> None:
    """Stage, validate, pack."""
    tool = official()
    stage()
    for step in (["validate", str(STAGE / "manifest.json")], ["pack", str(STAGE), str(BUNDLE)]):
        done = subprocess.run([*tool, *step], text=True, capture_output=True, check=False)
        if done.returncode:
            raise SystemExit(f"mcpb {step[0]} failed:\n{done.stdout}{done.stderr}")
    sys.stdout.write(
        f"{BUNDLE.relative_to(ROOT)}: {BUNDLE.stat().st_size // 1024} KB, valid. Open it with Claude Desktop.\n"
    )


def official() -> list[str]:
    """The tool that validates and packs: installed, or from npm into .build, so that nothing else is touched."""
    if installed := shutil.which("mcpb"):
        return [installed]
    if npx := shutil.which("npx"):
        return [npx, "--yes", "--cache", str(ROOT / ".build/npx"), TOOL]
    raise SystemExit("make mcpb needs npx, which comes with Node.js: the official tool validates and packs the bundle.")


def stage() -> None:
    """Put what the bundle holds into one folder; the manifest's tools are those of the server."""
    shutil.rmtree(STAGE, ignore_errors=True)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, STAGE / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy2(ROOT / name, STAGE / name)
    manifest = json.loads((ROOT / "mcpb/manifest.json").read_text(encoding="utf-8"))
    manifest["tools"] = [{"name": tool.name, "description": tool.description} for tool in all_tools()]
    (STAGE / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
