package evidence

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// File is an entry to be written: its name, with slashes, and its content.
type File struct {
	Name  string
	Write func(io.Writer) error
}

// Text is a file of a known content.
func Text(name string, content []byte) File {
	return File{name, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	}}
}

// JSON is a file that holds a value as indented JSON.
func JSON(name string, value any) File {
	return File{name, func(w io.Writer) error {
		text, err := encode(value)
		if err == nil {
			_, err = w.Write(text)
		}
		return err
	}}
}

// encode writes a value as the commands print it.
func encode(value any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	err := e.Encode(value)
	return b.Bytes(), err
}

// Write writes an archive: the files in the order of their names, then the
// manifest with a digest of each, and with a key a detached signature of the
// manifest and the public key. The same input gives the same bytes: times of
// entries are fixed, and nothing is asked of the machine.
func Write(w io.Writer, m Manifest, files []File, key ed25519.PrivateKey) error {
	if key != nil {
		public, err := encodePublicKey(key)
		if err != nil {
			return err
		}
		files = append(slices.Clone(files), Text(PublicKeyName, public))
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	z := zip.NewWriter(w)
	m.Schema, m.Entries = Schema, []Entry{}
	for _, f := range files {
		entry, err := add(z, f)
		if err != nil {
			return fmt.Errorf("writing %s: %w", f.Name, err)
		}
		m.Entries = append(m.Entries, entry)
	}
	manifest, err := encode(m)
	if err != nil {
		return err
	}
	last := []File{Text(ManifestName, manifest)}
	if key != nil {
		last = append(last, Text(SignatureName, ed25519.Sign(key, manifest)))
	}
	for _, f := range last {
		if _, err := add(z, f); err != nil {
			return fmt.Errorf("writing %s: %w", f.Name, err)
		}
	}
	return z.Close()
}

// fixedTime is the time of every entry: the first that zip files can name.
func fixedTime() time.Time { return time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC) }

func add(z *zip.Writer, f File) (Entry, error) {
	out, err := z.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Deflate, Modified: fixedTime()})
	if err != nil {
		return Entry{}, err
	}
	digest := sha256.New()
	n := &counter{w: io.MultiWriter(out, digest)}
	err = f.Write(n)
	return Entry{Name: f.Name, Bytes: n.n, SHA256: hex.EncodeToString(digest.Sum(nil))}, err
}

// counter counts what is written.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
