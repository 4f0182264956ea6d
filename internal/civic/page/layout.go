package page

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/platform/ui"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Meta is what a page says about itself to the frame.
type Meta struct {
	Title       string
	Description string
	Status      int // 200 when zero
	Private     bool
	Wide        bool
	Staff       bool
	NoIndex     bool
	Image       string // path of a picture for share cards
	Feeds       []ui.Link
}

// languageNames are said in their own language.
var languageNames = map[string]string{"ky": "Кыргызча", "ru": "Русский", "en": "English"}

// LanguageName is what a language calls itself.
func LanguageName(lang string) string { return languageNames[lang] }

// Render lays content out in the frame and answers with it.
func Render(w http.ResponseWriter, r *http.Request, m Meta, content templ.Component) error {
	v := Of(r)
	buf := web.TakeBuffer()
	defer buf.Free()
	ctx := context.WithValue(r.Context(), visitKey{}, v)
	if err := v.shell(r, m).Page(content).Render(ctx, buf); err != nil {
		return err
	}
	if m.Status == 0 {
		m.Status = http.StatusOK
	}
	h := w.Header()
	h.Set("Content-Language", v.Lang())
	plain := make([]byte, buf.Len())
	copy(plain, buf.Bytes())
	if m.Private || v.Actor.SignedIn() {
		h.Set("Cache-Control", "private, no-store")
		web.Passing(m.Status, "text/html; charset=utf-8", plain).Send(w, r)
		return nil
	}
	web.NewBody(m.Status, "text/html; charset=utf-8", plain).Send(w, r)
	return nil
}

// Fragment answers with a piece of a page, for an island that asked for it.
func Fragment(w http.ResponseWriter, r *http.Request, content templ.Component) error {
	buf := web.TakeBuffer()
	defer buf.Free()
	if err := content.Render(r.Context(), buf); err != nil {
		return err
	}
	plain := make([]byte, buf.Len())
	copy(plain, buf.Bytes())
	web.NewBody(http.StatusOK, "text/html; charset=utf-8", plain).Send(w, r)
	return nil
}

func (v *Visit) shell(r *http.Request, m Meta) ui.Shell {
	s := v.site
	here := r.URL.Path
	sh := ui.Shell{
		Lang: v.Lang(), Title: m.Title, City: v.City.Name(v.Lang()), Description: m.Description, Skip: v.T("page.skip"),
		MenuLabel: v.T("page.nav"), DeskLabel: v.T("page.desk"), LangLabel: v.T("page.language"), FooterText: v.T("page.footer"), Staff: m.Staff, Wide: m.Wide || m.Staff,
		Style: v.Asset("main.css"), Script: v.Asset("main.js"), Icon: v.Asset("icon.svg"), Touch: v.Asset("icon-180.png"),
		Manifest: "/manifest.webmanifest", Font: v.Asset("golos.woff2"), NoIndex: m.NoIndex || m.Private || m.Status >= 400, Feeds: m.Feeds,
	}
	if !sh.NoIndex {
		sh.Canonical = v.Absolute(r.URL.RequestURI())
		if m.Image != "" {
			sh.Image = v.Absolute(m.Image)
		}
	}
	for _, l := range v.City.Languages {
		back := url.QueryEscape(r.URL.RequestURI())
		if r.Method != http.MethodGet {
			back = url.QueryEscape(here)
		}
		sh.Languages = append(sh.Languages, ui.Link{Href: "/language/" + l + "?back=" + back, Text: languageNames[l], Lang: l, Current: l == v.Lang()})
		if !sh.NoIndex {
			sh.Alternates = append(sh.Alternates, ui.Link{Href: v.Absolute(here + "?lang=" + l), Lang: l})
		}
	}
	sh.Account = ui.Link{Href: "/account/sign-in?back=" + url.QueryEscape(here), Text: v.T("page.sign_in")}
	if v.Actor.SignedIn() {
		sh.Account = ui.Link{Href: "/account", Text: v.T("page.account")}
		if s.Counts != nil {
			if n := s.Counts(r.Context(), v); n > 0 {
				sh.Account.Badge = badge(v, n)
			}
		}
	}
	v.menus(&sh, here)
	if v.City.Demo {
		sh.Demo, sh.DemoLink = v.T("page.demo"), ui.Link{Href: "/demo", Text: v.T("page.demo_link")}
	}
	return sh
}

// badge is a number that has to fit beside an icon.
func badge(v *Visit, n int) string {
	if n > 99 {
		return "99+"
	}
	return v.P.Number(n)
}

func (v *Visit) menus(sh *ui.Shell, here string) {
	chosen := "" // the longest path that leads here: /reports/new is not the map
	for _, l := range v.site.Nav {
		if current(here, l.Path) && len(l.Path) > len(chosen) {
			chosen = l.Path
		}
	}
	for _, l := range v.site.Nav {
		link := ui.Link{Href: l.Path, Text: v.T(l.Title), Icon: l.Icon, Current: l.Path == chosen}
		switch l.Audience {
		case manifest.Header:
			sh.Header = append(sh.Header, link)
		case manifest.Bottom:
			if l.Path == "/account" {
				link.Badge = sh.Account.Badge
			}
			sh.Bottom = append(sh.Bottom, link)
		case manifest.Footer:
			sh.Footer = append(sh.Footer, link)
		case manifest.Staff:
			if v.Actor.Some(l.Action) && !slices.ContainsFunc(sh.Desk, func(o ui.Link) bool { return o.Href == l.Path }) {
				sh.Desk = append(sh.Desk, link)
			}
		}
	}
}

func current(here, path string) bool {
	if path == "/" {
		return here == "/"
	}
	return here == path || strings.HasPrefix(here, path+"/")
}
