package verify

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/html"

	"github.com/ashar-kg/ashar/internal/civic/record"
)

// errReach tells that the site did not answer.
var errReach = errors.New("no answer")

// statusError is an answer that is not what was asked for.
type statusError struct {
	path   string
	status int
}

func (e *statusError) Error() string { return fmt.Sprintf("%s answers %d", e.path, e.status) }

// ask asks the site for a path. The caller closes the body.
func (c *checker) ask(path string) (*http.Response, error) {
	to, err := c.w.Site.Parse(path)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(c.ctx, http.MethodGet, to.String(), nil)
	if err != nil {
		return nil, err
	}
	answer, err := c.w.Client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errReach, err)
	}
	if answer.StatusCode != http.StatusOK {
		answer.Body.Close()
		return nil, &statusError{path, answer.StatusCode}
	}
	return answer, nil
}

// get reads what is at a path, at most so many bytes.
func (c *checker) get(path string, most int64) ([]byte, error) {
	answer, err := c.ask(path)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(io.LimitReader(answer.Body, most+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errReach, err)
	}
	if int64(len(data)) > most {
		return nil, fmt.Errorf("%s has more than %d bytes", path, most)
	}
	return data, nil
}

// document checks the hash in an entry against the document it leads to. A page
// is not the document: there the one link that carries the hash is followed.
func (c *checker) document(e *record.Entry) {
	if e.Hash == "" {
		return
	}
	if e.Link == "" {
		c.leave("document", "The document of the entry: it is not published. Who has it can compare its SHA-256 with %s.", e.Hash)
		return
	}
	path, sum, kind, err := c.sum(e.Link)
	if err == nil && kind == "text/html" {
		page, readErr := c.get(e.Link, 8<<20)
		if err = readErr; err == nil {
			if path = marked(page, e.Hash); path == "" {
				c.leave("document", "The document of the entry: %s is a page and does not say which file has the hash. Compare the SHA-256 of the file with %s.", e.Link, e.Hash)
				return
			}
			path, sum, _, err = c.sum(path)
		}
	}
	switch {
	case err != nil:
		c.leave("document", "The document of the entry: it did not come (%v).", err)
	case sum != e.Hash:
		c.fail("document", "THE DOCUMENT WAS CHANGED: %s has SHA-256 %s, the entry says %s.", path, sum, e.Hash)
	default:
		c.prove("document", "Its document %s is byte for byte the one that was recorded (SHA-256 %s).", path, sum)
	}
}

// sum is the SHA-256 of what is at a path, in hex, and its content type.
func (c *checker) sum(path string) (at, sum, kind string, err error) {
	answer, err := c.ask(path)
	if err != nil {
		return path, "", "", err
	}
	defer answer.Body.Close()
	kind, _, _ = mime.ParseMediaType(answer.Header.Get("Content-Type"))
	h := sha256.New()
	if _, err := io.Copy(h, answer.Body); err != nil {
		return path, "", kind, fmt.Errorf("%w: %w", errReach, err)
	}
	return path, hex.EncodeToString(h.Sum(nil)), kind, nil
}

// marked finds the address of the link on a page that says it leads to the
// file with a hash: <a href="…" data-sha256="…">.
func marked(page []byte, hash string) string {
	for t := html.NewTokenizer(strings.NewReader(string(page))); ; {
		switch t.Next() {
		case html.ErrorToken:
			return ""
		case html.StartTagToken:
			at := map[string]string{}
			for _, a := range t.Token().Attr {
				at[a.Key] = a.Val
			}
			to, err := url.Parse(at["href"])
			if at["data-sha256"] == hash && err == nil && to.Host == "" && to.Path != "" {
				return to.String()
			}
		}
	}
}
