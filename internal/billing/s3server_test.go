package billing_test

import (
	"crypto/sha256"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// storage is a server of one bucket, `bills`, as S3 answers: path style, signed
// requests, pages of two keys, ranges, tags of versions. It counts what it is
// asked for, and breaks as it is told.
type storage struct {
	*httptest.Server
	mu      sync.Mutex
	objects map[string][]byte
	gets    int              // requests for objects
	sent    map[string]int64 // bytes, by key
	// fault, when set, may answer a request for an object itself.
	fault func(w http.ResponseWriter, key string, from, to int) bool
}

const accessKey, secretKey = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

func newStorage(t *testing.T, objects map[string][]byte) *storage {
	t.Helper()
	s := &storage{objects: objects, sent: map[string]int64{}}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

// counts returns how many objects were asked for, and how many bytes of one of
// them were sent, when all requests have ended.
func (s *storage) counts(key string) (gets int, sent int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gets, s.sent[key]
}

func (s *storage) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch authorization := r.Header.Get("Authorization"); {
	case !strings.HasPrefix(authorization, "AWS4-HMAC-SHA256 Credential="+accessKey+"/") || !strings.Contains(authorization, "Signature="):
		refuse(w, http.StatusForbidden, "InvalidAccessKeyId")
	case bucket != "bills":
		refuse(w, http.StatusNotFound, "NoSuchBucket")
	case key == "":
		s.list(w, r)
	default:
		s.get(w, r, key)
	}
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>no</Message></Error>", code)
}

func tagOf(text []byte) string { return fmt.Sprintf(`"%x"`, sha256.Sum256(text)) }

func (s *storage) list(w http.ResponseWriter, r *http.Request) {
	type content struct {
		Key, ETag string
		Size      int
	}
	out := struct {
		XMLName               xml.Name `xml:"ListBucketResult"`
		IsTruncated           bool
		NextContinuationToken string `xml:",omitempty"`
		Contents              []content
	}{}
	q := r.URL.Query()
	for _, key := range slices.Sorted(maps.Keys(s.objects)) {
		if !strings.HasPrefix(key, q.Get("prefix")) || key <= q.Get("continuation-token") {
			continue
		}
		if len(out.Contents) == 2 {
			out.IsTruncated, out.NextContinuationToken = true, out.Contents[1].Key
			break
		}
		out.Contents = append(out.Contents, content{key, tagOf(s.objects[key]), len(s.objects[key])})
	}
	_ = xml.NewEncoder(w).Encode(out)
}

func (s *storage) get(w http.ResponseWriter, r *http.Request, key string) {
	s.gets++
	text, ok := s.objects[key]
	from, to := 0, len(text)-1
	if spec, ok := strings.CutPrefix(r.Header.Get("Range"), "bytes="); ok {
		a, b, _ := strings.Cut(spec, "-")
		from, _ = strconv.Atoi(a)
		to, _ = strconv.Atoi(b)
	}
	switch {
	case s.fault != nil && s.fault(w, key, from, to):
	case !ok:
		refuse(w, http.StatusNotFound, "NoSuchKey")
	case r.Header.Get("If-Match") != tagOf(text):
		refuse(w, http.StatusPreconditionFailed, "PreconditionFailed")
	default:
		s.send(w, key, from, to, to+1)
	}
}

// send sends the bytes up to cut, of those that the head promises.
func (s *storage) send(w http.ResponseWriter, key string, from, to, cut int) {
	text := s.objects[key]
	w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to, len(text)))
	w.Header().Set("Content-Length", strconv.Itoa(to+1-from))
	w.Header().Set("ETag", tagOf(text))
	w.WriteHeader(http.StatusPartialContent)
	n, _ := w.Write(text[from:cut])
	s.sent[key] += int64(n)
}
