package cli

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// output is a stream that is read while it is written.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// The demo's exporter is scraped, has an outage on request, and ends cleanly.
func TestDemoServe(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	w := newWorld()
	start := time.Date(2026, 11, 2, 15, 0, 0, 0, time.UTC)
	var mu sync.Mutex
	now := start
	w.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	pass := func(d time.Duration) { mu.Lock(); defer mu.Unlock(); now = now.Add(d) }
	var stderr output
	w.Stderr = &stderr
	code := make(chan int, 1)
	go func() { code <- Main(ctx, w.Env, []string{"demo", "serve", "--listen", "127.0.0.1:0"}) }()

	url := ""
	for range 200 {
		if m := regexp.MustCompile(`serving (http://\S+)/metrics`).FindStringSubmatch(stderr.String()); m != nil {
			url = m[1]
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if url == "" {
		t.Fatalf("the exporter does not say where it is: %s", stderr.String())
	}
	errors := func() int {
		text := ask(t, http.MethodGet, url+"/metrics")
		if !strings.Contains(text, `http_requests_total{`) {
			t.Fatalf("no requests in\n%s", text)
		}
		return len(regexp.MustCompile(`(?m)^http_requests_total\{[^}]*tier="gold",code="503"\} [1-9]`).FindAllString(text, -1))
	}
	pass(time.Minute)
	before := errors()
	ask(t, http.MethodPost, url+"/outage?tier=gold&for=5m")
	pass(2 * time.Minute)
	if after := errors(); after <= before {
		t.Errorf("%d series of gold count errors after the outage, %d before", after, before)
	}
	interrupt()
	select {
	case got := <-code:
		if got != 0 {
			t.Errorf("exit code %d after an interrupt: %s", got, stderr.String())
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the exporter does not end")
	}
}

func ask(t *testing.T, method, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode/100 != 2 {
		t.Fatalf("%s %s: %s, %v\n%s", method, url, resp.Status, err, text)
	}
	return string(text)
}
