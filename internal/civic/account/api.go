package account

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ashar-kg/ashar/internal/civic/api"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// api declares the JSON operations of an account.
func (p *Pages) api(a huma.API) {
	api.Own(a, "/me", "getMe", "The person who is signed in", p.apiMe)
	api.Own(a, "/me/notices", "listNotices", "The person's inbox, newest first", p.apiNotices)
	api.Write(a, http.MethodPut, "/me/notices/read", "readNotices", "Mark notices as read", true, p.apiRead)
}

type apiGrant struct {
	Role string `json:"role"`
	Body string `json:"body,omitempty" doc:"Code of the body; empty is the whole city"`
}

type apiMe struct {
	ID     string     `json:"id"`
	Name   string     `json:"name"`
	Level  int        `json:"level" doc:"How well the city knows the person: 0 not, 1 telephone, 2 resident, 3 national id"`
	Roles  []apiGrant `json:"roles"`
	Unread int        `json:"unread_notices"`
}

func (p *Pages) apiMe(ctx context.Context, _ *struct{}) (*struct{ Body apiMe }, error) {
	v := page.In(ctx)
	if err := signedInOnly(v); err != nil {
		return nil, err
	}
	dir, err := p.Bodies.Of(ctx, v.City.ID)
	if err != nil {
		return nil, err
	}
	out := apiMe{ID: strconv.FormatInt(v.Actor.Person, 10), Name: v.Actor.Name, Level: int(v.Actor.Level), Roles: []apiGrant{}}
	for _, g := range v.Actor.Grants {
		row := apiGrant{Role: string(g.Role)}
		if b, ok := dir.Get(g.Body); ok {
			row.Body = b.Code
		}
		out.Roles = append(out.Roles, row)
	}
	err = p.Service.db.View(ctx, func(tx *db.Tx) (err error) {
		out.Unread, err = notify.Unread(tx, v.City.ID, v.Actor.Person)
		return err
	})
	return &struct{ Body apiMe }{out}, err
}

type noticesQuery struct {
	Before string `query:"before" doc:"Id of the last notice of the answer before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"30"`
}

type apiNotice struct {
	ID     string    `json:"id"`
	At     time.Time `json:"at"`
	Title  string    `json:"title"`
	Text   string    `json:"text"`
	URL    string    `json:"url" format:"uri"`
	Unread bool      `json:"unread"`
}

func (p *Pages) apiNotices(ctx context.Context, in *noticesQuery) (*struct{ Body []apiNotice }, error) {
	v := page.In(ctx)
	if err := signedInOnly(v); err != nil {
		return nil, err
	}
	before, _ := ids.Parse(in.Before)
	var list []notify.Item
	err := p.Service.db.View(ctx, func(tx *db.Tx) (err error) {
		list, err = notify.Inbox(tx, v.City.ID, v.Actor.Person, before, in.Limit)
		return err
	})
	out := make([]apiNotice, len(list))
	for i, n := range list {
		title, text := notify.Text(v.P, n.Key, n.Args)
		out[i] = apiNotice{strconv.FormatInt(n.ID, 10), n.At().UTC(), title, text, v.Absolute(n.Link), n.Unread}
	}
	return &struct{ Body []apiNotice }{out}, err
}

type readNotices struct {
	Body struct {
		UpTo string `json:"up_to" doc:"Id of the newest notice that was seen"`
	}
}

func (p *Pages) apiRead(ctx context.Context, in *readNotices) (*struct{}, error) {
	v := page.In(ctx)
	if err := signedInOnly(v); err != nil {
		return nil, err
	}
	upTo, ok := ids.Parse(in.Body.UpTo)
	if !ok {
		return nil, web.Invalid(web.FieldError{Field: "up_to", Key: "error.field.choice"})
	}
	return nil, p.Service.db.Update(ctx, func(tx *db.Tx) error { return notify.MarkRead(tx, v.City.ID, v.Actor.Person, upTo) })
}
