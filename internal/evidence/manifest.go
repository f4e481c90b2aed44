// Package evidence is the archive in which the figures of a period are handed
// to someone who does not trust them: what was counted, the configuration in
// force, the results, a digest of every part, and a signature over the digests.
// It is a zip file of text files, which a person can read and recompute without
// slactl; how is written in its README.txt.
//
// The package knows archives: it writes them, the same bytes for the same
// content, reads them with bounds on everything, and finds what was altered.
// What the parts mean, and how results follow from counts, evaluate knows.
package evidence

import (
	"time"

	"github.com/slactl/slactl/internal/period"
)

// Schema names the version of [Manifest]'s JSON form.
const Schema = "slactl.evidence/v1"

// The names of entries that have a meaning of their own.
const (
	ManifestName  = "manifest.json"
	SignatureName = "signature.ed25519"
	PublicKeyName = "public_key.pem"
	ReadmeName    = "README.txt"
	ConfigName    = "config.yaml"
	ResultsName   = "results.json"
)

// Manifest says what an archive is about and what is in it.
type Manifest struct {
	Schema string `json:"schema"` // slactl.evidence/v1
	// Version is that of the slactl that wrote the archive.
	Version string `json:"slactl"`
	// GeneratedAt is when the period was judged: results to date depend on it.
	GeneratedAt time.Time `json:"generated_at"`
	// Asked is the period as it was asked for, and Period what it was.
	Asked  string      `json:"asked"`
	Period period.Info `json:"period"`
	// Organization is the customer that the archive was reduced for, "" for a
	// whole one.
	Organization string `json:"organization,omitempty"`
	// ConfigDigest identifies the whole configuration, of which the archive has
	// the part that results depend on. See `slactl report --format json`.
	ConfigDigest string   `json:"config_digest"`
	Sources      []Source `json:"sources"`
	Scans        []Scan   `json:"scans"`
	// Entries lists all others but the signature, in the order of their names.
	Entries []Entry `json:"entries"`
}

// Source is a metrics source that was read.
type Source struct {
	Name       string `json:"name"`
	Kind       string `json:"kind"`
	Target     string `json:"target,omitempty"` // left out for a customer
	Detail     string `json:"detail,omitempty"` // left out for a customer
	Accounting string `json:"accounting"`       // exact, promql or recorded
}

// Scan is what was counted for one objective.
type Scan struct {
	SLA       string `json:"sla"`
	Objective string `json:"objective"`
	Source    string `json:"source,omitempty"` // by its name in Sources
	// Path is the directory of its entries; "" where nothing was counted, and
	// then Reason says why.
	Path   string `json:"path,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Moments are the directories of the scans of single cells, sample by sample,
	// in which a budget ran out.
	Moments []string `json:"moments,omitempty"`
	// Increments tells that the raw increments are there. Where they were asked for
	// and are not, WithoutIncrements says why.
	Increments        bool   `json:"increments,omitempty"`
	WithoutIncrements string `json:"without_increments,omitempty"`
}

// Entry is one file of the archive.
type Entry struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // in hex
}
