package billing_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/slactl/slactl/internal/billing"
	"github.com/slactl/slactl/internal/cost"
)

const apiKey = "sk-admin-0123456789"

// openaiServer answers like organization/costs: an amount of the day's number in
// cents, so many buckets a page. Faults are tried on the requests by their number,
// from 0, and answer it when they return true.
type openaiServer struct {
	pageSize int
	missing  map[int]bool // days without a bucket
	faults   map[int]http.HandlerFunc
	requests []url.Values
}

func (s *openaiServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	number := len(s.requests)
	s.requests = append(s.requests, r.URL.Query())
	if fault := s.faults[number]; fault != nil {
		fault(w, r)
		return
	}
	if r.Header.Get("Authorization") != "Bearer "+apiKey {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprintf(w, `{"error": {"message": "Incorrect API key provided: %s"}}`, r.Header.Get("Authorization"))
		return
	}
	q := r.URL.Query()
	start, _ := strconv.ParseInt(q.Get("start_time"), 10, 64)
	end, _ := strconv.ParseInt(q.Get("end_time"), 10, 64)
	if token := q.Get("page"); token != "" {
		start, _ = strconv.ParseInt(strings.TrimPrefix(token, "from-"), 10, 64)
	}
	limit, _ := strconv.Atoi(q.Get("limit"))
	limit = min(limit, s.pageSize)
	var data []any
	for ; start < end && len(data) < limit; start += 86400 {
		day := time.Unix(start, 0).UTC().Day()
		if s.missing[day] {
			continue
		}
		data = append(data, map[string]any{"object": "bucket", "start_time": start, "end_time": start + 86400, "results": []any{map[string]any{
			"object": "organization.costs.result", "amount": map[string]any{"value": json.Number(fmt.Sprintf("0.%02d", day)), "currency": "usd"}, "line_item": "gpt-4o, input"}}})
	}
	page := map[string]any{"object": "page", "data": data, "has_more": start < end, "next_page": nil}
	if start < end {
		page["next_page"] = fmt.Sprintf("from-%d", start)
	}
	_ = json.NewEncoder(w).Encode(page)
}

// status answers with a code and headers.
func status(code int, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(code)
		fmt.Fprintf(w, `{"error": {"message": "no luck with %s"}}`, apiKey)
	}
}

func answer(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }
}

// halfABody promises more bytes than it sends.
func halfABody(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	fmt.Fprint(w, `{"object": "page", "data": [`)
}

func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func always(h http.HandlerFunc) map[int]http.HandlerFunc {
	out := map[int]http.HandlerFunc{}
	for i := range 20 {
		out[i] = h
	}
	return out
}

func TestAPI(t *testing.T) {
	whole := "4.96 USD" // 1 + 2 + ... + 31 cents
	tests := []struct {
		name     string
		server   openaiServer
		key      string
		total    string
		waits    string
		requests int
		err      string // the reason of the ledger
		note     string
	}{
		{name: "one page", server: openaiServer{pageSize: 200}, total: whole, requests: 1},
		{name: "many pages", server: openaiServer{pageSize: 7}, total: whole, requests: 5},
		{name: "missing days", server: openaiServer{pageSize: 7, missing: map[int]bool{3: true, 30: true, 31: true}}, total: "4.32 USD", requests: 5,
			note: "source openai (costs): 2026-10-03 and 2026-10-30 to 2026-10-31 are in no page that was read; the total lacks what was charged then"},
		{name: "a slow down in seconds", server: openaiServer{pageSize: 20, faults: map[int]http.HandlerFunc{1: status(429, "Retry-After", "7")}}, total: whole, waits: "7s", requests: 3},
		{name: "a slow down until an instant", server: openaiServer{pageSize: 20, faults: map[int]http.HandlerFunc{
			0: status(429, "Retry-After", "Sat, 31 Oct 2026 00:00:09 GMT", "Date", "Sat, 31 Oct 2026 00:00:00 GMT")}}, total: whole, waits: "9s", requests: 3},
		{name: "a slow down of an hour", server: openaiServer{pageSize: 20, faults: always(status(429, "Retry-After", "3600"))}, requests: 1,
			err: "page 1: the server answers 429 Too Many Requests: no luck with [the key]; it asks to wait 1h0m0s: try again then"},
		{name: "troubles that pass", server: openaiServer{pageSize: 40, faults: map[int]http.HandlerFunc{0: status(503), 1: halfABody, 2: hangUp, 3: answer(`{"data": [`)}},
			total: whole, waits: "1s 2s 4s 8s", requests: 5},
		{name: "troubles that stay", server: openaiServer{pageSize: 40, faults: always(status(502))}, waits: "1s 2s 4s 8s", requests: 5,
			err: "page 1: the server answers 502 Bad Gateway: no luck with [the key] (5 attempts)"},
		{name: "half a body in the middle", server: openaiServer{pageSize: 20, faults: func() map[int]http.HandlerFunc { m := always(halfABody); delete(m, 0); return m }()},
			waits: "1s 2s 4s 8s", requests: 6, err: "page 2: the answer breaks off after 28 bytes: unexpected EOF (5 attempts)"},
		{name: "a wrong key", key: "sk-wrong", server: openaiServer{pageSize: 40}, requests: 1,
			err: "page 1: the API key is not accepted (401); set api_key or api_key_file to an admin key, with which costs and usage are read"},
		{name: "a key without rights", server: openaiServer{faults: always(status(403))}, requests: 1,
			err: "page 1: the API key may not read this (403): no luck with [the key]; use an admin key of the organization"},
		{name: "a bad request", server: openaiServer{faults: always(status(400))}, requests: 1, err: "page 1: the server answers 400 Bad Request: no luck with [the key]"},
		{name: "another address", server: openaiServer{faults: always(status(302, "Location", "https://elsewhere.example/"))}, requests: 1,
			err: "page 1: the server sends on to another address (302 Found), where the key is not taken along; set api_url"},
		{name: "pages in circles", server: openaiServer{faults: always(answer(`{"data": [], "has_more": true, "next_page": "again"}`))}, requests: 2,
			err: "page 2 names a next page that was read before: the pages go in circles"},
		{name: "more without a token", server: openaiServer{faults: always(answer(
			`{"data": [{"start_time": 1790812800, "end_time": 1790899200, "results": []}], "has_more": true, "next_page": null}`))}, requests: 1,
			note: "/v1/organization/costs: its last page says that more follow, and no file has the days from 2026-10-02 on: the total lacks them"},
		{name: "no page", server: openaiServer{faults: always(answer(`{"hello": 1}`))}, requests: 1,
			err: "page 1 is no page of openai-costs: its objects are not those of openai-costs"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewServer(&tt.server)
			defer server.Close()
			var waits []string
			if tt.key == "" {
				tt.key = apiKey
			}
			source := billing.Source{Name: "openai", Format: "openai-costs", API: &billing.API{Key: tt.key, URL: server.URL + "/", Now: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC),
				Wait: func(_ context.Context, d time.Duration) error { waits = append(waits, d.String()); return nil }}}
			reports, err := billing.Breakdown(t.Context(), []billing.Source{source}, []cost.Query{{Period: month(t, "2026-10")}})
			if err != nil {
				t.Fatal(err)
			}
			r := reports[0]
			total := ""
			for _, x := range r.Totals {
				total += x.Amount.String() + " " + x.Currency
			}
			if total != tt.total {
				t.Errorf("total %q, want %q", total, tt.total)
			}
			if got := strings.Join(waits, " "); got != tt.waits {
				t.Errorf("waited %q, want %q", got, tt.waits)
			}
			if len(tt.server.requests) != tt.requests {
				t.Errorf("%d requests, want %d", len(tt.server.requests), tt.requests)
			}
			if len(r.Ledger) != 1 || r.Ledger[0].Reason != tt.err && (tt.err != "" || r.Ledger[0].Status == cost.Rejected) {
				t.Errorf("ledger %+v, want %q", r.Ledger, tt.err)
			}
			if said := strings.Join(r.Notes, "\n"); !strings.Contains(said, tt.note) || strings.Contains(said+r.Ledger[0].Reason, "sk-") {
				t.Errorf("notes %q, want %q", said, tt.note)
			}
			first := tt.server.requests[0]
			if first.Get("start_time") != "1790812800" || first.Get("end_time") != "1793491200" || first.Get("limit") != "180" || first.Get("bucket_width") != "1d" {
				t.Errorf("asked %v", first)
			}
		})
	}
}

// What lies ahead is not asked for, and of two periods only what both need.
func TestAPIAsksForThePeriods(t *testing.T) {
	s := &openaiServer{pageSize: 400}
	server := httptest.NewServer(s)
	defer server.Close()
	source := billing.Source{Name: "openai", Format: "openai-costs", API: &billing.API{Key: apiKey, URL: server.URL, Now: time.Date(2026, 10, 9, 15, 0, 0, 0, time.UTC)}}
	queries := []cost.Query{{Period: month(t, "2026-10")}, {Period: month(t, "2026-09")}, {Period: month(t, "2025-10")}}
	reports, err := billing.Breakdown(t.Context(), []billing.Source{source}, queries)
	if err != nil {
		t.Fatal(err)
	}
	var asked []string
	for _, q := range s.requests {
		from, _ := strconv.ParseInt(q.Get("start_time"), 10, 64)
		to, _ := strconv.ParseInt(q.Get("end_time"), 10, 64)
		asked = append(asked, time.Unix(from, 0).UTC().Format(time.DateOnly)+".."+time.Unix(to, 0).UTC().Format(time.DateOnly))
	}
	if got := strings.Join(asked, " "); got != "2025-10-01..2025-11-01 2026-09-01..2026-10-10" {
		t.Errorf("asked for %s", got)
	}
	for i, want := range []string{"0.45", "4.65", "4.96"} { // 1 to 9, 1 to 30 and 1 to 31 cents
		if got := reports[i].Totals[0].Amount.String(); got != want {
			t.Errorf("%s: %s, want %s", reports[i].Period.Name, got, want)
		}
	}
}

func TestAPIIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	server := httptest.NewServer(status(503))
	defer server.Close()
	source := billing.Source{Name: "openai", Format: "openai-costs", API: &billing.API{Key: apiKey, URL: server.URL,
		Wait: func(ctx context.Context, _ time.Duration) error { cancel(); return ctx.Err() }}}
	if _, err := billing.Breakdown(ctx, []billing.Source{source}, []cost.Query{{Period: month(t, "2026-10")}}); err == nil || !strings.Contains(err.Error(), "canceled") {
		t.Errorf("error %v", err)
	}
}

// The headers and parameters of Anthropic's API, and the key from a file.
func TestAnthropicAPI(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/key", []byte(apiKey+"\n"))
	var got *http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Clone(context.Background())
		fmt.Fprint(w, `{"data": [{"starting_at": "2026-10-01T00:00:00Z", "ending_at": "2026-11-01T00:00:00Z", "results": [
			{"currency": "USD", "amount": "123.45", "workspace_id": null, "description": "x", "cost_type": "tokens", "token_type": "output_tokens", "model": "claude-opus-4-5"}]}], "has_more": false, "next_page": null}`)
	}))
	defer server.Close()
	source := billing.Source{Name: "a", Format: "anthropic-cost", API: &billing.API{KeyFile: dir + "/key", URL: server.URL}}
	reports, err := billing.Breakdown(t.Context(), []billing.Source{source}, []cost.Query{{Period: month(t, "2026-10"), By: []string{"model"}}})
	if err != nil {
		t.Fatal(err)
	}
	if total := reports[0].Totals; len(total) != 1 || total[0].Amount.String() != "1.2345" {
		t.Errorf("%+v", reports[0])
	}
	const query = "bucket_width=1d&ending_at=2026-11-01T00%3A00%3A00Z&group_by%5B%5D=description&group_by%5B%5D=workspace_id&limit=31&starting_at=2026-10-01T00%3A00%3A00Z"
	if got.URL.Path != "/v1/organizations/cost_report" || got.URL.RawQuery != query || got.Header.Get("X-Api-Key") != apiKey || got.Header.Get("Anthropic-Version") != "2023-06-01" {
		t.Errorf("asked %s %v", got.URL, got.Header)
	}
	source.API.KeyFile = dir + "/none"
	reports, err = billing.Breakdown(t.Context(), []billing.Source{source}, []cost.Query{{Period: month(t, "2026-10")}})
	if err != nil || !strings.HasPrefix(reports[0].Ledger[0].Reason, "reading the file of the API key: open ") {
		t.Errorf("%v %+v", err, reports)
	}
}
