package permission

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the tables of this package.
var Migrations = db.Migrations{Name: "permission", FS: files}

// Rule says who may do one action.
type Rule struct {
	Action string // "<feature>.<verb>"
	Public bool   // also anonymous visitors, when Level is Anonymous
	Level  Level  // at least
	Roles  []Role
}

// Matrix is the rules in force in one city.
type Matrix struct{ rules map[string]Rule }

// NewMatrix returns the matrix of the rules given; later ones win.
func NewMatrix(rules ...Rule) *Matrix {
	m := &Matrix{rules: make(map[string]Rule, len(rules))}
	for _, r := range rules {
		m.rules[r.Action] = r
	}
	return m
}

// Rules returns the rules by action, sorted.
func (m *Matrix) Rules() []Rule {
	out := make([]Rule, 0, len(m.rules))
	for _, r := range m.rules {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b Rule) int { return strings.Compare(a.Action, b.Action) })
	return out
}

// Book keeps the matrix of every city: what the features declare, changed by
// what the city's administrator set.
type Book struct {
	db       *db.DB
	defaults []Rule
	mu       sync.RWMutex
	held     map[int64]heldMatrix
}

type heldMatrix struct {
	*Matrix
	at time.Time
}

// keep is how old a matrix may be: a change made on another node counts after
// at most this time.
const keep = 2 * time.Second

// NewBook returns the matrices of d over the features' defaults.
func NewBook(d *db.DB, defaults []Rule) *Book {
	return &Book{db: d, defaults: defaults, held: map[int64]heldMatrix{}}
}

// Of returns the matrix of a city.
func (b *Book) Of(ctx context.Context, city int64) (*Matrix, error) {
	b.mu.RLock()
	h, ok := b.held[city]
	b.mu.RUnlock()
	if ok && time.Since(h.at) < keep {
		return h.Matrix, nil
	}
	m := NewMatrix(b.defaults...)
	err := b.db.View(ctx, func(tx *db.Tx) error {
		return tx.Each("permission.rules", `SELECT action, public, level, roles FROM permission_rule WHERE city_id = $1`, func(r db.Row) error {
			var rule Rule
			var roles string
			if err := r.Scan(&rule.Action, &rule.Public, &rule.Level, &roles); err != nil {
				return err
			}
			for _, role := range strings.Fields(roles) {
				rule.Roles = append(rule.Roles, Role(role))
			}
			m.rules[rule.Action] = rule
			return nil
		}, city)
	})
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	b.held[city] = heldMatrix{m, time.Now()}
	b.mu.Unlock()
	return m, nil
}

// ErrLockedOut refuses a rule after which nobody could change the matrix or
// give roles any more.
var ErrLockedOut = errors.New("administrators must keep this permission")

// Edit is the action of changing the matrix.
const Edit = "permission.edit"

// Rules are the matrix's own permissions.
func Rules() []Rule { return []Rule{{Action: Edit, Roles: []Role{Admin}}} }

// Put changes one rule of a's city, with an entry in the audit log. The action
// must be one that a feature declares.
func (b *Book) Put(ctx context.Context, a Actor, r Rule, at time.Time) error {
	if err := a.Check(Edit, 0); err != nil {
		return err
	}
	if !slices.ContainsFunc(b.defaults, func(d Rule) bool { return d.Action == r.Action }) || r.Level < Anonymous || r.Level > National {
		return db.ErrNotFound
	}
	if (r.Action == Edit || r.Action == "account.grant") && (!slices.Contains(r.Roles, Admin) || r.Level > Anonymous) {
		return ErrLockedOut
	}
	if err := b.db.Update(ctx, func(tx *db.Tx) error {
		if err := putRule(tx, a.City, r); err != nil {
			return err
		}
		return Audit(tx, a, Edit, "permission", 0, r.String(), at)
	}); err != nil {
		return err
	}
	b.mu.Lock()
	delete(b.held, a.City)
	b.mu.Unlock()
	return nil
}

// String is the rule as the audit log shows it.
func (r Rule) String() string {
	who := make([]string, 0, len(r.Roles)+1)
	if r.Public {
		who = append(who, "everybody")
	}
	for _, role := range r.Roles {
		who = append(who, string(role))
	}
	return fmt.Sprintf("%s: %s, level %d", r.Action, strings.Join(who, " "), r.Level)
}

func putRule(tx *db.Tx, city int64, r Rule) error {
	roles := make([]string, len(r.Roles))
	for i, role := range r.Roles {
		roles[i] = string(role)
	}
	_, err := tx.Exec("permission.put", `INSERT INTO permission_rule (city_id, action, public, level, roles) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (city_id, action) DO UPDATE SET public = excluded.public, level = excluded.level, roles = excluded.roles`,
		city, r.Action, r.Public, int(r.Level), strings.Join(roles, " "))
	return err
}
