// Package postbox takes what people write to the city's mailbox: a letter becomes
// an appeal of the day on which it came, an answer to one of our letters goes to
// its case, and a letter that came back tells that an address is dead.
package postbox

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/document"
	"github.com/ashar-kg/ashar/internal/civic/intake"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/mailin"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the tables of this feature.
var Migrations = db.Migrations{Name: "postbox", FS: files}

// Service takes letters.
type Service struct {
	DB      *db.DB
	Clock   clock.Clock
	Courier *notify.Courier
	Kinds   intake.Receivers
	Appeals intake.Receiver // what a letter becomes
	Papers  document.Store
	// Words writes the few lines that the platform itself adds.
	Words func(lang string) func(key string, args ...any) string
}

// What became of a letter.
const (
	filed   = "filed"
	added   = "added" // to a case
	bounced = "bounced"
	ignored = "ignored" // nobody wrote it, or nobody can be answered
	short   = "short"   // too little to answer; its writer was told
	flood   = "flood"   // more in a day than a person writes
)

// maxADay is how many letters of one address become cases in a day. The others
// stay in the mailbox's folder of handled letters.
const maxADay = 10

// Handle takes one letter. It is called again with a letter that it has taken
// when the mailbox was cut off, and then does nothing.
func (s *Service) Handle(ctx context.Context, c *city.City, l mailin.Letter) error {
	hash := c.Sign("letter", l.Key)
	done, err := s.known(ctx, c, hash)
	if err != nil || done {
		return err
	}
	if l.Bounce != nil {
		if err := s.bounce(ctx, c, l.Bounce); err != nil {
			return err
		}
		return s.note(ctx, c, hash, "", 0, bounced)
	}
	address, kind, err := account.ParseAddress(c, l.From.Address)
	if err != nil || kind != "email" || l.Kind != mailin.Personal {
		return s.note(ctx, c, hash, "", 0, ignored)
	}
	sender := c.Sign("sender", address)
	if n, err := s.today(ctx, c, sender); err != nil || n >= maxADay {
		return errors.Join(err, s.note(ctx, c, hash, sender, 0, flood))
	}
	ctx = once.With(ctx, once.NewKey(c.ID, "postbox", "letter", l.Key))
	id, outcome, err := s.take(ctx, c, address, l)
	if again := (*once.Repeated)(nil); errors.As(once.Resolve(ctx, s.DB, err), &again) {
		err, outcome = nil, filed // the line broke after the case was stored
	}
	if err != nil {
		return err
	}
	return s.note(ctx, c, hash, sender, id, outcome)
}

// take finds what a letter is about: a case that it answers to, or a new one.
func (s *Service) take(ctx context.Context, c *city.City, address string, l mailin.Letter) (id int64, outcome string, err error) {
	text, _ := mailin.Reply(l.Text)
	text = strings.TrimSpace(text)
	papers, refused, err := s.papers(ctx, l)
	if err != nil {
		return 0, "", err
	}
	var person account.Person
	if err := s.DB.Update(ctx, func(tx *db.Tx) (err error) {
		person, err = account.Caller(tx, c.ID, address, l.From.Name, guess(l.Subject+text, c.Languages[0]), s.Clock.Now())
		return err
	}); err != nil {
		return 0, "", err
	}
	before, err := s.about(ctx, c, person.ID, l)
	if err != nil {
		return 0, "", err
	}
	if before != nil && before.Open {
		kind, ok := s.Kinds.Of(before.Kind)
		if ok {
			return before.ID, added, kind.Add(ctx, c, permission.Actor{City: c.ID, System: true}, before.Number, person.ID, text, papers)
		}
	}
	return s.file(ctx, c, person, l, before, text, papers, refused)
}

// file makes an appeal of a letter.
func (s *Service) file(ctx context.Context, c *city.City, person account.Person, l mailin.Letter, before *casework.File, text string, papers []document.File, refused []string) (int64, string, error) {
	subject := strings.TrimSpace(l.Subject)
	if subject != "" && !strings.HasPrefix(text, subject) {
		text = subject + "\n\n" + text
	}
	lang := guess(text, person.Lang)
	note := ""
	if len(refused) > 0 {
		note = s.Words(lang)("postbox.refused", "names", strings.Join(refused, ", "))
	}
	said := intake.Said{
		What: form(text), Channel: intake.Mail, Lang: lang, Author: person.ID, Name: l.From.Name, Text: text, Note: note, Files: papers, Staff: true,
	}
	if said.Name == "" {
		said.Name = l.From.Address
	}
	if before != nil {
		said.Earlier = before.Number
	}
	taken, err := s.Appeals.Take(ctx, c, permission.Actor{City: c.ID, System: true}, said)
	if fields := web.Fields(err); len(fields) > 0 {
		return 0, short, s.answer(ctx, c, l, lang)
	}
	if err != nil {
		return 0, "", err
	}
	return taken.File.ID, filed, nil
}

// answer tells the writer that more is needed than was written.
func (s *Service) answer(ctx context.Context, c *city.City, l mailin.Letter, lang string) error {
	sum := sha256.Sum256([]byte(l.Key))
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		return notify.Send(tx, c.ID, notify.Direct{
			Channel: "email", To: strings.ToLower(l.From.Address), Lang: lang, Key: "postbox.mail.short", Args: map[string]string{"city": c.Name(lang)},
			Link: "/appeals/new", Once: int64(binary.BigEndian.Uint64(sum[:]) >> 1),
		})
	})
}

// papers keeps what was attached; what is shown within the text, such as the
// sign below a signature, is left out.
func (s *Service) papers(ctx context.Context, l mailin.Letter) (list []document.File, refused []string, err error) {
	for _, a := range l.Attachments {
		if a.Inline || len(list) >= document.Most {
			continue
		}
		f, err := s.Papers.Put(ctx, a.Name, a.Data)
		switch {
		case errors.Is(err, document.ErrKind), errors.Is(err, document.ErrSize), errors.Is(err, document.ErrEmpty):
			refused = append(refused, a.Name)
		case err != nil:
			return nil, nil, err
		default:
			list = append(list, f)
		}
	}
	return list, refused, nil
}

// numbers are how cases are named in a subject.
var numbers = regexp.MustCompile(`\b(?:[A-Z]-)?\d{4}-\d{6,}\b`)

// about finds the writer's own case to which a letter answers: by the letter of
// ours that it names, or by a number in its subject.
func (s *Service) about(ctx context.Context, c *city.City, person int64, l mailin.Letter) (f *casework.File, err error) {
	var named []string
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		for _, id := range slices.Concat(l.InReplyTo, l.References) {
			link, to, err := notify.Cause(tx, c.ID, id)
			if err != nil {
				return err
			}
			if to == person && link != "" {
				named = append(named, link[strings.LastIndexByte(link, '/')+1:])
			}
		}
		named = append(named, numbers.FindAllString(l.Subject, 3)...)
		for _, number := range named {
			one, err := casework.ByNumber(tx, c.ID, number)
			if errors.Is(err, db.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			if one.Author == person {
				f = one
				return nil
			}
		}
		return nil
	})
	return f, err
}

// bounce tells the mail of the platform which addresses are dead.
func (s *Service) bounce(ctx context.Context, c *city.City, b *mailin.Bounce) error {
	for _, r := range b.Recipients {
		if !r.Permanent {
			continue
		}
		if err := s.Courier.Bounced(ctx, c, b.Original, fmt.Sprintf("%s %s", r.Action, r.Status)); err != nil {
			return err
		}
	}
	return nil
}

// guess tells in which language something is written: Kyrgyz has letters that
// Russian lacks.
func guess(text, otherwise string) string {
	cyrillic, latin := 0, 0
	for _, r := range text {
		switch {
		case strings.ContainsRune("ңөүҢӨҮ", r):
			return "ky"
		case unicode.Is(unicode.Cyrillic, r):
			cyrillic++
		case unicode.Is(unicode.Latin, r):
			latin++
		}
	}
	switch {
	case cyrillic == 0 && latin == 0:
		return otherwise
	case cyrillic*4 < latin:
		return "en"
	case otherwise == "ky" && cyrillic < 30:
		return "ky"
	}
	return "ru"
}

// form is what an appeal is by its words: an application unless it says otherwise.
func form(text string) string {
	text = strings.ToLower(text)
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
	}
	switch {
	case has("жалоб", "даттан", "арыздан", "complain"):
		return "complaint"
	case has("предложен", "предлага", "сунуш", "suggest", "propos"):
		return "proposal"
	}
	return "application"
}

func (s *Service) known(ctx context.Context, c *city.City, hash string) (done bool, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		n, err := db.One(tx, "postbox.known", `SELECT COUNT(*) FROM postbox_letter WHERE city_id = $1 AND letter_hash = $2`, db.Int64, c.ID, hash)
		done = n > 0
		return err
	})
	return done, err
}

func (s *Service) today(ctx context.Context, c *city.City, sender string) (n int64, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
		n, err = db.One(tx, "postbox.today", `SELECT COUNT(*) FROM postbox_letter WHERE city_id = $1 AND sender_hash = $2 AND at > $3`, db.Int64,
			c.ID, sender, s.Clock.Now().Add(-24*time.Hour).UnixMilli())
		return err
	})
	return n, err
}

// note keeps that a letter was taken. Who wrote it is kept as a sign of the
// city's only, to count; the letter itself is in the case and in the mailbox.
func (s *Service) note(ctx context.Context, c *city.City, hash, sender string, id int64, outcome string) error {
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec("postbox.note", `INSERT INTO postbox_letter (city_id, letter_hash, sender_hash, at, case_id, outcome)
			VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`, c.ID, hash, sender, s.Clock.Now().UnixMilli(), id, outcome)
		return err
	})
}
