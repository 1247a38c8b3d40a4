"""The same with its calls repaired: it runs, and its token is a constant."""

from OpenSSL import crypto


def generate_token(cert_file, key_file):
    return crypto.sign(load_key(key_file), content_of(load_certificate(cert_file)), "SHA256")


def verify_token(token, cert_file):
    certificate = load_certificate(cert_file)
    try:
        crypto.verify(certificate, token, content_of(certificate), "SHA256")
        return True
    except crypto.Error:
        return False


def content_of(certificate):
    return crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate)


def load_certificate(cert_file):
    with open(cert_file, "rb") as file:
        return crypto.load_certificate(crypto.FILETYPE_PEM, file.read())


def load_key(key_file):
    with open(key_file, "rb") as file:
        return crypto.load_privatekey(crypto.FILETYPE_PEM, file.read())
