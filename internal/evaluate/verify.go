package evaluate

import (
	"context"
	"crypto/ed25519"
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/evidence"
)

// Verify recomputes an archive from its counts and its configuration, and says
// what in it is not as it should be. Nothing else is read: no source, no file, no
// clock. With a key, the archive must be signed by it.
//
// The error is for a cancelled context.
func Verify(ctx context.Context, a *evidence.Archive, signer ed25519.PublicKey) (*Verification, error) {
	out := &Verification{Period: a.Manifest.Period, Organization: a.Manifest.Organization, Entries: len(a.Manifest.Entries), Findings: a.Check()}
	var unsigned []evidence.Finding
	out.Signature, unsigned = a.CheckSignature(signer)
	out.Findings = append(out.Findings, unsigned...)
	x, err := readEvidence(a)
	if err == nil {
		var d *derived
		if d, err = x.derive(ctx); err == nil {
			out.Results = len(d.report.Results)
			out.Findings = append(out.Findings, d.compare(a)...)
			out.Findings = append(out.Findings, x.compareIncrements(a, d.limits)...)
		}
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		out.Findings = append(out.Findings, evidence.Finding{Entry: evidence.ResultsName, Problem: "it cannot be recomputed: " + err.Error()})
	}
	if out.Findings == nil {
		out.Findings = []evidence.Finding{}
	}
	return out, nil
}

// compare compares what was recomputed with what the archive says.
func (d *derived) compare(a *evidence.Archive) []evidence.Finding {
	out := a.CompareJSON(evidence.ResultsName, d.report)
	for _, f := range evidence.Differences(a.Manifest.Period, d.report.Period) {
		f.Entry, f.Place = evidence.ManifestName, "period."+f.Place
		out = append(out, f)
	}
	files := d.files()
	for _, f := range files {
		if f.Name != evidence.ResultsName {
			out = append(out, a.CompareText(f)...)
		}
	}
	for _, name := range a.Names() {
		if strings.HasPrefix(name, windowsDir) && !slices.ContainsFunc(files, func(f evidence.File) bool { return f.Name == name }) {
			out = append(out, evidence.Finding{Entry: name, Problem: "no result has these windows"})
		}
	}
	return out
}

// compareIncrements recomputes the counts of every scan that has its increments.
func (x *Evidence) compareIncrements(a *evidence.Archive, of map[string]limits) []evidence.Finding {
	var out []evidence.Finding
	for _, s := range x.scans {
		if s.traced {
			out = append(out, verifyIncrements(a, s.path, s.scan, of[s.sla+"."+s.objective])...)
		}
	}
	return out
}
