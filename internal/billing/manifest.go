package billing

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// manifest says which files make up one delivery of a month. AWS writes one
// beside the month's data whenever a delivery is complete, and a copy into the
// delivery's own directory when older ones are kept; Azure writes one into the
// directory of each run. The names of those directories need not order: they can
// be random.
type manifest struct {
	file  *file
	order string   // when it was written, in a form that orders as text
	month string   // the billing period
	keys  []string // paths of the files in the place where the provider wrote them
	here  bool     // whether any of them is here
}

// current is the order of what a manifest of AWS lists: it has no date, since it
// is overwritten, and what it lists is the newest. It comes after every instant.
const current = "current"

// manifestText has the keys of the manifests of AWS's legacy reports, of AWS's
// data exports, and of Azure's exports.
type manifestText struct {
	AssemblyID    string                 `json:"assemblyId"`
	ExecutionID   string                 `json:"executionId"`
	BillingPeriod struct{ Start string } `json:"billingPeriod"`
	ReportKeys    []string               `json:"reportKeys"`
	DataFiles     []string               `json:"dataFiles"`

	RunInfo struct{ SubmittedTime, StartDate, RunID string } `json:"runInfo"`
	Blobs   []struct{ BlobName string }                      `json:"blobs"`
}

// maxManifest is far above what a manifest with its list of columns takes.
const maxManifest = 16 << 20

// isManifest reports whether a name is that of a manifest: manifest.json at
// Azure, NAME-Manifest.json at AWS.
func isManifest(name string) bool {
	name = strings.ToLower(path.Base(filepath.ToSlash(name)))
	return name == "manifest.json" || strings.HasSuffix(name, "-manifest.json")
}

// order gives the files that manifests list the order of their manifests, in
// place of a date in their paths. A file that the newest manifest of a month
// lists and that is not here rejects that delivery, as a broken part does.
func (b *book) order(ctx context.Context) {
	if b.source.Snapshots == "none" {
		return
	}
	var manifests []*manifest
	files := map[string][]*file{} // by where they are stored
	for _, f := range b.files {
		files[stem(f.path)] = append(files[stem(f.path)], f)
		if isManifest(f.path) {
			if m := f.manifest(ctx); m != nil {
				manifests = append(manifests, m)
			}
		}
	}
	slices.SortStableFunc(manifests, func(a, b *manifest) int { return strings.Compare(a.order, b.order) })
	newest := map[string]string{} // month → order
	for _, m := range manifests {
		for _, key := range m.keys {
			for _, f := range files[stem(key)] {
				f.order, f.named = m.order, cmp.Or(f.named, m.month)
				f.snapshot = cmp.Or(f.snapshot, path.Base(path.Dir(filepath.ToSlash(f.path))))
				newest[m.month] = m.order
				m.here = true
			}
		}
	}
	for _, m := range manifests {
		if m.here && m.order == newest[m.month] {
			b.files = append(b.files, m.absent(files)...)
		}
	}
	slices.SortStableFunc(b.files, func(a, b *file) int { return strings.Compare(a.path, b.path) })
}

// stem tells a file by its name and directory: what leads there may be another
// in a copy of a provider's storage.
func stem(name string) string {
	directory, base := path.Split(filepath.ToSlash(name))
	return path.Base(directory) + "/" + base
}

// absent are the files that a manifest lists and that are not here, rejected.
func (m *manifest) absent(files map[string][]*file) []*file {
	var out []*file
	for _, key := range m.keys {
		if len(files[stem(key)]) == 0 {
			out = append(out, &file{source: m.file.source, path: key, order: m.order, named: m.month, parts: map[string]*part{},
				err: fmt.Errorf("%s lists it, and it is not here; fetch it", m.file.path)})
		}
	}
	return out
}

// manifest reads a manifest, and returns nil for one that does not order.
func (f *file) manifest(ctx context.Context) *manifest {
	in, err := f.place.stream(ctx, f.object)
	if err != nil {
		f.err = err
		return nil
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, maxManifest))
	if err != nil {
		f.err = err
		return nil
	}
	var t manifestText
	if json.Unmarshal(text, &t) != nil {
		return nil // it is listed as what it is: no export
	}
	m := &manifest{file: f, keys: slices.Concat(t.ReportKeys, t.DataFiles)}
	directory, delivery := path.Base(path.Dir(filepath.ToSlash(f.path))), cmp.Or(t.AssemblyID, t.ExecutionID)
	switch submitted, err := time.Parse(time.RFC3339Nano, t.RunInfo.SubmittedTime); {
	case err == nil:
		m.order, m.month = submitted.UTC().Format(orderLayout), monthOf(t.RunInfo.StartDate)
		for _, blob := range t.Blobs {
			m.keys = append(m.keys, blob.BlobName)
		}
	case f.order == "" && delivery != "" && strings.HasSuffix(directory, delivery):
		f.ignored = "the manifest of one delivery; that of the month says which one counts"
		return nil
	default:
		m.order, m.month = cmp.Or(f.order, current), cmp.Or(f.named, monthOf(t.BillingPeriod.Start))
	}
	if len(m.keys) == 0 || m.month == "" {
		return nil
	}
	f.ignored = "a manifest: it says which files make up " + m.month
	return m
}

// orderLayout is the form in which snapshots order as text.
const orderLayout = "20060102150405"

// monthOf reads the month of 20241001T000000.000Z and 2024-10-01T00:00:00, ""
// when there is none.
func monthOf(text string) string {
	for _, layout := range []string{"20060102", time.DateOnly} {
		if len(text) >= len(layout) {
			if at, err := time.Parse(layout, text[:len(layout)]); err == nil {
				return at.Format("2006-01")
			}
		}
	}
	return ""
}
