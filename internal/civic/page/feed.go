package page

import (
	"net/http"

	"github.com/ashar-kg/ashar/internal/platform/feed"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Atom answers with a feed as Atom, which make finds.
func Atom(make func(r *http.Request) (feed.Feed, error)) web.Handler {
	return send(make, feed.Feed.Atom, feed.AtomType)
}

// RSS answers with a feed as RSS.
func RSS(make func(r *http.Request) (feed.Feed, error)) web.Handler {
	return send(make, feed.Feed.RSS, feed.RSSType)
}

func send(make func(r *http.Request) (feed.Feed, error), write func(feed.Feed) ([]byte, error), kind string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		f, err := make(r)
		if err != nil {
			return err
		}
		text, err := write(f)
		if err != nil {
			return err
		}
		web.NewBody(http.StatusOK, kind, text).Send(w, r)
		return nil
	}
}
