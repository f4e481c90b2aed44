package evidence

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
)

// mostFindings is how many differences of one entry are told one by one.
const mostFindings = 20

// CompareJSON compares an entry that holds JSON with what was recomputed, value
// by value.
func (a *Archive) CompareJSON(name string, recomputed any) []Finding {
	text, err := a.Read(name)
	if err != nil {
		return []Finding{{Entry: name, Problem: err.Error()}}
	}
	found, err := decode(text)
	if err != nil {
		return []Finding{{Entry: name, Problem: "it is no JSON: " + err.Error()}}
	}
	again, err := encode(recomputed)
	if err != nil {
		return []Finding{{Entry: name, Problem: err.Error()}}
	}
	expected, err := decode(again)
	if err != nil {
		return []Finding{{Entry: name, Problem: err.Error()}}
	}
	d := difference{entry: name}
	d.compare("", found, expected)
	return d.done()
}

// Differences compares two values by their JSON forms. The places are paths.
func Differences(found, expected any) []Finding {
	f, err := encode(found)
	e, err2 := encode(expected)
	if err := errors.Join(err, err2); err != nil {
		return []Finding{{Problem: err.Error()}}
	}
	x, _ := decode(f)
	y, _ := decode(e)
	var d difference
	d.compare("", x, y)
	return d.done()
}

// decode reads JSON and keeps numbers as they are written.
func decode(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the value")
	}
	return v, nil
}

// difference collects what differs in an entry.
type difference struct {
	entry string
	more  int
	out   []Finding
}

func (d *difference) add(place, problem, found, expected string) {
	if len(d.out) >= mostFindings {
		d.more++
		return
	}
	d.out = append(d.out, Finding{Entry: d.entry, Place: place, Problem: problem, Found: found, Expected: expected})
}

func (d *difference) done() []Finding {
	if d.more > 0 {
		d.out = append(d.out, Finding{Entry: d.entry, Problem: fmt.Sprintf("%d further differences", d.more)})
	}
	return d.out
}

const notRecomputed = "it is not what the counts and the configuration give"

func (d *difference) compare(place string, found, expected any) {
	switch e := expected.(type) {
	case map[string]any:
		f, ok := found.(map[string]any)
		if !ok {
			break
		}
		names := maps.Clone(e)
		maps.Copy(names, f)
		for _, name := range slices.Sorted(maps.Keys(names)) {
			below := name
			if place != "" {
				below = place + "." + name
			}
			x, has := f[name]
			y, wants := e[name]
			switch {
			case !has:
				d.add(below, "it is missing", "", short(y))
			case !wants:
				d.add(below, "it should not be there", short(x), "")
			default:
				d.compare(below, x, y)
			}
		}
		return
	case []any:
		f, ok := found.([]any)
		if !ok {
			break
		}
		if len(f) != len(e) {
			d.add(place, "it has another length", strconv.Itoa(len(f)), strconv.Itoa(len(e)))
		}
		for i := range min(len(f), len(e)) {
			d.compare(fmt.Sprintf("%s[%d]", place, i), f[i], e[i])
		}
		return
	default:
		if found == expected { // texts, numbers as written, booleans, null
			return
		}
	}
	d.add(place, notRecomputed, short(found), short(expected))
}

// short writes a value in a few words.
func short(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return "?"
	}
	return shorten(string(text))
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 120 {
		return string(r[:120]) + "…"
	}
	return s
}

// CompareText compares an entry line by line with a file that was recomputed.
// Neither is held in memory as a whole.
func (a *Archive) CompareText(f File) []Finding {
	in, err := a.File(f.Name)
	if err != nil {
		return []Finding{{Entry: f.Name, Problem: "it is missing"}}
	}
	defer in.Close()
	d := &difference{entry: f.Name}
	c := &lineComparer{in: bufio.NewReader(in), d: d}
	if err := f.Write(c); err != nil {
		d.add("", "it cannot be compared: "+err.Error(), "", "")
		return d.done()
	}
	c.end()
	return d.done()
}

// lineComparer compares what is written with what it reads.
type lineComparer struct {
	in      *bufio.Reader
	d       *difference
	pending []byte // the beginning of a line that is expected
	line    int
	over    bool // nothing more is there to be read
}

func (c *lineComparer) Write(p []byte) (int, error) {
	n := len(p)
	for {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			c.pending = append(c.pending, p...)
			return n, nil
		}
		if err := c.expect(append(c.pending, p[:i+1]...)); err != nil {
			return 0, err
		}
		c.pending, p = c.pending[:0], p[i+1:]
	}
}

// longestLine bounds a line of a table.
const longestLine = 1 << 20

func (c *lineComparer) read() ([]byte, error) {
	var line []byte
	for {
		part, err := c.in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull) && len(line) < longestLine:
			continue
		case errors.Is(err, io.EOF) && len(line) > 0:
			return line, nil
		}
		return line, err
	}
}

func (c *lineComparer) expect(want []byte) error {
	c.line++
	if c.over {
		c.d.add(c.place(), "the line is missing", "", text(want))
		return nil
	}
	got, err := c.read()
	if errors.Is(err, io.EOF) {
		c.over = true
		c.d.add(c.place(), "the line is missing", "", text(want))
		return nil
	}
	if err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		c.d.add(c.place(), notRecomputed, text(got), text(want))
	}
	return nil
}

// end reports what is there beyond the end.
func (c *lineComparer) end() {
	if len(c.pending) > 0 {
		if err := c.expect(c.pending); err != nil {
			return
		}
	}
	for !c.over {
		got, err := c.read()
		if err != nil {
			return
		}
		c.line++
		c.d.add(c.place(), "the line should not be there", text(got), "")
	}
}

func (c *lineComparer) place() string { return "line " + strconv.Itoa(c.line) }

func text(line []byte) string { return shorten(string(bytes.TrimRight(line, "\r\n"))) }
