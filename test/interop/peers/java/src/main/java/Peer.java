// nimbus-jose-jwt as a peer of matrix.test.ts: reads the jobs as JSON from standard input and writes the version and the
// answers as JSON to standard output.

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.Ed25519Signer;
import com.nimbusds.jose.crypto.Ed25519Verifier;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.crypto.factories.DefaultJWSSignerFactory;
import com.nimbusds.jose.crypto.factories.DefaultJWSVerifierFactory;
import com.nimbusds.jose.crypto.impl.AlgorithmSupportMessage;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jose.util.X509CertUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;

public final class Peer {
  public static void main(String[] args) throws Exception {
    String request = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
    List<Map<String, Object>> answers = new ArrayList<>();
    for (Map<String, Object> job : JSONObjectUtils.getJSONObjectArray(JSONObjectUtils.parse(request), "jobs")) {
      answers.add(answerTo(job));
    }
    System.out.println(JSONObjectUtils.toJSONString(Map.of("version", version(), "answers", answers)));
  }

  private static Map<String, Object> answerTo(Map<String, Object> job) {
    try {
      if (job.get("kind").equals("sign")) return Map.of("outcome", "signed", "token", sign(job));
      return verify(job);
    } catch (Exception error) {
      return Map.of("outcome", "failed", "says", error.toString());
    }
  }

  /** The token whole: the signature, and the claims as Nimbus judges them. */
  private static Map<String, Object> verify(Map<String, Object> job) throws Exception {
    SignedJWT token = SignedJWT.parse((String) job.get("token"));
    JWSHeader header = token.getHeader();
    if (!header.getAlgorithm().getName().equals(job.get("algorithm"))) throw new JOSEException("another alg");
    if (!token.verify(verifierFor(header))) return Map.of("outcome", "refused", "says", "verify returned false");
    JWTClaimsSet expected = new JWTClaimsSet.Builder().issuer((String) job.get("issuer")).build();
    Set<String> required = Set.of("exp", "iat", "jti", "sub");
    new DefaultJWTClaimsVerifier<>((String) job.get("audience"), expected, required)
        .verify(token.getJWTClaimsSet(), null);
    return Map.of("outcome", "accepted", "claims", token.getPayload().toJSONObject());
  }

  private static JWSVerifier verifierFor(JWSHeader header) throws Exception {
    X509Certificate leaf = X509CertUtils.parse(header.getX509CertChain().get(0).decode());
    if (!JWSAlgorithm.Family.ED.contains(header.getAlgorithm())) {
      return new DefaultJWSVerifierFactory().createJWSVerifier(header, leaf.getPublicKey());
    }
    Curve curve = curveOf(header.getAlgorithm());
    return new Ed25519Verifier(new OctetKeyPair.Builder(curve, last(curve, leaf.getPublicKey().getEncoded())).build());
  }

  private static String sign(Map<String, Object> job) throws Exception {
    JWSHeader header = JWSHeader.parse(JSONObjectUtils.getJSONObject(job, "header"));
    JWSObject token = new JWSObject(header, new Payload(JSONObjectUtils.getJSONObject(job, "claims")));
    token.sign(signerFor(header.getAlgorithm(), (String) job.get("privateKey")));
    return token.serialize();
  }

  private static JWSSigner signerFor(JWSAlgorithm algorithm, String pem) throws Exception {
    byte[] pkcs8 = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
    PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(pkcs8);
    if (JWSAlgorithm.Family.ED.contains(algorithm)) {
      Curve curve = curveOf(algorithm);
      // Nimbus wants the public key beside it, and signs with the private one alone.
      Base64URL unused = last(curve, new byte[pkcs8.length]);
      return new Ed25519Signer(new OctetKeyPair.Builder(curve, unused).d(last(curve, pkcs8)).build());
    }
    if (JWSAlgorithm.Family.EC.contains(algorithm)) {
      return new ECDSASigner((ECPrivateKey) KeyFactory.getInstance("EC").generatePrivate(spec));
    }
    if (JWSAlgorithm.Family.RSA.contains(algorithm)) {
      return new RSASSASigner(KeyFactory.getInstance("RSA").generatePrivate(spec));
    }
    Set<JWSAlgorithm> supported = new DefaultJWSSignerFactory().supportedJWSAlgorithms();
    throw new JOSEException(AlgorithmSupportMessage.unsupportedJWSAlgorithm(algorithm, supported));
  }

  private static Curve curveOf(JWSAlgorithm algorithm) {
    return algorithm.getName().equals("Ed448") ? Curve.Ed448 : Curve.Ed25519;
  }

  /** Both SubjectPublicKeyInfo and PKCS #8 end with the key itself (RFC 8410). */
  private static Base64URL last(Curve curve, byte[] der) {
    int length = curve.equals(Curve.Ed448) ? 57 : 32;
    return Base64URL.encode(Arrays.copyOfRange(der, der.length - length, der.length));
  }

  private static String version() throws Exception {
    String path = "/META-INF/maven/com.nimbusds/nimbus-jose-jwt/pom.properties";
    Properties properties = new Properties();
    try (InputStream file = JWSObject.class.getResourceAsStream(path)) {
      properties.load(file);
    }
    return properties.getProperty("version");
  }
}
