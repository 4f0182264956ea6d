package tiles

import (
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// ContentType is the media type of a vector tile.
const ContentType = "application/vnd.mapbox-vector-tile"

// smallest is the size below which compressing a tile makes it no smaller on the wire.
const smallest = 256

var writers = sync.Pool{New: func() any {
	w, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	if err != nil {
		panic(err) // the level is a constant that the package knows
	}
	return w
}}

// Serve answers a request with a tile, compressed when that helps and the client takes it. An empty
// tile is answered with 204, which map clients read as "nothing here". The caller sets caching.
func Serve(w http.ResponseWriter, r *http.Request, tile []byte) error {
	h := w.Header()
	h.Add("Vary", "Accept-Encoding")
	if len(tile) == 0 {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	h.Set("Content-Type", ContentType)
	if len(tile) < smallest || !accepts(r.Header.Get("Accept-Encoding")) {
		h.Set("Content-Length", strconv.Itoa(len(tile)))
		_, err := w.Write(tile)
		return err
	}
	h.Set("Content-Encoding", "gzip")
	zip := writers.Get().(*gzip.Writer)
	defer writers.Put(zip)
	zip.Reset(w)
	if _, err := zip.Write(tile); err != nil {
		return err
	}
	return zip.Close()
}

// accepts reports whether an Accept-Encoding header allows gzip.
func accepts(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, quality, _ := strings.Cut(part, ";")
		name = strings.TrimSpace(name)
		if name != "gzip" && name != "*" {
			continue
		}
		switch strings.ReplaceAll(quality, " ", "") {
		case "q=0", "q=0.0", "q=0.00", "q=0.000":
			return false
		}
		return true
	}
	return false
}
