"""Bare signatures over a certificate, made and judged by cryptography."""

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding


def sign(cert_file, key_file, over):
    with open(key_file, "rb") as file:
        key = serialization.load_pem_private_key(file.read(), password=None)
    return key.sign(content_of(load_certificate(cert_file), over), *scheme_of(key))


def verify(signature, cert_file, over):
    certificate = load_certificate(cert_file)
    key = certificate.public_key()
    try:
        key.verify(signature, content_of(certificate, over), *scheme_of(key))
        return True
    except InvalidSignature:
        return False


def scheme_of(key):
    if isinstance(key, (ec.EllipticCurvePrivateKey, ec.EllipticCurvePublicKey)):
        return (ec.ECDSA(hashes.SHA256()),)
    return (padding.PKCS1v15(), hashes.SHA256())


def content_of(certificate, over):
    encoding = {"der": serialization.Encoding.DER, "pem": serialization.Encoding.PEM}
    return certificate.public_bytes(encoding[over])


def load_certificate(cert_file):
    with open(cert_file, "rb") as file:
        return x509.load_pem_x509_certificate(file.read())
