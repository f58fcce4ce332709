# ruff: noqa: INP001 - a script beside the package that it builds
"""Build the data-only wheel `homarus-smollm2`: the weights of the embedded model, their licence, and no code.

    python packaging/homarus-smollm2/build.py WEIGHTS.gguf OUTPUT_FOLDER

Standard library only, and reproducible: the same weights give the same bytes (stored, not compressed, because weights
do not compress; fixed times and modes; sorted names).
"""

import argparse
import base64
import hashlib
import sys
import zipfile
from pathlib import Path

VERSION = "0.1.0"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
WEIGHTS_NAME = "smollm2-135m-instruct-q4_1.gguf"
HERE = Path(__file__).resolve().parent
DIST_INFO = f"homarus_smollm2-{VERSION}.dist-info"
METADATA = f"""Metadata-Version: 2.4
Name: homarus-smollm2
Version: {VERSION}
Summary: Weights of SmolLM2-135M-Instruct (Q4_1) for homarus; data only
License-Expression: Apache-2.0
License-File: LICENSE
License-File: NOTICE
Requires-Python: >=3.11

The weights of homarus' built-in model as one GGUF file, unchanged, with nothing to import.
"""
WHEEL = "Wheel-Version: 1.0\nGenerator: homarus-smollm2\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_TIME = (2026, 1, 1, 0, 0, 0)


def build(weights: Path, out: Path) -> Path:
    """Write the wheel and return its path.

    Raises:
        SystemExit: when the weights are not the ones that homarus accepts.
    """
    with weights.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != SHA256:
            sys.exit(f"{str(weights)!r} has another sha256 than homarus accepts; take the file that it runs with.")
    files = {
        f"{DIST_INFO}/METADATA": METADATA.encode(),
        f"{DIST_INFO}/WHEEL": WHEEL.encode(),
        f"{DIST_INFO}/licenses/LICENSE": (HERE.parents[1] / "LICENSE").read_bytes(),
        f"{DIST_INFO}/licenses/NOTICE": (HERE / "NOTICE").read_bytes(),
        f"homarus_smollm2/{WEIGHTS_NAME}": weights.read_bytes(),
        "homarus_smollm2/__init__.py": b'"""Weights for homarus; data only."""\n',
    }
    record = "".join(f"{name},{_digest(content)},{len(content)}\n" for name, content in sorted(files.items()))
    files[f"{DIST_INFO}/RECORD"] = (record + f"{DIST_INFO}/RECORD,,\n").encode()
    out.mkdir(parents=True, exist_ok=True)
    wheel = out / f"homarus_smollm2-{VERSION}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files, key=lambda name: (name.startswith(DIST_INFO), name)):
            member = zipfile.ZipInfo(name, date_time=_TIME)
            member.external_attr = 0o100644 << 16
            archive.writestr(member, files[name])
    return wheel


def _digest(content: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Build the wheel that carries the weights of the built-in model.")
    parser.add_argument("weights", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    sys.stdout.write(f"{build(options.weights, options.out)}\n")
