"""The token of generateToken, made in Python; for RSA keys and keys on P-256."""

import base64
import json
import secrets
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils


def generate_token(cert_file, key_file):
    with open(cert_file, "rb") as file:
        certificate = x509.load_pem_x509_certificate(file.read())
    with open(key_file, "rb") as file:
        key = serialization.load_pem_private_key(file.read(), password=None)
    thumbprint = encode(certificate.fingerprint(hashes.SHA256()))
    algorithm = "ES256" if isinstance(key, ec.EllipticCurvePrivateKey) else "PS256"
    header = {"alg": algorithm, "typ": "cert-auth-pinned+jwt", "x5t#S256": thumbprint}
    now = time.time_ns() // 1_000_000 / 1_000
    claims = {
        "iss": f"x509-sha256:{thumbprint}",
        "sub": f"x509-sha256:{thumbprint}",
        "iat": now,
        "exp": int(now) + 60,
        "jti": secrets.token_urlsafe(16),
    }
    signed = ".".join(encode(json.dumps(part).encode()) for part in (header, claims))
    return f"{signed}.{encode(sign(key, signed.encode()))}"


def sign(key, data):
    if isinstance(key, ec.EllipticCurvePrivateKey):
        r, s = utils.decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
    pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
    return key.sign(data, pss, hashes.SHA256())


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
