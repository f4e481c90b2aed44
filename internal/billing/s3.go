package billing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"
	"github.com/bmatcuk/doublestar/v4"
)

// S3 says how a bucket is reached. What is empty comes from the environment and
// the shared configuration of the AWS tools.
type S3 struct {
	Endpoint  string // base URL of a server other than Amazon's
	Region    string
	PathStyle bool // the bucket stands in the path of URLs, not in their host
	Anonymous bool // requests are not signed
	// AccessKeyID signs requests together with SecretAccessKey, or with the text
	// of SecretAccessKeyFile.
	AccessKeyID, SecretAccessKey, SecretAccessKeyFile string
}

// bucket is a place in storage that speaks the protocol of Amazon S3.
type bucket struct {
	source        *Source
	name, pattern string // of the bucket, and of the keys in it
	connect       func() (*s3.Client, error)
}

func newBucket(s *Source) (*bucket, error) {
	name, pattern, _ := strings.Cut(strings.TrimPrefix(s.Path, "s3://"), "/")
	if name == "" || pattern == "" || !doublestar.ValidatePattern(pattern) {
		return nil, fmt.Errorf("source %s: %s names no objects of a bucket; write s3://bucket/prefix/**", s.Name, s.Path)
	}
	b := &bucket{source: s, name: name, pattern: pattern}
	b.connect = sync.OnceValues(b.client)
	return b, nil
}

// attempts is how often a request is made before its error counts, and how often
// a body that broke off is continued without a byte of progress.
const attempts = 4

// client is made when the first request is: it reads configuration files.
func (b *bucket) client() (*s3.Client, error) {
	o := b.source.S3
	options := []func(*config.LoadOptions) error{config.WithRetryer(func() aws.Retryer {
		return retry.NewStandard(func(r *retry.StandardOptions) { r.MaxAttempts, r.MaxBackoff = attempts, 5*time.Second })
	}), config.WithLogger(logging.Nop{})}
	secret := o.SecretAccessKey
	if o.SecretAccessKeyFile != "" {
		text, err := os.ReadFile(o.SecretAccessKeyFile)
		if err != nil {
			return nil, err
		}
		secret = strings.TrimSpace(string(text))
	}
	switch {
	case o.Anonymous:
		options = append(options, config.WithCredentialsProvider(aws.AnonymousCredentials{}))
	case o.AccessKeyID != "":
		options = append(options, config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(o.AccessKeyID, secret, "")))
	}
	if o.Region != "" {
		options = append(options, config.WithRegion(o.Region))
	}
	shared, err := config.LoadDefaultConfig(context.Background(), options...)
	if err != nil {
		return nil, err
	}
	shared.Region = cmp.Or(shared.Region, "us-east-1") // which other servers take for any
	return s3.NewFromConfig(shared, func(c *s3.Options) {
		c.UsePathStyle = o.PathStyle
		if o.Endpoint != "" {
			c.BaseEndpoint = aws.String(o.Endpoint)
		}
		// Checksums of whole objects say nothing about ranges of them.
		c.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	}), nil
}

// prefix is the part of a pattern before its first wildcard.
func prefix(pattern string) string {
	if i := strings.IndexAny(pattern, `*?[{\`); i >= 0 {
		return pattern[:i]
	}
	return pattern
}

func (b *bucket) list(ctx context.Context) ([]stored, string, error) {
	client, err := b.connect()
	if err != nil {
		return nil, "", fmt.Errorf("reading the configuration of S3 for source %s: %w", b.source.Name, err)
	}
	var objects []stored
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: &b.name, Prefix: aws.String(prefix(b.pattern))},
		func(o *s3.ListObjectsV2PaginatorOptions) { o.StopOnDuplicateToken = true })
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, "", fmt.Errorf("listing %s of source %s: %w", b.source.Path, b.source.Name, b.explain(err))
		}
		for _, o := range page.Contents {
			key := aws.ToString(o.Key)
			if match, _ := doublestar.Match(b.pattern, key); match && !strings.HasSuffix(key, "/") {
				objects = append(objects, stored{path: "s3://" + b.name + "/" + key, size: aws.ToInt64(o.Size), etag: aws.ToString(o.ETag)})
			}
		}
	}
	slices.SortFunc(objects, func(a, b stored) int { return strings.Compare(a.path, b.path) })
	base, _ := doublestar.SplitPattern("s3://" + b.name + "/" + b.pattern)
	return objects, base, nil
}

func (b *bucket) stream(ctx context.Context, o stored) (io.ReadCloser, error) {
	if o.size == 0 {
		return io.NopCloser(strings.NewReader("")), nil
	}
	r := &span{ctx: ctx, bucket: b, object: o, end: o.size}
	return r, r.open() // so that a refusal is not taken for the end of a stream
}

// span reads a run of an object's bytes. A connection that breaks is made again
// at the byte where it broke, and never for another version of the object.
type span struct {
	ctx     context.Context
	bucket  *bucket
	object  stored
	at, end int64
	body    io.ReadCloser // nil when the connection is to be made
	broken  int           // times in a row without a byte
}

func (s *span) open() error {
	client, err := s.bucket.connect()
	if err != nil {
		return err
	}
	key := strings.TrimPrefix(s.object.path, "s3://"+s.bucket.name+"/")
	out, err := client.GetObject(s.ctx, &s3.GetObjectInput{Bucket: &s.bucket.name, Key: &key, IfMatch: s.object.version(),
		Range: aws.String(fmt.Sprintf("bytes=%d-%d", s.at, s.end-1))})
	if err != nil {
		return s.bucket.explain(err)
	}
	if got := aws.ToString(out.ContentRange); !strings.HasPrefix(got, fmt.Sprintf("bytes %d-", s.at)) && (s.at > 0 || got != "") {
		out.Body.Close()
		return fmt.Errorf("the server answers with other bytes (%q) than those asked for, from %d", got, s.at)
	}
	s.body = out.Body
	return nil
}

func (s *span) Read(p []byte) (int, error) {
	for s.at < s.end {
		if s.body == nil {
			if err := s.open(); err != nil {
				return 0, err
			}
		}
		n, err := s.body.Read(p[:min(int64(len(p)), s.end-s.at)])
		s.at += int64(n)
		if err != nil && s.at < s.end {
			_ = s.Close() // it broke
			if n == 0 {
				if s.broken++; s.broken >= attempts {
					return 0, fmt.Errorf("the connection broke %d times at byte %d: %w", attempts, s.at, noEnd(err))
				}
				if err := s.pause(); err != nil {
					return 0, err
				}
			}
		}
		if n > 0 {
			s.broken = 0
			return n, nil
		}
	}
	return 0, io.EOF
}

// noEnd makes an error of an end that comes too early, and not that of gzip.
func noEnd(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("it ends early")
	}
	return err
}

// pause waits before the next attempt, twice as long each time.
func (s *span) pause() error {
	select {
	case <-time.After(50 * time.Millisecond << s.broken):
		return nil
	case <-s.ctx.Done():
		return s.ctx.Err()
	}
}

func (s *span) Close() error {
	if s.body == nil {
		return nil
	}
	err := s.body.Close()
	s.body = nil
	return err
}

// explain says in a reader's words what a server refused. What the SDK says has
// the ids of requests, which differ each time; what it says of credentials never
// has their values.
func (b *bucket) explain(err error) error {
	var api interface{ ErrorCode() string }
	var answer interface{ HTTPStatusCode() int }
	code, status := "", 0
	if errors.As(err, &api) {
		code = api.ErrorCode()
	}
	if errors.As(err, &answer) {
		status = answer.HTTPStatusCode()
	}
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case code == "NoSuchBucket":
		return fmt.Errorf("there is no bucket %s; check its name, region and endpoint", b.name)
	case status == 403:
		return fmt.Errorf("the bucket %s refuses (403 %s); check the keys and their permission to list and to read", b.name, cmp.Or(code, "Forbidden"))
	case status == 404:
		return errors.New("the object is gone since the bucket was listed")
	case status == 412:
		return errors.New("the object changed while it was read; run again")
	case status == 301:
		return fmt.Errorf("the bucket %s is in another region; set s3: {region: ...}", b.name)
	case status >= 500 || code == "SlowDown":
		return fmt.Errorf("the server does not answer after %d attempts (%d %s)", attempts, status, code)
	case status != 0:
		return fmt.Errorf("the server answers %d %s", status, code)
	}
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
		if _, ok := err.(interface{ Timeout() bool }); ok {
			break // an error of the network
		}
	}
	return err
}
