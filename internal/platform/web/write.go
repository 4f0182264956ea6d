package web

import (
	"bytes"
	"encoding/hex"
	"hash/fnv"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// Body is a complete answer ready to be sent: its bytes, the same compressed,
// and the ETag that names them.
type Body struct {
	Type   string
	Plain  []byte
	Gzip   []byte // nil when compressing does not pay
	ETag   string // "" of what nobody keeps
	Status int
}

// minCompress is the size in bytes under which compressing costs more than it saves.
const minCompress = 1000

// NewBody prepares an answer.
func NewBody(status int, contentType string, plain []byte) *Body {
	h := fnv.New128a()
	h.Write(plain)
	b := &Body{Type: contentType, Plain: plain, Status: status, ETag: `"` + hex.EncodeToString(h.Sum(nil)) + `"`}
	if len(plain) >= minCompress && compressible(contentType) {
		b.Gzip = compress(thorough, plain)
	}
	return b
}

// Passing prepares an answer that one person gets and nobody keeps: it has no
// ETag, and is compressed as fast as can be.
func Passing(status int, contentType string, plain []byte) *Body {
	b := &Body{Type: contentType, Plain: plain, Status: status}
	if len(plain) >= minCompress && compressible(contentType) {
		b.Gzip = compress(quick, plain)
	}
	return b
}

// Compressed prepares an answer that pays to compress though its type does not
// say so.
func Compressed(status int, contentType string, plain []byte) *Body {
	b := NewBody(status, contentType, plain)
	b.Gzip = compress(thorough, plain)
	return b
}

func compressible(contentType string) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	switch kind {
	case "application/json", "application/problem+json", "application/xml", "application/atom+xml", "application/rss+xml",
		"application/geo+json", "application/manifest+json", "image/svg+xml", "application/vnd.mapbox-vector-tile", "text/xml":
		return true
	}
	return strings.HasPrefix(kind, "text/")
}

// What is kept is compressed once and sent often; what is not, both once.
var thorough, quick = writers(5), writers(gzip.BestSpeed)

func writers(level int) *sync.Pool {
	return &sync.Pool{New: func() any {
		w, _ := gzip.NewWriterLevel(nil, level)
		return w
	}}
}

func compress(gzips *sync.Pool, plain []byte) []byte {
	var out bytes.Buffer
	out.Grow(len(plain) / 3)
	w := gzips.Get().(*gzip.Writer)
	w.Reset(&out)
	w.Write(plain)
	w.Close()
	gzips.Put(w)
	return out.Bytes()
}

// Send answers with b, or with 304 when the caller has it already.
func (b *Body) Send(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h["Content-Type"] = []string{b.Type}
	if b.ETag != "" {
		h["Etag"] = []string{b.ETag}
	}
	if _, set := h["Cache-Control"]; !set {
		h["Cache-Control"] = revalidate
	}
	if match := r.Header.Get("If-None-Match"); match != "" && b.ETag != "" && b.Status == http.StatusOK && matches(match, b.ETag) {
		delete(h, "Content-Type")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	out := b.Plain
	if b.Gzip != nil {
		h.Add("Vary", "Accept-Encoding")
		if acceptsGzip(r) {
			h["Content-Encoding"] = gzipName
			out = b.Gzip
		}
	}
	h["Content-Length"] = []string{strconv.Itoa(len(out))}
	w.WriteHeader(b.Status)
	if r.Method != http.MethodHead {
		w.Write(out)
	}
}

var (
	revalidate = []string{"private, no-cache"}
	gzipName   = []string{"gzip"}
)

func matches(header, etag string) bool {
	for _, t := range strings.Split(header, ",") {
		t = strings.TrimPrefix(strings.TrimSpace(t), "W/")
		if t == etag || t == "*" {
			return true
		}
	}
	return false
}

// acceptsGzip tells whether the caller reads gzip.
func acceptsGzip(r *http.Request) bool {
	for e := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, params, _ := strings.Cut(e, ";")
		if name = strings.TrimSpace(name); name != "gzip" && name != "*" {
			continue
		}
		weight, given := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
		q, err := strconv.ParseFloat(weight, 64)
		return !given || err != nil || q > 0
	}
	return false
}

// Buffer collects an answer so that an error found while rendering can still
// become an error page.
type Buffer struct{ bytes.Buffer }

var buffers = sync.Pool{New: func() any { return new(Buffer) }}

// TakeBuffer returns an empty buffer; give it back with Free.
func TakeBuffer() *Buffer {
	b := buffers.Get().(*Buffer)
	b.Reset()
	return b
}

// Free gives the buffer back. Its bytes must not be used any more.
func (b *Buffer) Free() {
	if b.Cap() < 1<<20 {
		buffers.Put(b)
	}
}

// recorder is a ResponseWriter that keeps the answer.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func newRecorder() *recorder { return &recorder{header: http.Header{}} }

func (c *recorder) Header() http.Header { return c.header }

func (c *recorder) WriteHeader(status int) {
	if c.status == 0 {
		c.status = status
	}
}

func (c *recorder) Write(p []byte) (int, error) {
	c.WriteHeader(http.StatusOK)
	return c.body.Write(p)
}
