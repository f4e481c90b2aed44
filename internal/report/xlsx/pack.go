package xlsx

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"time"
)

// pack writes the parts of a workbook so that the same document gives the same
// bytes: excelize lists the content types of charts in the order of a map, and
// leaves the order of parts to the caller's archive.
type pack struct {
	out      io.Writer
	modified time.Time
	parts    []*part
}

type part struct {
	name string
	bytes.Buffer
}

// Create begins a part.
func (p *pack) Create(name string) (io.Writer, error) {
	x := &part{name: name}
	p.parts = append(p.parts, x)
	return x, nil
}

// AddFS is there because excelize asks for it; it is never called.
func (p *pack) AddFS(fs.FS) error {
	return fmt.Errorf("adding a file system to a workbook is not supported")
}

// Close writes the archive: the content types first, the rest by name.
func (p *pack) Close() error {
	slices.SortFunc(p.parts, func(a, b *part) int { return strings.Compare(a.name, b.name) }) // "[" sorts before "_" and letters
	z := zip.NewWriter(p.out)
	for _, x := range p.parts {
		w, err := z.CreateHeader(&zip.FileHeader{Name: x.name, Method: zip.Deflate, Modified: p.modified.UTC().Truncate(2 * time.Second)})
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, settle(x.name, x.String())); err != nil {
			return err
		}
	}
	return z.Close()
}

var contentType = regexp.MustCompile(`<(?:Default|Override) [^>]*?(?:/>|></(?:Default|Override)>)`)

// settle sorts the content types, and makes the stored result of a formula a
// number: every formula of ours is a sum, and excelize calls its result a text.
func settle(name, content string) string {
	switch {
	case name == "[Content_Types].xml":
		types := contentType.FindAllString(content, -1)
		if len(types) == 0 {
			return content
		}
		first := strings.Index(content, types[0])
		last := strings.LastIndex(content, types[len(types)-1]) + len(types[len(types)-1])
		slices.Sort(types)
		return content[:first] + strings.Join(types, "") + content[last:]
	case strings.HasPrefix(name, "xl/worksheets/"):
		return strings.ReplaceAll(content, ` t="str"><f>SUM(`, `><f>SUM(`)
	}
	return content
}
