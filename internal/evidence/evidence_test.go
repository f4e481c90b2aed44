package evidence_test

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slactl/slactl/internal/evidence"
)

func archiveOf(t testing.TB, key ed25519.PrivateKey) []byte {
	t.Helper()
	m := evidence.Manifest{Version: "test", GeneratedAt: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), Asked: "2026-09"}
	files := []evidence.File{
		evidence.Text("windows/1.csv", []byte("start,bad\na,1\nb,2\n")),
		evidence.JSON(evidence.ResultsName, map[string]any{"results": []any{map[string]any{"attained": "99.9", "notes": []string{"<&>"}}}}),
	}
	var b bytes.Buffer
	if err := evidence.Write(&b, m, files, key); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func open(t testing.TB, text []byte) *evidence.Archive {
	t.Helper()
	a, err := evidence.Open(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// rewrite writes an archive anew, with the entries that change returns; nil
// leaves one out.
func rewrite(t testing.TB, text []byte, change func(name string, content []byte) []byte) []byte {
	t.Helper()
	a := open(t, text)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range a.Names() {
		content, err := a.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		if content = change(name, content); content == nil {
			continue
		}
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func privateKey(t testing.TB) (ed25519.PrivateKey, []byte) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func TestSameContentSameBytes(t *testing.T) {
	key, _ := privateKey(t)
	if !bytes.Equal(archiveOf(t, key), archiveOf(t, key)) {
		t.Error("the same content gives other bytes")
	}
}

func TestCheckNamesWhatWasAltered(t *testing.T) {
	whole := archiveOf(t, nil)
	if got := open(t, whole).Check(); len(got) != 0 {
		t.Fatalf("findings in an archive as it was written: %v", got)
	}
	altered := open(t, rewrite(t, whole, func(name string, content []byte) []byte {
		if name == "windows/1.csv" {
			return bytes.Replace(content, []byte("b,2"), []byte("b,3"), 1)
		}
		return content
	})).Check()
	if len(altered) != 1 || altered[0].Entry != "windows/1.csv" || altered[0].Found == altered[0].Expected {
		t.Errorf("findings %+v", altered)
	}
	missing := open(t, rewrite(t, whole, func(name string, content []byte) []byte {
		if name == evidence.ResultsName {
			return nil
		}
		return content
	})).Check()
	if len(missing) != 1 || missing[0].Entry != evidence.ResultsName {
		t.Errorf("findings %+v", missing)
	}
}

func TestCompare(t *testing.T) {
	a := open(t, archiveOf(t, nil))
	if got := a.CompareJSON(evidence.ResultsName, map[string]any{"results": []any{map[string]any{"attained": "99.9", "notes": []string{"<&>"}}}}); len(got) != 0 {
		t.Errorf("findings %+v", got)
	}
	got := a.CompareJSON(evidence.ResultsName, map[string]any{"results": []any{map[string]any{"attained": "99.8", "bad": 3, "notes": []string{}}}})
	want := map[string][2]string{"results[0].attained": {`"99.9"`, `"99.8"`}, "results[0].bad": {"", "3"}, "results[0].notes": {"1", "0"}}
	for _, f := range got {
		if want[f.Place] != [2]string{f.Found, f.Expected} {
			t.Errorf("finding %+v", f)
		}
		delete(want, f.Place)
	}
	if len(want) > 0 {
		t.Errorf("not found: %v", want)
	}
	lines := func(text string) []evidence.Finding {
		return a.CompareText(evidence.Text("windows/1.csv", []byte(text)))
	}
	for text, place := range map[string]string{"start,bad\na,1\nb,9\n": "line 3", "start,bad\na,1\n": "line 3", "start,bad\na,1\nb,2\nc,3\n": "line 4", "start,bad\na,1\nb,2": "line 3"} {
		if got := lines(text); len(got) != 1 || got[0].Place != place {
			t.Errorf("%q: findings %+v", text, got)
		}
	}
	if got := lines("start,bad\na,1\nb,2\n"); len(got) != 0 {
		t.Errorf("findings %+v", got)
	}
}

func TestSignature(t *testing.T) {
	key, _ := privateKey(t)
	other, _ := privateKey(t)
	public, _ := key.Public().(ed25519.PublicKey)
	stranger, _ := other.Public().(ed25519.PublicKey)
	text := archiveOf(t, key)
	check := func(name string, text []byte, required ed25519.PublicKey, signed, valid bool, findings int) {
		t.Helper()
		s, got := open(t, text).CheckSignature(required)
		if s.Signed != signed || s.Valid != valid || len(got) != findings {
			t.Errorf("%s: %+v, %+v", name, s, got)
		}
	}
	check("as signed", text, nil, true, true, 0)
	check("by the given key", text, public, true, true, 0)
	check("by another key", text, stranger, true, false, 1)
	check("unsigned", archiveOf(t, nil), nil, false, false, 0)
	check("unsigned, and one is asked for", archiveOf(t, nil), public, false, false, 1)
	check("the manifest was changed", rewrite(t, text, func(name string, content []byte) []byte {
		if name == evidence.ManifestName {
			return bytes.Replace(content, []byte("2026-09"), []byte("2026-08"), 1)
		}
		return content
	}), nil, true, false, 1)
	check("the signature was cut", rewrite(t, text, func(name string, content []byte) []byte {
		if name == evidence.SignatureName {
			return content[1:]
		}
		return content
	}), nil, true, false, 1)
	check("the signature was taken away", rewrite(t, text, func(name string, content []byte) []byte {
		if name == evidence.SignatureName {
			return nil
		}
		return content
	}), nil, false, false, 1)
	if id := evidence.KeyID(public); len(id) != 64 || id == evidence.KeyID(stranger) {
		t.Errorf("key id %s", id)
	}
}

// Anyone can verify a signature with OpenSSL, as README.txt says, and OpenSSL's
// keys are read.
func TestOpenSSL(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not here")
	}
	dir := t.TempDir()
	run := func(args ...string) (string, error) {
		out, err := exec.Command(openssl, args...).CombinedOutput() //nolint:gosec // a test's own arguments
		return string(out), err
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	if out, err := run("genpkey", "-algorithm", "ed25519", "-out", at("key.pem")); err != nil {
		t.Skip("this openssl makes no Ed25519 keys: ", out)
	}
	pemText, err := os.ReadFile(at("key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := evidence.ParsePrivateKey(pemText)
	if err != nil {
		t.Fatal(err)
	}
	a := open(t, archiveOf(t, key))
	for _, name := range []string{evidence.ManifestName, evidence.SignatureName, evidence.PublicKeyName} {
		content, err := a.Read(name)
		if err == nil {
			err = os.WriteFile(at(name), content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	verify := []string{"pkeyutl", "-verify", "-pubin", "-inkey", at(evidence.PublicKeyName), "-rawin", "-in", at(evidence.ManifestName), "-sigfile", at(evidence.SignatureName)}
	if out, err := run(verify...); err != nil {
		t.Errorf("openssl does not verify it: %v\n%s", err, out)
	}
	if err := os.WriteFile(at(evidence.ManifestName), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := run(verify...); err == nil {
		t.Error("openssl verifies another manifest")
	}
}

func TestKeys(t *testing.T) {
	_, good := privateKey(t)
	big, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(big)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}) }
	for want, text := range map[string][]byte{
		"it is no PEM file":         []byte("secret words"),
		"the key is encrypted":      block("ENCRYPTED PRIVATE KEY", []byte("secret words")),
		"it is a public key":        block("PUBLIC KEY", []byte("secret words")),
		"cannot be decoded":         block("PRIVATE KEY", []byte("secret words")),
		"another algorithm":         block("PRIVATE KEY", der),
		`of the type "CERTIFICATE"`: block("CERTIFICATE", []byte("secret words")),
	} {
		_, err := evidence.ParsePrivateKey(text)
		var bad *evidence.KeyError
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), want) || bad.Hint == "" || strings.Contains(err.Error()+bad.Hint, "secret words") {
			t.Errorf("%s: %v", want, err)
		}
	}
	if _, err := evidence.ParsePrivateKey(good); err != nil {
		t.Error(err)
	}
	if _, err := evidence.ParsePublicKey(good); err == nil {
		t.Error("a private key was read as a public one")
	}
}

// Nothing that an archive from somebody else says is believed.
func TestOpenRefuses(t *testing.T) {
	zipOf := func(names ...string) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for _, name := range names {
			w, err := z.Create(name)
			if err == nil {
				_, err = w.Write([]byte("{}"))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for want, text := range map[string][]byte{
		"not a valid zip file":     []byte("PK is not enough"),
		"there is no manifest":     zipOf("results.json"),
		`"../manifest.json" is no`: zipOf("../manifest.json"),
		`"/etc/passwd" is no`:      zipOf("/etc/passwd", evidence.ManifestName),
		`"a\\b" is no`:             zipOf("a\\b", evidence.ManifestName),
		"two entries named":        zipOf(evidence.ManifestName, evidence.ManifestName),
		`its schema is ""`:         zipOf(evidence.ManifestName),
	} {
		if _, err := evidence.Open(bytes.NewReader(text), int64(len(text))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v", want, err)
		}
	}
}

// An entry that says that it is larger than anything is refused before it is
// read, and one that is larger than it says while it is.
func TestBombs(t *testing.T) {
	whole := archiveOf(t, nil)
	lie := func(size uint32) []byte {
		text := bytes.Clone(whole)
		at := bytes.Index(text, []byte("PK\x01\x02")) // the first entry of the table: 24 bytes on is its size
		binary.LittleEndian.PutUint32(text[at+24:], size)
		return text
	}
	text := lie(3 << 30)
	if _, err := evidence.Open(bytes.NewReader(text), int64(len(text))); err == nil || !strings.Contains(err.Error(), "grows beyond") {
		t.Errorf("the error is %v", err)
	}
	text = lie(3)
	if got := open(t, text).Check(); len(got) != 1 || !strings.Contains(got[0].Problem, "cannot be read") {
		t.Errorf("findings %+v", got)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(archiveOf(f, nil))
	f.Fuzz(func(_ *testing.T, text []byte) {
		a, err := evidence.Open(bytes.NewReader(text), int64(len(text)))
		if err != nil {
			return
		}
		a.Check()
		a.CheckSignature(nil)
	})
}
