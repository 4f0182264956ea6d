package casework

import (
	"cmp"
	"slices"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
)

// Filter narrows a public list. Empty fields do not narrow.
type Filter struct {
	Kind       string
	IDs        []int64 // only these, such as search results
	States     []string
	Categories []string
	Body       int64
	District   string
	From, To   int64 // created, Unix milliseconds: From ≤ created < To
	UpdatedMin int64 // last change, Unix milliseconds
	UpdatedMax int64
	Before     int64 // keyset: only older ids; 0 from the newest
	Offset     int   // skips so many; for interfaces that page by number
	Limit      int
}

// Page is a piece of a list. More is the id to go on Before; 0 at the end.
// Partial tells that the piece is short because the search stopped after
// maxScan cases, not because there are no more.
type Page struct {
	Files   []*File
	More    int64
	Partial bool
}

// maxScan bounds how many rows of an index a short page may look at: a rare
// combination of filters costs the same at two million cases as at ten
// thousand, and the reader is told to look further back.
const maxScan = 1500

// Listed reads public cases, newest first.
func Listed(tx *db.Tx, city int64, f Filter) (Page, error) {
	w := db.Of(city)
	w.Add("kind = ?", f.Kind)
	w.Add("listed")
	outer := f.narrow(w)
	limit := f.Limit
	if limit == 0 {
		limit = 20
	}
	if f.statesOnly() {
		return merged(tx, city, f, limit)
	}
	if f.UpdatedMin != 0 || f.UpdatedMax != 0 {
		return updated(tx, w, outer, f, limit)
	}
	if f.Before != 0 {
		w.Add("id < ?", f.Before)
	}
	if outer.String() == "" {
		list, err := db.All(tx, "case.listed", `SELECT `+fileColumns+` FROM case_file WHERE `+w.String()+
			` ORDER BY id DESC LIMIT `+w.Next(limit+1)+` OFFSET `+w.Next(f.Offset), scanFile, w.Args...)
		return whole(list, limit), err
	}
	return scanned(tx, w, outer, f.Offset, limit)
}

// statesOnly tells of a filter by several states and nothing that an index
// would serve.
func (f Filter) statesOnly() bool {
	return len(f.States) > 1 && f.Body == 0 && f.District == "" && len(f.Categories) == 0 && len(f.IDs) == 0 && f.UpdatedMin == 0 && f.UpdatedMax == 0
}

// merged reads the newest of each state and keeps the newest of all.
func merged(tx *db.Tx, city int64, f Filter, limit int) (Page, error) {
	var all []*File
	for _, state := range f.States {
		one := f
		one.States, one.Offset, one.Limit = []string{state}, 0, f.Offset+limit+1
		p, err := Listed(tx, city, one)
		if err != nil {
			return Page{}, err
		}
		all = append(all, p.Files...)
	}
	slices.SortFunc(all, func(a, b *File) int { return cmp.Compare(b.ID, a.ID) })
	return whole(all[min(f.Offset, len(all)):min(f.Offset+limit+1, len(all))], limit), nil
}

// narrow puts the one condition that an index serves into w and returns the
// others. The order is from the usually rarest on.
func (f Filter) narrow(w *db.Where) *db.Where {
	type cond struct {
		text string
		args []any
	}
	var conds []cond
	if f.Body != 0 {
		conds = append(conds, cond{"body_id = ?", []any{f.Body}})
	}
	if len(f.Categories) == 1 {
		conds = append(conds, cond{"category = ?", []any{f.Categories[0]}})
	}
	if len(f.States) == 1 {
		conds = append(conds, cond{"state = ?", []any{f.States[0]}})
	}
	if f.District != "" {
		conds = append(conds, cond{"district = ?", []any{f.District}})
	}
	outer := &db.Where{}
	for i, c := range conds {
		if i == 0 {
			w.Add(c.text, c.args...)
		} else {
			outer.Add(c.text, c.args...)
		}
	}
	if len(f.Categories) > 1 {
		db.AnyOf(outer, "category", f.Categories)
	}
	if len(f.States) > 1 {
		db.AnyOf(outer, "state", f.States)
	}
	if len(f.IDs) > 0 {
		db.AnyOf(w, "id", f.IDs)
	}
	if f.From != 0 {
		w.Add("id >= ?", floorID(f.From))
	}
	if f.To != 0 {
		w.Add("id < ?", floorID(f.To))
	}
	return outer
}

// scanned reads at most maxScan rows of the index in w and keeps those that
// fit outer.
func scanned(tx *db.Tx, w, outer *db.Where, offset, limit int) (Page, error) {
	// The last id looked at tells where to go on when too few fitted.
	last, err := db.All(tx, "case.listed.bound", `SELECT id FROM case_file WHERE `+w.String()+` ORDER BY id DESC LIMIT 1 OFFSET `+
		w.Next(maxScan+10*(offset+limit)), db.Int64, w.Args...)
	if err != nil {
		return Page{}, err
	}
	w.Args = w.Args[:len(w.Args)-1]
	if len(last) > 0 {
		w.Add("id >= ?", last[0])
	}
	w.Append(outer)
	list, err := db.All(tx, "case.listed.scan", `SELECT `+fileColumns+` FROM case_file WHERE `+w.String()+
		` ORDER BY id DESC LIMIT `+w.Next(limit+1)+` OFFSET `+w.Next(offset), scanFile, w.Args...)
	p := whole(list, limit)
	if p.More == 0 && len(last) > 0 {
		p.More, p.Partial = last[0], true
	}
	return p, err
}

// updated reads by time of the last change, newest change first, as Open311's
// update extension asks.
func updated(tx *db.Tx, w, outer *db.Where, f Filter, limit int) (Page, error) {
	if f.UpdatedMin != 0 {
		w.Add("updated_at >= ?", f.UpdatedMin)
	}
	if f.UpdatedMax != 0 {
		w.Add("updated_at <= ?", f.UpdatedMax)
	}
	if f.Before != 0 {
		w.Add("id < ?", f.Before)
	}
	if outer.String() != "" {
		w.Append(outer)
	}
	list, err := db.All(tx, "case.listed.updated", `SELECT `+fileColumns+` FROM case_file WHERE `+w.String()+
		` ORDER BY updated_at DESC, id DESC LIMIT `+w.Next(limit+1)+` OFFSET `+w.Next(f.Offset), scanFile, w.Args...)
	return whole(list, limit), err
}

func whole(list []*File, limit int) Page {
	p := Page{Files: list}
	if len(list) > limit {
		p.Files = list[:limit]
		p.More = p.Files[limit-1].ID
	}
	return p
}

// Inbox narrows the list of the staff, most urgent first.
type Inbox struct {
	Kinds    []string // of case; there must be some
	Bodies   []int64  // at which the person works; nil is all
	View     string   // open, late, soon, unassigned, mine, held, closed
	Me       int64
	Body     int64
	States   []string
	Category string
	District string
	IDs      []int64
	Now      time.Time
	Soon     time.Time // end of what counts as soon
	AfterDue int64     // keyset
	AfterID  int64
	Limit    int
}

// SQLite walks an index only for conditions written as its columns and its
// WHERE are: "is_open = TRUE", and "<> 'public'" beside "= 'held'".

// Desktop reads a page of the inbox. Next are the keyset values to go on with.
func Desktop(tx *db.Tx, city int64, in Inbox) (files []*File, nextDue, nextID int64, err error) {
	w := db.Of(city)
	order := "due_at, id"
	in.scope(w)
	switch in.View {
	case "held":
		w.Add("visibility = ?", string(Held))
		w.Add("visibility <> 'public'")
		order = "id DESC"
	case "closed":
		w.Add("is_open = FALSE")
		order = "due_at DESC, id DESC"
	default:
		w.Add(in.open())
		w.Add("visibility IN ('public', 'private', 'held')")
	}
	switch in.View {
	case "late":
		w.Add("due_at < ?", in.Now.UnixMilli())
	case "soon":
		w.Add("due_at >= ?", in.Now.UnixMilli())
		w.Add("due_at < ?", in.Soon.UnixMilli())
	case "mine":
		w.Add("assignee_id = ?", in.Me)
		w.Add("assignee_id <> 0")
	case "unassigned":
		w.Add("assignee_id = 0")
	}
	in.page(w, order)
	list, err := db.All(tx, "case.desktop", `SELECT `+fileColumns+` FROM case_file WHERE `+w.String()+` ORDER BY `+order+
		` LIMIT `+w.Next(in.Limit+1), scanFile, w.Args...)
	if err != nil {
		return nil, 0, 0, err
	}
	p := whole(list, in.Limit)
	if p.More != 0 {
		last := p.Files[len(p.Files)-1]
		nextDue, nextID = last.Due, last.ID
	}
	return p.Files, nextDue, nextID, nil
}

// open is the condition of open cases. Beside a list of ids it is written so
// that no engine walks all open cases to find the few.
func (in Inbox) open() string {
	if len(in.IDs) > 0 {
		return "COALESCE(is_open, FALSE) = TRUE"
	}
	return "is_open = TRUE"
}

// kind is the column of kinds. It leads into an index only where one kind of the
// whole city is asked for; beside anything rarer, and for several kinds, it is
// written so that no engine sorts all open cases by it.
func (in Inbox) kind() string {
	narrow := in.Body != 0 || len(in.Bodies) > 0 || len(in.IDs) > 0 || in.View == "mine" || in.View == "held"
	if len(in.Kinds) == 1 && !narrow {
		return "kind"
	}
	return "COALESCE(kind, '')"
}

func (in Inbox) scope(w *db.Where) {
	db.AnyOf(w, in.kind(), in.Kinds)
	switch {
	case in.Body != 0:
		w.Add("body_id = ?", in.Body)
	case len(in.Bodies) > 0:
		db.AnyOf(w, "body_id", in.Bodies)
	}
	if len(in.States) > 0 {
		db.AnyOf(w, "state", in.States)
	}
	if in.Category != "" {
		w.Add("category = ?", in.Category)
	}
	if in.District != "" {
		w.Add("district = ?", in.District)
	}
	if len(in.IDs) > 0 {
		db.AnyOf(w, "id", in.IDs)
	}
}

func (in Inbox) page(w *db.Where, order string) {
	if in.AfterID == 0 {
		return
	}
	switch order {
	case "id DESC":
		w.Add("id < ?", in.AfterID)
	case "due_at DESC, id DESC":
		w.Add("(due_at, id) < (?, ?)", in.AfterDue, in.AfterID)
	default:
		w.Add("(due_at, id) > (?, ?)", in.AfterDue, in.AfterID)
	}
}

// maxOwn bounds how many open cases of its bodies a list by place knows; those
// with the nearest clocks come first.
const maxOwn = 5000

// OpenOf lists the open cases of a kind at some bodies, of which there must be some.
func OpenOf(tx *db.Tx, city int64, kind string, bodies []int64) ([]int64, error) {
	w := db.Of(city)
	db.AnyOf(w, "body_id", bodies)
	w.Add("is_open = TRUE")
	w.Add("COALESCE(kind, '') = ?", kind)
	return db.All(tx, "case.open_of", `SELECT id FROM case_file WHERE `+w.String()+` ORDER BY due_at, id LIMIT `+w.Next(maxOwn), db.Int64, w.Args...)
}

// DueSoon reads open cases of a kind whose clock ends before until and that
// were not escalated yet.
func DueSoon(tx *db.Tx, city int64, kind string, until time.Time, limit int) ([]*File, error) {
	return db.All(tx, "case.due_soon", `SELECT `+fileColumns+` FROM case_file WHERE city_id = $1 AND is_open = TRUE AND NOT escalated
		AND due_at > 0 AND due_at < $2 AND visibility <> 'unconfirmed' AND kind = $3 ORDER BY due_at, id LIMIT $4`, scanFile, city, until.UnixMilli(), kind, limit)
}

// floorID is the smallest id of a case created at an instant.
func floorID(ms int64) int64 { return ids.Floor(time.UnixMilli(ms)) }

// PublicEvents reads what happened in public to cases between two instants,
// after their beginning, oldest first.
func PublicEvents(tx *db.Tx, city int64, start, end time.Time, limit int) ([]Event, error) {
	return db.All(tx, "case.events.public", `SELECT `+eventColumns+` FROM case_event WHERE city_id = $1 AND public AND id >= $2 AND id < $3
		AND kind <> $4 ORDER BY id LIMIT $5`, scanEvent, city, ids.Floor(start), ids.Floor(end.Add(time.Millisecond)), EventCreated, limit)
}
