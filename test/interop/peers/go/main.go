// go-jose as a peer of matrix.test.ts: reads the jobs as JSON from standard input and writes the version and the answers as
// JSON to standard output.
package main

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const peer = "github.com/go-jose/go-jose/v4"

type job struct {
	Kind       string
	Algorithm  jose.SignatureAlgorithm
	Token      string
	Audience   string
	Issuer     string
	Root       string
	Header     map[string]any
	Claims     map[string]any
	PrivateKey string
}

type answer struct {
	Outcome string         `json:"outcome"`
	Claims  map[string]any `json:"claims,omitempty"`
	Token   string         `json:"token,omitempty"`
	Says    string         `json:"says,omitempty"`
}

func main() {
	var request struct{ Jobs []job }
	if err := json.NewDecoder(os.Stdin).Decode(&request); err != nil {
		log.Fatal(err)
	}
	answers := []answer{}
	for _, job := range request.Jobs {
		answers = append(answers, answerTo(job))
	}
	report := map[string]any{"version": version(), "answers": answers}
	if err := json.NewEncoder(os.Stdout).Encode(report); err != nil {
		log.Fatal(err)
	}
}

func answerTo(job job) answer {
	var made answer
	var err error
	if job.Kind == "sign" {
		made.Outcome = "signed"
		made.Token, err = sign(job)
	} else {
		made.Outcome = "accepted"
		made.Claims, err = verify(job)
	}
	if errors.Is(err, jose.ErrCryptoFailure) {
		return answer{Outcome: "refused", Says: err.Error()}
	}
	if err != nil {
		return answer{Outcome: "failed", Says: err.Error()}
	}
	return made
}

// The token whole: go-jose hands out the certificates of x5c only along a path to a root, and judges the claims.
func verify(job job) (map[string]any, error) {
	token, err := jwt.ParseSigned(job.Token, []jose.SignatureAlgorithm{job.Algorithm})
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(job.Root)) {
		return nil, errors.New("the root cannot be read")
	}
	chains, err := token.Headers[0].Certificates(x509.VerifyOptions{
		Roots:     roots,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return nil, err
	}
	var registered jwt.Claims
	var all map[string]any
	if err := token.Claims(chains[0][0].PublicKey, &registered, &all); err != nil {
		return nil, err
	}
	expected := jwt.Expected{
		Issuer:      job.Issuer,
		AnyAudience: jwt.Audience{job.Audience},
		Time:        time.Now(),
	}
	return all, registered.Validate(expected)
}

func sign(job job) (string, error) {
	block, _ := pem.Decode([]byte(job.PrivateKey))
	if block == nil {
		return "", errors.New("the private key is not PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return "", err
	}
	options := &jose.SignerOptions{}
	for name, value := range job.Header {
		if name != "alg" {
			options.WithHeader(jose.HeaderKey(name), value)
		}
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: job.Algorithm, Key: key}, options)
	if err != nil {
		return "", err
	}
	return jwt.Signed(signer).Claims(job.Claims).Serialize()
}

// As linked, not as asked for; with the minor version of Go, whose standard library holds the algorithms.
func version() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == peer {
			release := strings.SplitN(strings.TrimPrefix(runtime.Version(), "go"), ".", 3)
			return fmt.Sprintf("%s with Go %s", strings.TrimPrefix(module.Version, "v"), strings.Join(release[:2], "."))
		}
	}
	return "unknown"
}
