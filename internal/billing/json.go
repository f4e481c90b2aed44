package billing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// A JSON export is a table written another way: the fields of an object are the
// columns of a row, nested ones with dots (amount.value). Two shapes are read,
// one object, a list of them, or one object after another (.jsonl):
//
//	{"data": [{"start_time": …, "results": [{…}, …]}, …], "has_more": …, "next_page": …}
//	{…}
//
// The first are pages of an API. Each element of data is a bucket: a span of time
// and all that was counted in it. The others are rows.

// object is a JSON object whose values are still text, so that a number keeps
// every digit.
type object map[string]json.RawMessage

// jsonRows reads the objects of one text into the parts of a file.
type jsonRows struct {
	file   *file
	qs     *questions
	text   *remembering
	in     *json.Decoder
	worker *worker
	fields map[string]int // the columns of the format
	pages  pageMarks
}

// pageMarks are what the pages of a file said about what follows them.
type pageMarks struct {
	seen bool   // there are pages
	more bool   // the last page says that another one follows
	next string // its token
}

// remembering keeps the error with which a reader ended, which json hides.
type remembering struct {
	io.Reader
	err error
}

func (r *remembering) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

// readJSON reads an export in JSON, of the format that the source names or that
// its first row tells.
func (f *file) readJSON(ctx context.Context, text io.Reader, qs *questions) (pageMarks, error) {
	if named, ok := formatNamed(f.source.Format); ok && named.fields == nil {
		return pageMarks{}, &noBillError{"a JSON file is no export of this source's format"}
	}
	j := &jsonRows{file: f, qs: qs, text: &remembering{Reader: text}}
	j.in = json.NewDecoder(j.text)
	err := j.all(ctx)
	switch {
	case err == nil && j.worker == nil && !j.pages.seen:
		err = &noBillError{"it has no rows"}
	case err == nil && j.worker != nil:
		f.merge(j.worker.parts)
		f.note(j.worker.reader)
	}
	return j.pages, err
}

// all reads every object of the text.
func (j *jsonRows) all(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		token, err := j.in.Token()
		if errors.Is(err, io.EOF) && j.text.err == nil {
			return nil
		}
		if err != nil {
			return j.broken(err)
		}
		if token == json.Delim('[') {
			for j.in.More() && err == nil {
				if token, err = j.in.Token(); err == nil {
					err = j.object(ctx, token)
				} else {
					err = j.broken(err)
				}
			}
			if err == nil {
				err = j.close()
			}
		} else {
			err = j.object(ctx, token)
		}
		if err != nil {
			return err
		}
	}
}

// close reads the end of a list or an object.
func (j *jsonRows) close() error {
	if _, err := j.in.Token(); err != nil {
		return j.broken(err)
	}
	return nil
}

// broken says where the text is no JSON.
func (j *jsonRows) broken(err error) error {
	switch {
	case j.text.err != nil:
		return j.text.err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the JSON ends early, after byte %d: the file is truncated; fetch it again", j.in.InputOffset())
	}
	return fmt.Errorf("after byte %d: this is no JSON: %w", j.in.InputOffset(), err)
}

// object reads a page or a row, whose first token has been read.
func (j *jsonRows) object(ctx context.Context, token json.Token) error {
	if token != json.Delim('{') {
		return j.strange("a list of objects was expected")
	}
	own, page := object{}, false
	for j.in.More() {
		key, err := j.in.Token()
		if err != nil {
			return j.broken(err)
		}
		name, _ := key.(string)
		if name == "data" {
			page = true
			if err := j.data(ctx); err != nil {
				return err
			}
			continue
		}
		var value json.RawMessage
		if err := j.in.Decode(&value); err != nil {
			return j.broken(err)
		}
		own[name] = value
	}
	if err := j.close(); err != nil {
		return err
	}
	switch failure := own["error"]; {
	case failure != nil && string(failure) != "null":
		return fmt.Errorf("this is an error that the API answered, and no page: %.200s", failure)
	case page:
		j.pages = pageMarks{seen: true, more: string(own["has_more"]) == "true", next: scalar(own["next_page"])}
		return nil
	}
	return j.row(own)
}

// strange says that a file has JSON of no known shape: it is no bill, unless rows
// were read from it.
func (j *jsonRows) strange(why string) error {
	if j.file.rows > 0 {
		return fmt.Errorf("after byte %d: %s", j.in.InputOffset(), why)
	}
	return &noBillError{why}
}

// data reads the buckets of a page.
func (j *jsonRows) data(ctx context.Context) error {
	token, err := j.in.Token()
	if err != nil {
		return j.broken(err)
	}
	if token == nil { // null
		return nil
	}
	if token != json.Delim('[') {
		return j.strange("data is no list")
	}
	for j.in.More() {
		if err := ctx.Err(); err != nil {
			return err
		}
		var own object
		if err := j.in.Decode(&own); err != nil {
			return j.broken(err)
		}
		if results, ok := own["results"]; ok {
			err = j.bucket(own, results)
		} else {
			err = j.row(own)
		}
		if err != nil {
			return err
		}
	}
	return j.close()
}

// bucket reads what was counted in a span of time.
func (j *jsonRows) bucket(own object, results json.RawMessage) error {
	var list []object
	if err := json.Unmarshal(results, &list); err != nil {
		return fmt.Errorf("before byte %d: results is no list of objects", j.in.InputOffset())
	}
	delete(own, "results")
	span, err := bucketSpan(own)
	if err != nil {
		return fmt.Errorf("before byte %d: %w", j.in.InputOffset(), err)
	}
	j.file.buckets = append(j.file.buckets, span)
	if len(list) == 0 {
		return nil
	}
	for _, o := range list {
		for name, value := range own {
			if _, ok := o[name]; !ok {
				o[name] = value
			}
		}
	}
	if j.worker == nil {
		if err := j.bind(list[0]); err != nil {
			return err
		}
	}
	counts, err := j.file.pages.counts(j.file, span, list)
	if err != nil || !counts {
		return err
	}
	for _, o := range list {
		if err := j.row(o); err != nil {
			return err
		}
	}
	return nil
}

// row counts one object.
func (j *jsonRows) row(o object) error {
	if j.worker == nil {
		if err := j.bind(o); err != nil {
			return err
		}
	}
	w := j.worker
	clear(w.row.texts)
	flatten(o, "", j.fields, w.row.texts)
	err := w.readRow()
	j.file.rows++
	switch {
	case err == nil:
	case w.skip:
		w.part(w.reader.month(&w.row)).skipped++
		if j.file.skipped == "" {
			j.file.skipped = fmt.Sprintf("row %d (before byte %d): %v", j.file.rows, j.in.InputOffset(), err)
		}
	default:
		return fmt.Errorf("row %d (before byte %d): %w", j.file.rows, j.in.InputOffset(), err)
	}
	return nil
}

// bind chooses the format by the first row.
func (j *jsonRows) bind(first object) error {
	keys := columnsOf(first, "")
	slices.Sort(keys)
	kind, version, err := tableFormat(j.file.source, keys)
	if _, ok := errors.AsType[*noBillError](err); ok && j.file.source.Format != "" {
		return &noBillError{fmt.Sprintf("its objects are not those of %s%s", j.file.source.Format, otherFormat(j.file.source.Format, keys))}
	}
	if err != nil {
		return err
	}
	if kind.fields == nil {
		return &noBillError{fmt.Sprintf("the format %s is not read from JSON", kind.name)}
	}
	if kind.kindOf != nil && scalar(first["object"]) != "" {
		version = kind.kindOf(scalar(first["object"]))
	}
	j.file.format, j.file.version = kind.name, version
	j.fields = make(map[string]int, len(kind.fields))
	for i, name := range kind.fields {
		j.fields[name] = i
	}
	j.worker, err = newWorker(j.file.source, kind, kind.fields, j.qs)
	if err == nil {
		j.worker.row.texts = make([]string, len(kind.fields))
	}
	return err
}

// columnsOf are the names of all values in an object.
func columnsOf(o object, prefix string) []string {
	var out []string
	for name := range maps.Keys(o) {
		var inner object
		if value := o[name]; len(value) > 0 && value[0] == '{' && json.Unmarshal(value, &inner) == nil {
			out = append(out, columnsOf(inner, prefix+name+".")...)
		}
		out = append(out, prefix+name)
	}
	return out
}

// flatten writes the values of an object into the columns that have their names.
func flatten(o object, prefix string, columns map[string]int, into []string) {
	for name, value := range o {
		if i, ok := columns[prefix+name]; ok {
			into[i] = scalar(value)
			continue
		}
		var inner object
		if len(value) > 0 && value[0] == '{' && hasPrefix(columns, prefix+name+".") && json.Unmarshal(value, &inner) == nil {
			flatten(inner, prefix+name+".", columns, into)
		}
	}
}

func hasPrefix(columns map[string]int, prefix string) bool {
	for name := range columns {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// scalar is the text of a value: that of a string, nothing for null, and for all
// others as they are written.
func scalar(value json.RawMessage) string {
	if len(value) == 0 || string(value) == "null" {
		return ""
	}
	if value[0] != '"' {
		return string(value)
	}
	var s string
	if json.Unmarshal(value, &s) != nil {
		return string(value)
	}
	return s
}
