"""Judges the signature of a pinned token, and nothing else of it, with the key of its certificate."""

import base64
import json

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils


def is_genuine(token, cert_file):
    with open(cert_file, "rb") as file:
        certificate = x509.load_pem_x509_certificate(file.read())
    header, claims, signature = token.split(".")
    members = json.loads(decode(header))
    if decode(members["x5t#S256"]) != certificate.fingerprint(hashes.SHA256()):
        return False
    try:
        verify(certificate.public_key(), members["alg"], decode(signature), f"{header}.{claims}".encode())
        return True
    except InvalidSignature:
        return False


def verify(key, algorithm, signature, data):
    if algorithm == "ES256":
        r, s = (int.from_bytes(part, "big") for part in (signature[:32], signature[32:]))
        key.verify(utils.encode_dss_signature(r, s), data, ec.ECDSA(hashes.SHA256()))
    elif algorithm == "PS256":
        key.verify(signature, data, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    else:
        raise ValueError(algorithm)


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
