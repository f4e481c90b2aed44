package billing

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/cost"
)

// format is how one kind of export is read. A format is one file of this
// package and one line of [formats].
type format struct {
	name string // the word of the configuration
	// recognise reports whether a header is that of this format, and names the
	// version or variant as far as it can be told. It is nil for a format without
	// tables, and for one that reads any.
	recognise func(header []string) (version string, ok bool)
	// bind makes the reader of a table with a known header. The error says why the
	// file is rejected.
	bind func(t *table) (reader, error)
	// fields are the columns that an export in JSON has, nested ones with dots
	// (see json.go); nil when the format is not read from JSON.
	fields []string
	// kindOf names the kind of a result in JSON by its field object, or is nil.
	kindOf func(object string) string
	// api is how the pages are fetched from the provider, or nil.
	api *provider
	// meter says that the format counts usage instead of invoiced charges, unless
	// the source has another role.
	meter bool
}

// reader turns the rows of one table into line items.
type reader interface {
	// read fills the item, which is reused and empty but for its source. Its texts
	// may share the memory of the row.
	read(r *row, item *cost.LineItem) error
	// month names the billing period of a row that could not be read, "" when it
	// does not say it.
	month(r *row) string
}

// formats are all formats, in the order in which a header is tried.
func formats() []format {
	return []format{
		focusFormat(),
		curFormat(),
		azureFormat(),
		gcpFormat(),
		ociFormat(),
		openaiCostsFormat(),
		openaiUsageFormat(),
		anthropicCostFormat(),
		anthropicUsageFormat(),
		litellmFormat(),
		csvFormat(),
	}
}

// formatNamed returns a format by the word of the configuration.
func formatNamed(name string) (format, bool) {
	list := formats()
	i := slices.IndexFunc(list, func(f format) bool { return f.name == name })
	if i < 0 {
		return format{}, false
	}
	return list[i], true
}

// Known reports whether a format of that name is read.
func Known(name string) bool {
	_, ok := formatNamed(name)
	return ok
}

// noBillError says that a file is of no format that its source may have: it is
// ignored, not rejected.
type noBillError struct{ why string }

func (e *noBillError) Error() string { return e.why }

// tableFormat chooses the format of a table: the one that the source names, else
// the first that recognises the header.
func tableFormat(s *Source, header []string) (format, string, error) {
	if s.Format != "" {
		f, ok := formatNamed(s.Format)
		if !ok || f.bind == nil {
			return format{}, "", &noBillError{fmt.Sprintf("a table is no export of the format %s", s.Format)}
		}
		if f.recognise == nil { // any table
			return f, "", nil
		}
		version, ok := f.recognise(header)
		if !ok {
			return format{}, "", &noBillError{noColumns(f.name, header)}
		}
		return f, version, nil
	}
	for _, f := range formats() {
		if f.recognise == nil {
			continue
		}
		version, ok := f.recognise(header)
		if ok && f.meter && !s.Meter {
			return format{}, "", &noBillError{fmt.Sprintf("it counts usage and is no bill; name format: %s on the source, which makes it a meter", f.name)}
		}
		if ok {
			return f, version, nil
		}
	}
	return format{}, "", &noBillError{"its header is that of no known export; name its format: on the source (csv with columns: reads any table)"}
}

func noColumns(name string, header []string) string {
	if other := otherFormat(name, header); other != "" {
		return "its header is not that of " + name + other
	}
	return fmt.Sprintf("its header has no column of %s (with commas between the columns)", strings.ToUpper(name))
}

// otherFormat names the format that recognises a header instead, or "".
func otherFormat(name string, header []string) string {
	for _, f := range formats() {
		if f.recognise == nil || f.name == name {
			continue
		}
		if _, ok := f.recognise(header); ok {
			return fmt.Sprintf(" but of %s; set format: %[1]s", f.name)
		}
	}
	return ""
}
