"""The little of DER that Python's cryptography 38 does not tell: which algorithm a certificate gives its key."""

PSS = bytes.fromhex("06092a864886f70d01010a")
HASH_OIDS = {
    "256": bytes.fromhex("0609608648016503040201"),
    "384": bytes.fromhex("0609608648016503040202"),
    "512": bytes.fromhex("0609608648016503040203"),
}


def split(data):
    """The first element with its content, and what follows it."""
    length, start = data[1], 2
    if length >= 0x80:
        start += length & 0x7F
        length = int.from_bytes(data[2:start], "big")
    return data[start : start + length], data[start + length :]


def content(data):
    return split(data)[0]


def key_algorithm(certificate):
    """Content of the AlgorithmIdentifier in subjectPublicKeyInfo."""
    rest = content(certificate.tbs_certificate_bytes)
    # version, serialNumber, signature, issuer, validity, subject
    for _ in range(6):
        rest = split(rest)[1]
    return content(content(rest))


def pss_allows(algorithm, alg):
    """A key under id-RSASSA-PSS signs by PSS alone, and where it has parameters by their hash alone."""
    if not algorithm.startswith(PSS):
        return True
    parameters = algorithm[len(PSS) :]
    return alg.startswith("PS") and (parameters == b"" or HASH_OIDS[alg[2:]] in parameters)
