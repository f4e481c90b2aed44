package evidence

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
)

// makeKey is how a key is made, for hints.
const makeKey = "openssl genpkey -algorithm ed25519 -out key.pem"

// KeyError says what is wrong with a key file, and what to do about it. It never
// quotes the file.
type KeyError struct{ Problem, Hint string }

// Error implements error.
func (e *KeyError) Error() string { return e.Problem }

// ParsePrivateKey reads an Ed25519 private key: PKCS #8 in PEM, not encrypted, as
// `openssl genpkey -algorithm ed25519` writes it. Errors are *[KeyError].
func ParsePrivateKey(text []byte) (ed25519.PrivateKey, error) {
	block, _ := pem.Decode(text)
	switch {
	case block == nil:
		return nil, &KeyError{"it is no PEM file", "make a key with `" + makeKey + "`"}
	case block.Type == "ENCRYPTED PRIVATE KEY":
		return nil, &KeyError{"the key is encrypted", "decrypt it with `openssl pkey -in key.pem -out plain.pem`"}
	case block.Type == "PUBLIC KEY":
		return nil, &KeyError{"it is a public key, and signing takes the private one", "make a key with `" + makeKey + "`"}
	case block.Type != "PRIVATE KEY":
		return nil, &KeyError{fmt.Sprintf("it holds a PEM block of the type %q, and not PRIVATE KEY (PKCS #8)", block.Type), "make a key with `" + makeKey + "`"}
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, &KeyError{"the private key cannot be decoded", "make a key with `" + makeKey + "`"}
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, &KeyError{"the key is for another algorithm than Ed25519", "make a key with `" + makeKey + "`"}
	}
	return key, nil
}

// ParsePublicKey reads an Ed25519 public key: SubjectPublicKeyInfo in PEM, as
// `openssl pkey -pubout` writes it. Errors are *[KeyError].
func ParsePublicKey(text []byte) (ed25519.PublicKey, error) {
	hint := "write the public key with `openssl pkey -in key.pem -pubout -out public.pem`"
	block, _ := pem.Decode(text)
	switch {
	case block == nil:
		return nil, &KeyError{"it is no PEM file", hint}
	case block.Type != "PUBLIC KEY":
		return nil, &KeyError{fmt.Sprintf("it holds a PEM block of the type %q, and not PUBLIC KEY", block.Type), hint}
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, &KeyError{"the public key cannot be decoded", hint}
	}
	key, ok := parsed.(ed25519.PublicKey)
	if !ok {
		return nil, &KeyError{"the key is for another algorithm than Ed25519", hint}
	}
	return key, nil
}

// encodePublicKey writes the public half of a key in PEM.
func encodePublicKey(key ed25519.PrivateKey) ([]byte, error) {
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		return nil, errors.New("signing: the key has no public half")
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), nil
}

// KeyID names a public key: the SHA-256 of its DER form, in hex, which
// `openssl pkey -pubin -in public.pem -outform DER | sha256sum` prints as well.
func KeyID(key ed25519.PublicKey) string {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}
