"""Signatures: the owner of a key, and nobody else, signs for an output as it stands."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from gemsieve.cli import main
from gemsieve.pipeline import signature
from gemsieve.pipeline.manifest import NAME, Manifest, Shard, sha256_of, write


def write_key(folder: Path, name: str) -> None:
    """Write a new pair of keys."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / f"{name}.pem").write_bytes(pem)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / f"{name}.pub").write_bytes(public)


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    """A finished output that `mine` signed; the keys stand beside it."""
    out = tmp_path / "out"
    (out / "kept").mkdir(parents=True)
    (out / "kept/0.parquet").write_bytes(b"rows")
    shard = Shard("kept/0.parquet", 2, 4, sha256_of(out / "kept/0.parquet"))
    counts = {"in": 2, "kept": 2, "dropped": 0, "quarantined": 0}
    write(Manifest(out, {"name": "p", "sha256": "0" * 64}, [], [], counts, [shard], "0"))
    for name in ("mine", "other"):
        write_key(tmp_path, name)
    assert main(["sign", str(out), "--key", str(tmp_path / "mine.pem")]) == 0
    return out


def verified(out: Path, key: str) -> int:
    """Return the status of `gemsieve verify` with a key beside the output."""
    return main(["verify", str(out), "--key", str(out.parent / key)])


def test_what_was_signed_verifies(signed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the signer's key it is told whose; without one, that nobody looked."""
    assert verified(signed, "mine.pub") == 0
    told = capsys.readouterr().out
    assert "2 records in = 2 kept + 0 dropped + 0 quarantined\n" in told
    assert "signature: by the key of mine.pub" in told
    assert main(["verify", str(signed)]) == 0
    assert "signature: not checked" in capsys.readouterr().out
    (signed / signature.NAME).unlink()
    assert main(["verify", str(signed)]) == 0
    assert "signature: none" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("damage", "error"),
    [
        (lambda out: shutil.copy(out.parent / "other.pub", out.parent / "mine.pub"), "another key"),
        (lambda out: (out / signature.NAME).unlink(), "not signed"),
        (lambda out: (out / signature.NAME).write_bytes(b""), "not the signature"),
        (lambda out: (out / NAME).write_text((out / NAME).read_text() + " "), "one of the two"),
        (lambda out: (out / "kept/0.parquet").write_bytes(b"sowr"), "changed after the job"),
        (shutil.rmtree, "not signed"),
    ],
)
def test_any_change_is_refused(
    signed: Path,
    damage: Callable[[Path], object],
    error: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Another key, no signature, another manifest, another shard: each with its message."""
    damage(signed)
    assert verified(signed, "mine.pub") == 1
    assert error in capsys.readouterr().err


def test_what_does_not_verify_is_not_signed(
    signed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody signs for shards that are not the manifest's."""
    (signed / signature.NAME).unlink()
    (signed / "kept/0.parquet").write_bytes(b"sowr")
    assert main(["sign", str(signed), "--key", str(signed.parent / "mine.pem")]) == 1
    assert "changed after the job" in capsys.readouterr().err
    assert not (signed / signature.NAME).exists()


def pem(kind: str) -> bytes | None:
    """Return a file that is no usable key."""
    curve = generate_private_key(SECP256R1())
    match kind:
        case "curve":
            return curve.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        case "curve, public":
            return curve.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        case "encrypted":
            return Ed25519PrivateKey.generate().private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")
            )
        case "absent":
            return None
    return b"no key"


@pytest.mark.parametrize(
    ("command", "kind", "error"),
    [
        ("sign", "words", "no private key in PEM; write one with `openssl genpkey"),
        ("sign", "curve", "a private key, but not Ed25519"),
        ("sign", "encrypted", "the key is encrypted"),
        ("sign", "absent", "cannot read the key"),
        ("verify", "words", "no public key in PEM"),
        ("verify", "curve, public", "a public key, but not Ed25519"),
    ],
)
def test_a_file_that_is_no_such_key_is_told(
    signed: Path, command: str, kind: str, error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each way of being no key has its message, with status 2."""
    path = signed.parent / "bad"
    if (content := pem(kind)) is not None:
        path.write_bytes(content)
    assert main([command, str(signed), "--key", str(path)]) == 2
    assert error in capsys.readouterr().err


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the peer is OpenSSL's command")
def test_openssl_agrees(signed: Path) -> None:
    """OpenSSL checks our signature, and we check its own."""
    keys, where = signed.parent, [str(signed / NAME), "-sigfile", str(signed / signature.NAME)]
    head = ["openssl", "pkeyutl", "-rawin", "-in"]
    subprocess.run(
        [*head, *where, "-verify", "-pubin", "-inkey", str(keys / "mine.pub")],
        check=True,
        capture_output=True,
    )
    other = ["-sign", "-inkey", str(keys / "other.pem"), "-out", str(signed / signature.NAME)]
    subprocess.run([*head, where[0], *other], check=True, capture_output=True)
    assert verified(signed, "other.pub") == 0


def test_a_trainer_refuses_unsigned_data(signed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--signed-by` ends training before it begins where somebody else signed."""
    root = Path(__file__).parents[2]
    command = ["train", str(root / "configs/train/tiny.toml"), "--data", str(signed)]
    command += ["--output", str(signed.parent / "run"), "--signed-by"]
    assert main([*command, str(signed.parent / "other.pub")]) == 2
    assert "not the signature of this key" in capsys.readouterr().err
    assert not (signed.parent / "run").exists()
