package vote

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/ui"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

func (p *Pages) judge(w http.ResponseWriter, r *http.Request) error {
	return p.judgePage(w, r, &web.Form{Values: url.Values{}})
}

// judgePage is the page of the staff on an idea.
func (p *Pages) judgePage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	v := page.Of(r)
	if !v.Actor.Some(internal) && !v.Actor.Some(moderate) {
		return permission.ErrDenied
	}
	t, err := p.toldOf(r, f)
	if err != nil {
		return err
	}
	if !t.Actor.Can(internal, t.File.Body) && !t.Actor.Can(moderate, t.File.Body) {
		return web.NotFound()
	}
	if len(f.Errors()) == 0 {
		fillJudgement(t)
	}
	if f.Text(page.OnceField) == "" {
		f.Values.Set(page.OnceField, ids.Secret(16))
	}
	meta := page.Meta{Title: t.T("vote.idea.one") + " № " + t.File.Number, Staff: true, Private: true, NoIndex: true}
	if len(f.Errors()) > 0 {
		meta.Status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, meta, judgeView(t))
}

// fillJudgement writes what is known of an idea into the form of its evaluation.
func fillJudgement(t *told) {
	d, set := t.Detail, t.form.Values.Set
	for _, lang := range t.City.Languages {
		set("title_"+lang, d.Titles[lang])
		set("text_"+lang, d.Texts[lang])
		set("reasons_"+lang, d.Reasons[lang])
		set("why_"+lang, d.Why[lang])
	}
	set("pot", d.Pot)
	set("against", d.Against)
	if cost := max(d.Cost, 0); cost != 0 {
		set("cost", web.MoneyText(cost))
	} else if d.Asked != 0 {
		set("cost", web.MoneyText(d.Asked))
	}
	if d.Upkeep != 0 {
		set("upkeep", web.MoneyText(d.Upkeep))
	}
}

// readTexts reads a field in every language of the city.
func readTexts(v *page.Visit, f *web.Form, name string, most int) Texts {
	out := Texts{}
	for _, lang := range v.City.Languages {
		if text := f.Optional(name+"_"+lang, most); text != "" {
			out[lang] = text
		}
	}
	return out
}

// judgeStep is every step of the staff on an idea.
func (p *Pages) judgeStep(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	number := strings.ToUpper(r.PathValue("number"))
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	s, do := p.Service, f.Text("do")
	lang := v.Lang()
	judge := func(feasible bool) func(ctx context.Context) error {
		return func(ctx context.Context) error {
			e := Evaluation{
				Feasible: feasible, Reasons: readTexts(v, f, "reasons", MaxIdeaText), Titles: readTexts(v, f, "title", MaxIdeaTitle),
				Texts: readTexts(v, f, "text", MaxIdeaText), Pot: f.Text("pot"), Cost: f.Money("cost"), Why: readTexts(v, f, "why", MaxIdeaText),
				Upkeep: f.Money("upkeep"), Against: f.Text("against"), Lang: lang,
			}
			if err := f.Err(); err != nil {
				return nil
			}
			return s.Judge(ctx, v.City, v.Actor, number, e)
		}
	}
	step, ok := map[string]func(ctx context.Context) error{
		"check": func(ctx context.Context) error { return s.Accept(ctx, v.City, v.Actor, number, f.ID("to_body")) },
		"return": func(ctx context.Context) error {
			return s.Return(ctx, v.City, v.Actor, number, f.Optional("note", MaxIdeaText), f.Text("until"), lang)
		},
		"feasible": judge(true),
		"refuse":   judge(false),
		"merge": func(ctx context.Context) error {
			return s.ProposeMerge(ctx, v.City, v.Actor, number, f.Text("into"), f.Optional("merge_note", MaxIdeaText))
		},
		"transfer": func(ctx context.Context) error {
			return s.TransferIdea(ctx, v.City, v.Actor, number, f.ID("to_body"), f.Optional("transfer_note", MaxIdeaText))
		},
		"take": func(ctx context.Context) error { return s.TakeIdea(ctx, v.City, v.Actor, number) },
		"note": func(ctx context.Context) error {
			return s.NoteIdea(ctx, v.City, v.Actor, number, f.Optional("note", MaxIdeaText))
		},
		"hide": func(ctx context.Context) error { return s.Moderate(ctx, v.City, v.Actor, number, f.ID("event"), false) },
		"show": func(ctx context.Context) error { return s.Moderate(ctx, v.City, v.Actor, number, 0, true) },
	}[do]
	if !ok {
		return web.Bad(nil)
	}
	ctx := page.Once(r, f)
	err = page.Resolve(ctx, step(ctx))
	if f.Take(err) || len(f.Errors()) > 0 {
		return p.judgePage(w, r, f)
	}
	if err != nil {
		return err
	}
	// After a transfer the idea may be out of the actor's hands.
	where := staffIdeaAt(number) + "?done=" + do
	if err := s.DB.View(ctx, func(tx *db.Tx) error {
		file, _, err := ideaFile(tx, v.City.ID, number)
		if err == nil && !v.Actor.Can(internal, file.Body) {
			where = "/staff"
		}
		return err
	}); err != nil {
		return err
	}
	return web.Redirect(w, r, where)
}

// bodyOptions are the bodies that exist now.
func (s *scene) bodyOptions(chosen int64, none string) []ui.Option {
	out := []ui.Option{{Text: none}}
	for _, b := range s.bodies.All(s.Now, s.Lang()) {
		out = append(out, ui.Option{Value: itoa(b.ID), Text: b.Name(s.Lang()), Checked: b.ID == chosen})
	}
	return out
}
