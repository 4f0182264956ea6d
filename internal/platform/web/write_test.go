package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestWhatNobodyKeepsHasNoETag(t *testing.T) {
	page := []byte(strings.Repeat("<p>Бишкек</p>", 200))
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/account", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	r.Header.Set("If-None-Match", `"", *`)
	Passing(http.StatusOK, "text/html; charset=utf-8", page).Send(w, r)
	if w.Code != http.StatusOK || w.Header()["Etag"] != nil || w.Header().Get("Content-Encoding") != "gzip" {
		t.Errorf("answered %d with %v", w.Code, w.Header())
	}
	in, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(in); err != nil || !bytes.Equal(got, page) {
		t.Errorf("read %d bytes, %v", len(got), err)
	}
}
