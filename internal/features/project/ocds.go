package project

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

// Release is what a release of OCDS says of the contracts of a contracting
// process. Path is where it stands in its file.
type Release struct {
	Tagged
	OCID      string
	Path      string
	Title     string
	Status    string
	Suppliers []Supplier
	Value     Money
	Period    Period
	Text      string // of the amendment
	Reason    string
	Payments  []Payment
}

type (
	ocdsAmendment struct {
		Description string `json:"description"`
		Rationale   string `json:"rationale"`
	}
	ocdsContract struct {
		ID         string          `json:"id"`
		AwardID    string          `json:"awardID"`
		Title      string          `json:"title"`
		Status     string          `json:"status"`
		Value      ocValue         `json:"value"`
		Period     ocPeriod        `json:"period"`
		Signed     string          `json:"dateSigned"`
		Amendments []ocdsAmendment `json:"amendments"`
		Work       struct {
			Transactions []ocTransaction `json:"transactions"`
		} `json:"implementation"`
	}
	ocdsRelease struct {
		OCID    string   `json:"ocid"`
		ID      string   `json:"id"`
		Date    string   `json:"date"`
		Tag     []string `json:"tag"`
		Parties []ocOrg  `json:"parties"`
		Tender  struct {
			Title string `json:"title"`
		} `json:"tender"`
		Awards []struct {
			ID        string   `json:"id"`
			Status    string   `json:"status"`
			Value     ocValue  `json:"value"`
			Suppliers []ocOrg  `json:"suppliers"`
			Period    ocPeriod `json:"contractPeriod"`
		} `json:"awards"`
		Contracts []ocdsContract `json:"contracts"`
	}
)

// parseOCDS reads a package of releases, or one of records with releases in it.
func parseOCDS(m map[string]any) *Read {
	out := &Read{Form: FormOCDS}
	link, _ := m["uri"].(string)
	read := func(path string, x any) {
		out.Rows++
		r, bad := readRelease(path, x, link)
		if out.Refused = append(out.Refused, bad...); bad == nil {
			out.Releases = append(out.Releases, r)
		}
	}
	list, ok := m["releases"].([]any)
	if _, there := m["releases"]; there && !ok {
		out.Refused = append(out.Refused, refuse(Refusal{Path: "releases", Code: badList}))
	}
	for i, x := range list {
		read("releases/"+strconv.Itoa(i), x)
	}
	records, ok := m["records"].([]any)
	if _, there := m["records"]; there && !ok {
		out.Refused = append(out.Refused, refuse(Refusal{Path: "records", Code: badList}))
	}
	for i, x := range records {
		rec, _ := x.(map[string]any)
		path := "records/" + strconv.Itoa(i)
		list, ok := rec["releases"].([]any)
		if compiled, there := rec["compiledRelease"]; there {
			read(path+"/compiledRelease", compiled)
		} else if !ok {
			out.Refused = append(out.Refused, refuse(Refusal{Path: path, Code: badRecord}))
		} else {
			for j, y := range list {
				read(path+"/releases/"+strconv.Itoa(j), y)
			}
		}
	}
	if out.Rows == 0 && len(out.Refused) == 0 {
		out.Refused = append(out.Refused, refuse(Refusal{Path: "releases", Code: badNoRelease}))
	}
	slices.SortStableFunc(out.Releases, func(a, b Release) int { return cmp.Compare(a.At, b.At) })
	return out
}

func readRelease(path string, x any, link string) (Release, []Refusal) {
	out := Release{Path: path}
	if m, ok := x.(map[string]any); ok {
		// A linked release only says where it is.
		if _, linked := m["url"]; linked && m["ocid"] == nil {
			return out, []Refusal{refuse(Refusal{Path: path, Code: badLinked})}
		}
	}
	raw, err := json.Marshal(x)
	if err != nil {
		return out, []Refusal{refuse(Refusal{Path: path, Code: badSchema, Value: err.Error()})}
	}
	var o ocdsRelease
	if err := json.Unmarshal(raw, &o); err != nil {
		return out, []Refusal{refuse(Refusal{Path: pathOf(path, err), Code: badType, Value: err.Error()})}
	}
	r := &ocReader{}
	for name, value := range map[string]string{"ocid": o.OCID, "id": o.ID, "date": o.Date} {
		if value == "" {
			r.fail(path+"/"+name, badMissing, "")
		}
	}
	out.Tagged = Tagged{ID: o.ID, Tags: o.Tag, At: r.instant(path+"/date", o.Date), Link: link}
	out.OCID, out.Title = o.OCID, o.Tender.Title
	for i, a := range o.Awards {
		at := fmt.Sprintf("%s/awards/%d", path, i)
		for _, s := range a.Suppliers {
			if x := supplierOf(s, o.Parties); !slices.ContainsFunc(out.Suppliers, func(y Supplier) bool { return y.ID == x.ID }) {
				out.Suppliers = append(out.Suppliers, x)
			}
		}
		if len(o.Contracts) == 0 && a.Status != "unsuccessful" && a.Status != "cancelled" {
			r.add(at+"/value", &out.Value, a.Value)
			out.Period = r.period(at+"/contractPeriod", a.Period)
		}
	}
	for i, k := range o.Contracts {
		at := fmt.Sprintf("%s/contracts/%d", path, i)
		if k.Status == "cancelled" {
			continue
		}
		r.add(at+"/value", &out.Value, k.Value)
		p := r.period(at+"/period", k.Period)
		out.Period.Start, out.Period.End = cmp.Or(p.Start, r.instant(at+"/dateSigned", k.Signed), out.Period.Start), cmp.Or(p.End, out.Period.End)
		out.Title = cmp.Or(k.Title, out.Title)
		out.Status = map[string]string{"pending": "pre-award", "active": "active", "terminated": "closed"}[k.Status]
		for _, a := range k.Amendments {
			out.Text, out.Reason = cmp.Or(a.Description, out.Text), cmp.Or(a.Rationale, out.Reason)
		}
		for j, t := range k.Work.Transactions {
			p := fmt.Sprintf("%s/implementation/transactions/%d", at, j)
			if t.ID == "" {
				r.fail(p+"/id", badMissing, "")
			}
			out.Payments = append(out.Payments, Payment{ID: t.ID, At: r.instant(p+"/date", t.Date), Amount: r.money(p+"/value", t.Value), Payee: cmp.Or(t.Payee.Name, t.Payee.ID)})
		}
	}
	return out, r.bad
}

// add adds an amount to those of other contracts of the process. One without a
// currency, or in another one, is refused.
func (r *ocReader) add(path string, to *Money, v ocValue) {
	if v.Amount == "" {
		return
	}
	m := r.money(path, v)
	switch {
	case m.Currency == "":
		r.fail(path+"/currency", badMissing, "")
	case to.Known() && to.Currency != m.Currency:
		r.fail(path+"/currency", badCurrencies, v.Currency)
	default:
		to.Minor, to.Currency = to.Minor+m.Minor, m.Currency
	}
}

// pathOf is the path of a value that has the wrong type.
func pathOf(path string, err error) string {
	if t, ok := err.(*json.UnmarshalTypeError); ok && t.Field != "" {
		return path + "/" + strings.ReplaceAll(t.Field, ".", "/")
	}
	return path
}

// release brings what releases say to the contracts that have their OCID.
func (s *Service) release(tx *db.Tx, c *city.City, a permission.Actor, dir *body.Directory, list []Release, plan *Plan) error {
	if len(list) == 0 {
		return nil
	}
	owner := map[string]int64{}
	if err := tx.Each("project.ocids", `SELECT `+columns+` FROM project WHERE city_id = $1 ORDER BY id`, func(r db.Row) error {
		p, err := scanProject(r)
		if err != nil {
			return err
		}
		for i := range p.Contracts {
			if k := p.Contracts[i].OCID; k != "" {
				owner[k] = p.ID
			}
		}
		return nil
	}, c.ID); err != nil {
		return err
	}
	by := map[int64][]Release{}
	var order []int64
	for _, r := range list {
		id := owner[r.OCID]
		if id == 0 {
			plan.Refused = append(plan.Refused, refuse(Refusal{Path: r.Path + "/ocid", Code: badOCID, Value: r.OCID}))
			continue
		}
		if by[id] == nil {
			order = append(order, id)
		}
		by[id] = append(by[id], r)
	}
	for _, id := range order {
		before, err := lock(tx, c.ID, id)
		if err != nil {
			return err
		}
		after, err := before.clone()
		if err != nil {
			return err
		}
		for _, r := range by[id] {
			for i := range after.Contracts {
				if after.Contracts[i].OCID == r.OCID {
					after.Contracts[i].take(r)
				}
			}
		}
		title, _ := after.Titles.In(c.Languages[0])
		item := Planned{Title: title, Public: after.Public, ID: id, What: PlanSame, Facts: differ(before.facts(), after.facts())}
		if len(item.Facts) > 0 {
			item.What = PlanChange
		}
		change := Change{Act: ActImported, Reason: by[id][len(by[id])-1].ID, Person: a.Person, Body: workplace(a, after.Body)}
		change.Actor = dir.Name(change.Body, c.Languages[0])
		if _, err := s.save(tx, c, before, after, change); err != nil {
			return err
		}
		plan.Items = append(plan.Items, item)
	}
	return nil
}

// take brings what a release says to its contract, once.
func (c *Contract) take(r Release) {
	if slices.ContainsFunc(c.Releases, func(t Tagged) bool { return t.ID == r.ID }) {
		return
	}
	c.Releases = append(c.Releases, r.Tagged)
	c.Title, c.Status = cmp.Or(c.Title, r.Title), cmp.Or(r.Status, c.Status)
	if len(r.Suppliers) > 0 {
		c.Suppliers = r.Suppliers
	}
	m := Modification{ID: r.ID, At: r.At, Text: r.Text, Reason: r.Reason}
	switch now := c.Current(); {
	case !r.Value.Known() || r.Value == now:
	case !now.Known() || awarded(c.Releases[:len(c.Releases)-1]) && !contracted(c.Releases[:len(c.Releases)-1]):
		c.Value = r.Value // what was awarded is not signed yet
	default:
		m.OldValue, m.Value = now, r.Value
	}
	c.Period.Start = cmp.Or(c.Period.Start, r.Period.Start)
	switch now := c.End(); {
	case r.Period.End == 0 || r.Period.End == now:
	case now == 0:
		c.Period.End = r.Period.End
	default:
		m.OldEnd, m.End = now, r.Period.End
	}
	if m.Value.Known() || m.End != 0 {
		c.Modifications = append(c.Modifications, m)
	}
	for _, p := range r.Payments {
		if !slices.ContainsFunc(c.Payments, func(o Payment) bool { return o.ID == p.ID }) {
			c.Payments = append(c.Payments, p)
		}
	}
}

func awarded(list []Tagged) bool { return tagged(list, "award") }

func contracted(list []Tagged) bool {
	return tagged(list, "contract") || tagged(list, "implementation") || tagged(list, "contractAmendment")
}

func tagged(list []Tagged, tag string) bool {
	return slices.ContainsFunc(list, func(t Tagged) bool { return slices.Contains(t.Tags, tag) })
}
