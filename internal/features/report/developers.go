package report

import (
	"net/http"

	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// developers is the page for those who write programs: addresses and keys.
func (p *Pages) developers(w http.ResponseWriter, r *http.Request) error {
	return p.developersPage(w, r, &web.Form{Values: map[string][]string{}}, "")
}

func (p *Pages) developersPage(w http.ResponseWriter, r *http.Request, f *web.Form, key string) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	meta := page.Meta{Title: s.T("report.developers.title"), Private: key != ""}
	if len(f.Errors()) > 0 {
		meta.Status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, meta, developersView(s, f, key))
}

// newKey gives a key to whoever asks, where the city allows it; otherwise only
// its administrators may.
func (p *Pages) newKey(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	if !s.settings.OpenKeys {
		if err := s.Actor.Check("report.configure", 0); err != nil {
			return err
		}
	}
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	name := f.Required("name", 80)
	if f.Err() != nil {
		return p.developersPage(w, r, f, "")
	}
	key := ids.Secret(20)
	if err := p.Service.NewApplication(r.Context(), s.City.ID, name, key); err != nil {
		return err
	}
	return p.developersPage(w, r, &web.Form{Values: map[string][]string{}}, key)
}
