package verify

import (
	"bytes"
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
// is not the document: there the links are followed that say they lead to what
// was recorded under the kind of the entry.
func (c *checker) document(e *record.Entry) {
	if e.Hash == "" {
		return
	}
	if e.Link == "" {
		c.leave("document", "The document of the entry: it is not published. Who has it can compare its SHA-256 with %s.", e.Hash)
		return
	}
	sum, kind, err := c.sum(e.Link)
	paths := []string{e.Link}
	if err == nil && kind == "text/html" {
		var page []byte
		if page, err = c.get(e.Link, 8<<20); err == nil {
			paths = marked(page, e.Kind)
		}
	}
	if err == nil && len(paths) == 0 {
		c.leave("document", "The document of the entry: %s is a page and does not say which file was recorded. Compare the SHA-256 of the file with %s.", e.Link, e.Hash)
		return
	}
	for _, path := range paths {
		if err == nil && path != e.Link {
			sum, _, err = c.sum(path)
		}
		if err != nil {
			c.leave("document", "The document of the entry: it did not come (%v).", err)
			return
		}
		if sum == e.Hash {
			c.prove("document", "Its document %s is byte for byte the one that was recorded (SHA-256 %s).", path, sum)
			return
		}
	}
	c.fail("document", "THE DOCUMENT WAS CHANGED: %s has SHA-256 %s, the entry says %s.", paths[len(paths)-1], sum, e.Hash)
}

// sum is the SHA-256 of what is at a path, in hex, and its content type.
func (c *checker) sum(path string) (sum, kind string, err error) {
	answer, err := c.ask(path)
	if err != nil {
		return "", "", err
	}
	defer answer.Body.Close()
	kind, _, _ = mime.ParseMediaType(answer.Header.Get("Content-Type"))
	h := sha256.New()
	if _, err := io.Copy(h, answer.Body); err != nil {
		return "", kind, fmt.Errorf("%w: %w", errReach, err)
	}
	return hex.EncodeToString(h.Sum(nil)), kind, nil
}

// mostMarked bounds the files that one page may send a check to.
const mostMarked = 20

// marked finds the addresses of the links on a page that say they lead to what
// was recorded under a kind: <a href="…" data-record="vote.ballots">.
func marked(page []byte, kind string) (paths []string) {
	for t := html.NewTokenizer(bytes.NewReader(page)); len(paths) < mostMarked; {
		switch t.Next() {
		case html.ErrorToken:
			return paths
		case html.StartTagToken:
			at := map[string]string{}
			for _, a := range t.Token().Attr {
				at[a.Key] = a.Val
			}
			to, err := url.Parse(at["href"])
			if at["data-record"] == kind && err == nil && to.Host == "" && strings.HasPrefix(to.Path, "/") {
				paths = append(paths, to.String())
			}
		}
	}
	return paths
}
