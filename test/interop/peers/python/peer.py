"""Python's `cryptography` and PyJWT as peers of matrix.test.ts.

Called with the name of one of them; reads the jobs as JSON from standard input and writes the version and the answers as
JSON to standard output.
"""

import base64
import json
import sys

import cryptography
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa, utils


class Cryptography:
    """The signature alone: `cryptography` knows no JOSE, so the forms of a token are written here."""

    version = cryptography.__version__
    refusal = InvalidSignature

    HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
    CURVES = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1, "ES512": ec.SECP521R1}
    EDWARDS = {
        "Ed25519": (ed25519.Ed25519PublicKey, ed25519.Ed25519PrivateKey),
        "EdDSA": (ed25519.Ed25519PublicKey, ed25519.Ed25519PrivateKey),
        "Ed448": (ed448.Ed448PublicKey, ed448.Ed448PrivateKey),
    }

    def verify(self, job):
        key = certificate_key(job["token"])
        signed, _, signature = job["token"].rpartition(".")
        data, signature, algorithm = signed.encode(), decode(signature), job["algorithm"]
        if algorithm in self.CURVES:
            expect(isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, self.CURVES[algorithm]))
            half = (key.key_size + 7) // 8
            expect(len(signature) == 2 * half)
            r, s = int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
            key.verify(utils.encode_dss_signature(r, s), data, ec.ECDSA(self.HASHES[algorithm[2:]]))
        elif algorithm in self.EDWARDS:
            expect(isinstance(key, self.EDWARDS[algorithm][0]))
            key.verify(signature, data)
        else:
            expect(isinstance(key, rsa.RSAPublicKey))
            key.verify(signature, data, self.padding(algorithm), self.HASHES[algorithm[2:]])
        return json.loads(decode(signed.partition(".")[2]))

    def sign(self, job):
        key, algorithm = private_key(job), job["algorithm"]
        signed = ".".join(encode(json.dumps(job[part]).encode()) for part in ("header", "claims"))
        data = signed.encode()
        if algorithm in self.CURVES:
            expect(isinstance(key.curve, self.CURVES[algorithm]))
            half = (key.key_size + 7) // 8
            numbers = utils.decode_dss_signature(key.sign(data, ec.ECDSA(self.HASHES[algorithm[2:]])))
            signature = b"".join(number.to_bytes(half, "big") for number in numbers)
        elif algorithm in self.EDWARDS:
            expect(isinstance(key, self.EDWARDS[algorithm][1]))
            signature = key.sign(data)
        else:
            signature = key.sign(data, self.padding(algorithm), self.HASHES[algorithm[2:]])
        return f"{signed}.{encode(signature)}"

    def padding(self, algorithm):
        if algorithm.startswith("RS"):
            return padding.PKCS1v15()
        hash = self.HASHES[algorithm[2:]]
        return padding.PSS(mgf=padding.MGF1(hash), salt_length=hash.digest_size)


class PyJwt:
    """The token whole: signature, audience, issuer and times are judged by PyJWT."""

    def __init__(self):
        import jwt

        self.jwt = jwt
        self.version = jwt.__version__
        self.refusal = jwt.InvalidSignatureError

    def verify(self, job):
        return self.jwt.decode(
            job["token"],
            certificate_key(job["token"]),
            algorithms=[job["algorithm"]],
            audience=job["audience"],
            issuer=job["issuer"],
            options={"require": ["exp", "iat", "aud", "iss"]},
        )

    def sign(self, job):
        key = private_key(job)
        return self.jwt.encode(job["claims"], key, algorithm=job["algorithm"], headers=job["header"])


def certificate_key(token):
    header = json.loads(decode(token.partition(".")[0]))
    return x509.load_der_x509_certificate(base64.b64decode(header["x5c"][0])).public_key()


def private_key(job):
    return serialization.load_pem_private_key(job["privateKey"].encode(), password=None)


def expect(condition):
    if not condition:
        raise TypeError("the key does not suit the algorithm")


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def answer(peer, job):
    try:
        if job["kind"] == "sign":
            return {"outcome": "signed", "token": peer.sign(job)}
        return {"outcome": "accepted", "claims": peer.verify(job)}
    except Exception as error:  # what a peer says of an algorithm that it has not is the answer
        outcome = "refused" if isinstance(error, peer.refusal) else "failed"
        return {"outcome": outcome, "says": f"{type(error).__name__}: {error}"}


def main():
    peer = {"cryptography": Cryptography, "pyjwt": PyJwt}[sys.argv[1]]()
    answers = [answer(peer, job) for job in json.load(sys.stdin)["jobs"]]
    json.dump({"version": peer.version, "answers": answers}, sys.stdout)


main()
