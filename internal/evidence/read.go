package evidence

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
)

// Bounds of what is read. An archive comes from somebody else.
const (
	maxEntries = 200_000
	maxEntry   = 2 << 30   // bytes of one file
	maxTotal   = 16 << 30  // bytes of all files
	maxWhole   = 512 << 20 // bytes of a file that is read as a whole
)

// Archive is an archive that is open for reading. Nothing of it is ever written
// to the disk.
type Archive struct {
	Manifest Manifest
	manifest []byte
	files    map[string]*zip.File
	names    []string // in the order of the archive
}

// Open reads the table of an archive and its manifest. An error means that it is
// none, or that its bounds are exceeded; what was altered, [Archive.Check] finds.
func Open(r io.ReaderAt, size int64) (*Archive, error) {
	z, err := zip.NewReader(r, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, fmt.Errorf("reading the archive: %w", err)
	}
	if len(z.File) > maxEntries {
		return nil, fmt.Errorf("reading the archive: it has %d entries, more than %d", len(z.File), maxEntries)
	}
	a := &Archive{files: map[string]*zip.File{}}
	var total uint64
	for _, f := range z.File {
		if f.Name != path.Clean(f.Name) || path.IsAbs(f.Name) || f.Name == "." || f.Name == ".." || len(f.Name) > 2 && f.Name[:3] == "../" || bytes.ContainsAny([]byte(f.Name), "\\:\x00") {
			return nil, fmt.Errorf("reading the archive: %q is no name of an entry", f.Name)
		}
		if a.files[f.Name] != nil {
			return nil, fmt.Errorf("reading the archive: it has two entries named %q", f.Name)
		}
		if total += f.UncompressedSize64; f.UncompressedSize64 > maxEntry || total > maxTotal {
			return nil, fmt.Errorf("reading the archive: with %s it grows beyond what is read", f.Name)
		}
		a.files[f.Name] = f
		a.names = append(a.names, f.Name)
	}
	if a.manifest, err = a.Read(ManifestName); err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(a.manifest))
	d.DisallowUnknownFields()
	if err := d.Decode(&a.Manifest); err != nil {
		return nil, fmt.Errorf("reading %s: %w", ManifestName, err)
	}
	if a.Manifest.Schema != Schema {
		return nil, fmt.Errorf("reading %s: its schema is %q, and this version reads %s", ManifestName, a.Manifest.Schema, Schema)
	}
	return a, nil
}

// Has reports whether there is an entry of the name.
func (a *Archive) Has(name string) bool { return a.files[name] != nil }

// Names lists the entries, in the order of the archive.
func (a *Archive) Names() []string { return slices.Clone(a.names) }

// File opens an entry. It gives no more bytes than the archive's table says.
func (a *Archive) File(name string) (io.ReadCloser, error) {
	f := a.files[name]
	if f == nil {
		return nil, fmt.Errorf("reading the archive: there is no %s in it", name)
	}
	in, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return struct {
		io.Reader
		io.Closer
	}{&bounded{name: name, in: in, left: int64(f.UncompressedSize64)}, in}, nil
}

// bounded fails where an entry is longer than it says, which a made-up archive
// may be.
type bounded struct {
	name string
	in   io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.in.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, fmt.Errorf("reading %s: it is longer than the archive says", b.name)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("reading %s: %w", b.name, err)
	}
	return n, err
}

// Read reads a small entry as a whole.
func (a *Archive) Read(name string) ([]byte, error) {
	in, err := a.File(name)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, maxWhole+1))
	if err == nil && len(text) > maxWhole {
		err = fmt.Errorf("reading %s: it is longer than %d MiB", name, maxWhole>>20)
	}
	return text, err
}

// Finding is something that is not as the archive says.
type Finding struct {
	Entry string `json:"entry"`
	// Place is where in it: a line, or a path such as results[2].attained; "" for
	// the entry as a whole.
	Place    string `json:"place,omitempty"`
	Problem  string `json:"problem"`
	Found    string `json:"found,omitempty"`
	Expected string `json:"expected,omitempty"`
}

// Check compares every entry with the manifest.
func (a *Archive) Check() []Finding {
	var out []Finding
	listed := map[string]bool{ManifestName: true, SignatureName: true}
	for _, e := range a.Manifest.Entries {
		listed[e.Name] = true
		if !a.Has(e.Name) {
			out = append(out, Finding{Entry: e.Name, Problem: "the manifest lists it, and it is not there"})
			continue
		}
		sum, err := a.digest(e.Name)
		switch {
		case err != nil:
			out = append(out, Finding{Entry: e.Name, Problem: "it cannot be read: " + err.Error()})
		case sum != e.SHA256:
			out = append(out, Finding{Entry: e.Name, Problem: "its SHA-256 is not the one in the manifest", Found: sum, Expected: e.SHA256})
		}
	}
	for _, name := range a.names {
		if !listed[name] {
			out = append(out, Finding{Entry: name, Problem: "it is not in the manifest"})
		}
	}
	return out
}

func (a *Archive) digest(name string) (string, error) {
	in, err := a.File(name)
	if err != nil {
		return "", err
	}
	defer in.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, in)
	return hex.EncodeToString(sum.Sum(nil)), err
}

// Signature is what is known of the signature of an archive.
type Signature struct {
	// Signed tells that there is one, and Valid that it is the manifest's.
	Signed bool `json:"signed"`
	Valid  bool `json:"valid"`
	// Key is the [KeyID] of the key that it was verified with.
	Key string `json:"key,omitempty"`
	// Required tells that a certain signer was asked for, and not taken from the
	// archive, which anybody could have signed.
	Required bool `json:"required"`
}

// CheckSignature verifies the signature, with the given key or, without one, with
// the key that lies in the archive.
func (a *Archive) CheckSignature(required ed25519.PublicKey) (Signature, []Finding) {
	s := Signature{Signed: a.Has(SignatureName), Required: required != nil}
	key := required
	if !s.Signed {
		if a.Has(PublicKeyName) || s.Required {
			return s, []Finding{{Entry: SignatureName, Problem: "there is no signature, and one is expected"}}
		}
		return s, nil
	}
	if key == nil {
		text, err := a.Read(PublicKeyName)
		if err == nil {
			key, err = ParsePublicKey(text)
		}
		if err != nil {
			return s, []Finding{{Entry: PublicKeyName, Problem: "the signature cannot be verified: " + err.Error()}}
		}
	}
	s.Key = KeyID(key)
	signature, err := a.Read(SignatureName)
	switch {
	case err != nil:
		return s, []Finding{{Entry: SignatureName, Problem: "it cannot be read: " + err.Error()}}
	case len(signature) != ed25519.SignatureSize:
		return s, []Finding{{Entry: SignatureName, Problem: fmt.Sprintf("it has %d bytes, and an Ed25519 signature has %d", len(signature), ed25519.SignatureSize)}}
	case !ed25519.Verify(key, a.manifest, signature):
		problem := "it is not the manifest's signature by the key in the archive: one of the two was altered"
		if s.Required {
			problem = "it is not the manifest's signature by the key that was given"
		}
		return s, []Finding{{Entry: SignatureName, Problem: problem, Expected: "key " + s.Key}}
	}
	s.Valid = true
	return s, nil
}

// EachRow reads a table row by row, without its head, and does not hold it. The
// rows are valid until the next one. An error names the line.
func (a *Archive) EachRow(name string, row func([]string) error) error {
	in, err := a.File(name)
	if err != nil {
		return err
	}
	defer in.Close()
	c := csv.NewReader(in)
	c.ReuseRecord = true
	for n := 0; ; n++ {
		record, err := c.Read()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil: // names its line
			return fmt.Errorf("reading %s: %w", name, err)
		case n == 0:
			continue
		}
		if err := row(record); err != nil {
			line, _ := c.FieldPos(0)
			return fmt.Errorf("reading %s: line %d: %w", name, line, err)
		}
	}
}
