"""The tutorial's idea with its mistakes: neither function runs."""

from OpenSSL import crypto


def generate_token(cert_file, key_file):
    return crypto.sign(load_certificate(cert_file), load_key(key_file), "SHA256")


def verify_token(token, cert_file):
    try:
        crypto.verify(load_certificate(cert_file), token, "SHA256")
        return True
    except crypto.Error:
        return False


def load_certificate(cert_file):
    with open(cert_file, "rb") as file:
        return crypto.load_certificate(crypto.FILETYPE_PEM, file.read())


def load_key(key_file):
    with open(key_file, "rb") as file:
        return crypto.load_privatekey(crypto.FILETYPE_PEM, file.read())
