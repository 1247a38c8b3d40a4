"""Bare signatures over a certificate, made and judged by pyOpenSSL before 24.3."""

from OpenSSL import crypto


def sign(cert_file, key_file, over):
    with open(key_file, "rb") as file:
        key = crypto.load_privatekey(crypto.FILETYPE_PEM, file.read())
    return crypto.sign(key, content_of(load_certificate(cert_file), over), "sha256")


def verify(signature, cert_file, over):
    certificate = load_certificate(cert_file)
    try:
        crypto.verify(certificate, signature, content_of(certificate, over), "sha256")
        return True
    except crypto.Error:
        return False


def content_of(certificate, over):
    form = {"der": crypto.FILETYPE_ASN1, "pem": crypto.FILETYPE_PEM}
    return crypto.dump_certificate(form[over], certificate)


def load_certificate(cert_file):
    with open(cert_file, "rb") as file:
        return crypto.load_certificate(crypto.FILETYPE_PEM, file.read())
