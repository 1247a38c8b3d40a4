"""A second reading of docs/token-format.md, in another language and on other libraries: what cert-auth+jwt and cert-proof+jwt
must be to be accepted. Paths are judged by names, dates and signatures alone; there is no ML-DSA and no bound on work.
It exists to be compared with, by the vectors, and guards no door."""

import base64
import hashlib
import json
import re
from datetime import datetime, timezone

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa, utils

import der


class Refused(Exception):
    """Names the check that refuses, as docs/token-format.md does."""


def need(condition, check):
    if not condition:
        raise Refused(check)


class Verifier:
    def __init__(self, settings):
        self.settings = settings
        self.anchors = read_pem(settings["trustAnchors"])
        chains = [read_pem(text) for text in settings["knownChains"]]
        self.known = {thumbprint_of(chain[0]): chain for chain in chains}
        self.epoch = seconds_of(settings["at"])
        self.used = {}
        self.forgotten_until = 0

    def verify(self, token, expected, now):
        settings = self.settings
        need(len(token) <= settings["maxTokenBytes"], "shape")
        parts = token.split(".")
        need(len(parts) == 3 and all(parts), "shape")
        header = read_object(decode_part(parts[0], "header"), "header")
        need(not FORBIDDEN & header.keys(), "header")
        chain = self.referred(header)
        typ = header.get("typ")
        need(isinstance(typ, str) and typ.lower() in TYPES[settings["profile"]], "type")
        need(header.get("alg") in settings["algorithms"], "algorithm")
        claims = read_object(decode_part(parts[1], "claims"), "claims")
        self.check_claims(claims)
        check_binding(claims, bindings_of(expected))
        self.check_time(claims, now)
        audience = self.audience_of(claims)
        chain = chain or read_chain(header)
        leaf, alg = chain[0], header["alg"]
        key = public_key_of(leaf)
        need(suits(alg, leaf, key), "algorithmKey")
        check_signer(leaf)
        need(not is_of_small_order(key), "path")
        need(self.leads_to_anchor(leaf, chain[1:], now), "path")
        need(key is not None, "key")
        need(claims["sub"] in subjects_of(leaf), "subject")
        signature = decode_part(parts[2], "signature")
        need(verifies(alg, key, token[: token.rindex(".")].encode(), signature), "signature")
        self.known[thumbprint_of(leaf)] = chain
        if settings["oneTimeUse"] == "memory":
            self.use(claims, audience, key, now)

    def referred(self, header):
        if "x5t#S256" not in header:
            return None
        thumbprint = header["x5t#S256"]
        need(isinstance(thumbprint, str) and THUMBPRINT.fullmatch(thumbprint), "reference")
        if "x5c" in header:
            return None
        need(thumbprint in self.known, "reference")
        return self.known[thumbprint]

    def check_claims(self, claims):
        remembered = self.settings["oneTimeUse"] == "memory" or self.settings["profile"] == "proof"
        need(is_text(claims.get("sub"), 1, 2048) and claims.get("iss") == claims["sub"], "claims")
        need(all(is_text(item, 1, 2048) for item in audiences_of(claims)), "claims")
        need(is_date(claims.get("iat")) and is_date(claims.get("exp")), "claims")
        need("nbf" not in claims or is_date(claims["nbf"]), "claims")
        need(is_text(claims.get("jti"), 16, 128) or not (remembered or "jti" in claims), "claims")

    def check_time(self, claims, now):
        settings = self.settings
        latest = now + settings["futureToleranceSeconds"]
        need(0 < claims["exp"] - claims["iat"] <= settings["maxLifetimeSeconds"], "time")
        need(now < claims["exp"] + settings["expiryToleranceSeconds"], "time")
        need(claims["iat"] <= latest and claims.get("nbf", 0) <= latest, "time")

    def audience_of(self, claims):
        audiences = audiences_of(claims)
        need(len(audiences) == 1 or self.settings["allowMultipleAudiences"], "audience")
        matched = [audience for audience in audiences if audience in self.settings["audience"]]
        need(matched, "audience")
        return matched[0]

    def leads_to_anchor(self, certificate, pool, now, depth=0):
        if depth > 8 or not is_valid_at(certificate, now):
            return False
        for issuer in self.anchors + pool:
            if issuer.subject != certificate.issuer or not issued(issuer, certificate):
                continue
            if issuer in self.anchors:
                return is_valid_at(issuer, now)
            if self.leads_to_anchor(issuer, pool, now, depth + 1):
                return True
        return False

    def use(self, claims, audience, key, now):
        settings = self.settings
        until = claims["exp"] + settings["expiryToleranceSeconds"]
        for name, end in list(self.used.items()):
            if end <= now:
                self.forgotten_until = max(self.forgotten_until, end)
                del self.used[name]
        need(claims["iat"] >= self.epoch and until > self.forgotten_until, "oneTimeUse")
        spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        name = (settings["profile"], audience, hashlib.sha256(spki).digest(), claims["jti"])
        of_holder = [used for used in self.used if used[2] == name[2]]
        need(name not in self.used, "oneTimeUse")
        need(len(self.used) < settings.get("maxReplayEntries", 1_000_000), "oneTimeUse")
        need(len(of_holder) < settings.get("maxReplayEntriesPerKey", 100_000), "oneTimeUse")
        self.used[name] = until


FORBIDDEN = {"jwk", "jku", "x5u", "crit", "b64", "enc", "zip", "x5t", "ocsp"}
TYPES = {
    "auth": ("cert-auth+jwt", "application/cert-auth+jwt"),
    "proof": ("cert-proof+jwt", "application/cert-proof+jwt"),
}
THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
CURVES = {
    "ES256": (ec.SECP256R1, hashes.SHA256, 32),
    "ES384": (ec.SECP384R1, hashes.SHA384, 48),
    "ES512": (ec.SECP521R1, hashes.SHA512, 66),
}
HASHES = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}


def decode_part(text, check):
    need(re.fullmatch(r"[A-Za-z0-9_-]+", text) and len(text) % 4 != 1, check)
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    need(encode(data) == text, check)
    return data


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def read_object(data, check):
    count = 0

    def members(pairs):
        nonlocal count
        names = [name for name, _ in pairs]
        need(len(set(names)) == len(names) and "__proto__" not in names, check)
        need(all(is_well_formed(name) for name in names), check)
        count += len(names)
        return dict(pairs)

    def constant(_):
        raise Refused(check)

    def look(value, depth):
        nonlocal count
        if isinstance(value, str):
            need(is_well_formed(value), check)
        elif isinstance(value, float):
            need(abs(value) != float("inf"), check)
        elif isinstance(value, (dict, list)):
            need(depth <= 16, check)
            count += len(value) if isinstance(value, list) else 0
            for item in value.values() if isinstance(value, dict) else value:
                look(item, depth + 1)

    try:
        text = data.decode()
        value = json.loads(text, object_pairs_hook=members, parse_int=float, parse_constant=constant)
    except (ValueError, RecursionError):
        raise Refused(check) from None
    need(isinstance(value, dict), check)
    look(value, 1)
    need(count <= 256, check)
    return value


def is_well_formed(text):
    return not any("\ud800" <= character <= "\udfff" for character in text)


def is_text(value, shortest, longest):
    return isinstance(value, str) and shortest <= len(value.encode("utf-16-le")) // 2 <= longest


def is_date(value):
    return isinstance(value, float) and 0 <= value <= 2**40


def audiences_of(claims):
    audience = claims.get("aud")
    return (audience or [None]) if isinstance(audience, list) else [audience]


def bindings_of(expected):
    wanted = {}
    if "challenge" in expected:
        wanted["nonce"] = expected["challenge"]
    if "request" in expected:
        request = expected["request"]
        wanted.update(htm=request["method"], htu=request["targetUri"])
        if "contentBase64" in request:
            digest = hashlib.sha256(base64.b64decode(request["contentBase64"])).digest()
            wanted["digest"] = f"sha-256=:{base64.b64encode(digest).decode()}:"
    if "accessToken" in expected:
        wanted["ath"] = encode(hashlib.sha256(expected["accessToken"].encode()).digest())
    return wanted


def check_binding(claims, wanted):
    bound = {name: claims[name] for name in ("nonce", "htm", "htu", "digest", "ath") if name in claims}
    need(bound == wanted, "binding")


def read_pem(text):
    blocks = re.findall(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", text, re.DOTALL)
    return [x509.load_pem_x509_certificate(block.encode()) for block in blocks]


def read_chain(header):
    x5c = header.get("x5c")
    need(isinstance(x5c, list) and 1 <= len(x5c) <= 10, "certificates")
    need(all(isinstance(text, str) for text in x5c), "certificates")
    try:
        data = [base64.b64decode(text, validate=True) for text in x5c]
        need([base64.b64encode(item).decode() for item in data] == x5c, "certificates")
        chain = [x509.load_der_x509_certificate(item) for item in data]
    except ValueError:
        raise Refused("certificates") from None
    need("x5t#S256" not in header or thumbprint_of(chain[0]) == header["x5t#S256"], "certificates")
    return chain


def thumbprint_of(certificate):
    return encode(certificate.fingerprint(hashes.SHA256()))


def public_key_of(certificate):
    try:
        return certificate.public_key()
    except ValueError:
        return None


def suits(alg, certificate, key):
    # A key that cannot be used is judged when its path has been.
    if key is None:
        return True
    if alg in CURVES:
        return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, CURVES[alg][0])
    if alg[:2] in ("RS", "PS"):
        return isinstance(key, rsa.RSAPublicKey) and der.pss_allows(der.key_algorithm(certificate), alg)
    kind = ed448.Ed448PublicKey if alg == "Ed448" else ed25519.Ed25519PublicKey
    return isinstance(key, kind)


def check_signer(certificate):
    extensions = {extension.oid.dotted_string: extension.value for extension in certificate.extensions}
    basic, usage, purposes = (extensions.get(f"2.5.29.{number}") for number in (19, 15, 37))
    need(basic is None or not basic.ca, "signer")
    need(usage is None or usage.digital_signature, "signer")
    need(purposes is None or x509.ObjectIdentifier("1.3.6.1.5.5.7.3.2") in purposes, "signer")


def is_of_small_order(key):
    if not isinstance(key, ed25519.Ed25519PublicKey):
        return False
    prime = 2**255 - 19
    of_order_8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    y = (int.from_bytes(raw, "little") & (2**255 - 1)) % prime
    return y in (0, 1, prime - 1, of_order_8, prime - of_order_8)


def is_valid_at(certificate, now):
    first = certificate.not_valid_before.replace(tzinfo=timezone.utc).timestamp()
    last = certificate.not_valid_after.replace(tzinfo=timezone.utc).timestamp()
    return first <= now <= last


def issued(issuer, certificate):
    """All issuers of these groups have keys on P-256."""
    try:
        key = issuer.public_key()
        hash_algorithm = certificate.signature_hash_algorithm
        key.verify(certificate.signature, certificate.tbs_certificate_bytes, ec.ECDSA(hash_algorithm))
        return True
    except InvalidSignature:
        return False


def subjects_of(certificate):
    subjects = [f"x509-sha256:{thumbprint_of(certificate)}"]
    try:
        names = certificate.extensions.get_extension_for_oid(x509.ObjectIdentifier("2.5.29.17")).value
    except x509.ExtensionNotFound:
        return subjects
    subjects += [f"uri:{value}" for value in names.get_values_for_type(x509.UniformResourceIdentifier)]
    hosts = names.get_values_for_type(x509.DNSName)
    subjects += [f"dns:{value}" for value in hosts if "*" not in value]
    subjects += [f"email:{value}" for value in names.get_values_for_type(x509.RFC822Name)]
    for other in names.get_values_for_type(x509.OtherName):
        if other.type_id.dotted_string == "1.3.6.1.4.1.311.20.2.3":
            subjects.append(f"upn:{der.content(other.value).decode()}")
    return subjects


def verifies(alg, key, data, signature):
    try:
        if alg in CURVES:
            _, hash_algorithm, length = CURVES[alg]
            if len(signature) != 2 * length:
                return False
            r, s = (int.from_bytes(half, "big") for half in (signature[:length], signature[length:]))
            key.verify(utils.encode_dss_signature(r, s), data, ec.ECDSA(hash_algorithm()))
        elif alg[:2] in ("RS", "PS"):
            hash_algorithm = HASHES[alg[2:]]
            if len(signature) != (key.key_size + 7) // 8:
                return False
            pss = padding.PSS(padding.MGF1(hash_algorithm()), hash_algorithm.digest_size)
            key.verify(signature, data, padding.PKCS1v15() if alg[0] == "R" else pss, hash_algorithm())
        else:
            key.verify(signature, data)
        return True
    except InvalidSignature:
        return False


def seconds_of(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
