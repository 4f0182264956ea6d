package chat

import (
	"context"
	"errors"
	"path"
	"strconv"
	"strings"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/document"
	"github.com/ashar-kg/ashar/internal/civic/intake"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/i18n"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/sms"
	"github.com/ashar-kg/ashar/internal/platform/telegram"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// hand is one update on its way through a talk.
type hand struct {
	*Service
	ctx    context.Context
	city   *city.City
	bot    Bot
	chat   int64
	update telegram.Update
	talk   talk
	p      *i18n.Printer
}

func (h *hand) say(key string, args ...any) telegram.Text {
	return telegram.Text{Text: h.p.T(key, args...)}
}

// step does what the update asks for and says what to answer.
func (h *hand) step() (telegram.Text, error) {
	if b := h.update.Callback; b != nil {
		return h.pressed(b.Data)
	}
	m := h.update.Message
	if word, rest, ok := command(m.Text); ok {
		return h.command(word, rest)
	}
	if m.Contact != nil {
		return h.shared(m)
	}
	if h.talk.person.ID == 0 {
		return h.askPhone(), nil
	}
	return h.heard(m)
}

// command splits "/start abc" and tells whether it is one.
func command(text string) (word, rest string, ok bool) {
	if !strings.HasPrefix(text, "/") {
		return "", "", false
	}
	word, rest, _ = strings.Cut(text[1:], " ")
	word, _, _ = strings.Cut(word, "@")
	return word, strings.TrimSpace(rest), true
}

func (h *hand) command(word, rest string) (telegram.Text, error) {
	switch word {
	case "start":
		if person := invited(h.city, rest, h.Clock.Now()); person != 0 {
			if err := h.link(person); err != nil {
				return telegram.Text{}, err
			}
		}
		if h.talk.person.ID == 0 {
			return h.askPhone(), nil
		}
		return h.menu("chat.hello"), nil
	case "stop":
		h.talk = talk{Lang: h.talk.Lang}
		return h.say("chat.stopped"), h.DB.Update(h.ctx, func(tx *db.Tx) error { return notify.Unlink(tx, h.city.ID, h.chat) })
	case "help":
		return h.say("chat.help"), nil
	}
	if h.talk.person.ID == 0 {
		return h.askPhone(), nil
	}
	if word == "my" {
		return h.mine()
	}
	return h.menu("chat.menu"), nil
}

func (h *hand) askPhone() telegram.Text {
	t := h.say("chat.ask_phone", "city", h.city.Name(h.p.Lang()))
	t.AskPhone = h.p.T("chat.share")
	return t
}

// shared links the chat with the owner of a number that the person shared. A
// number of somebody else proves nothing.
func (h *hand) shared(m *telegram.Message) (telegram.Text, error) {
	phone, err := sms.Normalize("+"+strings.TrimPrefix(m.Contact.Phone, "+"), h.city.PhonePrefix)
	if err != nil || m.Contact.User != m.From.ID {
		return h.askPhone(), nil
	}
	err = h.DB.Update(h.ctx, func(tx *db.Tx) error {
		p, err := account.Proved(tx, h.city.ID, phone, h.talk.Lang, h.Clock.Now())
		h.talk.person = p
		return err
	})
	if err != nil {
		return telegram.Text{}, err
	}
	if err := h.link(h.talk.person.ID); err != nil {
		return telegram.Text{}, err
	}
	return h.menu("chat.hello"), nil
}

func (h *hand) link(person int64) error {
	return h.DB.Update(h.ctx, func(tx *db.Tx) (err error) {
		if h.talk.person, err = account.Get(tx, h.city.ID, person); err != nil {
			return err
		}
		return notify.Link(tx, h.city.ID, person, h.chat, h.Clock.Now())
	})
}

// menu is what can be done, a button each.
func (h *hand) menu(key string) telegram.Text {
	h.talk.Step, h.talk.Said, h.talk.Found = "", intake.Said{}, nil
	t := h.say(key)
	t.Keyboard = [][]telegram.Button{
		{{Text: h.p.T("chat.report"), Data: "new:report"}},
		{{Text: h.p.T("appeal.form.complaint"), Data: "new:appeal:complaint"}, {Text: h.p.T("appeal.form.proposal"), Data: "new:appeal:proposal"}},
		{{Text: h.p.T("appeal.form.application"), Data: "new:appeal:application"}, {Text: h.p.T("chat.mine"), Data: "my"}},
	}
	var langs []telegram.Button
	for _, l := range h.city.Languages {
		if l != h.talk.Lang {
			langs = append(langs, telegram.Button{Text: languages[l], Data: "lang:" + l})
		}
	}
	if len(langs) > 0 {
		t.Keyboard = append(t.Keyboard, langs)
	}
	return t
}

// languages are said in their own language.
var languages = map[string]string{"ky": "Кыргызча", "ru": "Русский", "en": "English"}

// pressed is a button.
func (h *hand) pressed(data string) (telegram.Text, error) {
	word, rest, _ := strings.Cut(data, ":")
	if word == "lang" && h.city.Speaks(rest) {
		h.talk.Lang = rest
		h.p = h.Catalogue.Printer(rest)
		if h.talk.person.ID != 0 {
			if err := h.DB.Update(h.ctx, func(tx *db.Tx) error { return account.Speak(tx, h.city.ID, h.talk.person.ID, rest) }); err != nil {
				return telegram.Text{}, err
			}
		}
	}
	if h.talk.person.ID == 0 {
		return h.askPhone(), nil
	}
	switch {
	case word == "my":
		return h.mine()
	case word == "new":
		return h.begin(rest)
	case word == "what" && h.talk.Step == stepWhat:
		h.talk.Said.What = rest
		return h.next()
	case word == "place" && h.talk.Step == stepPlace:
		return h.chosen(rest)
	}
	return h.menu("chat.menu"), nil
}

// begin starts a report or an appeal.
func (h *hand) begin(what string) (telegram.Text, error) {
	kind, form, _ := strings.Cut(what, ":")
	if _, ok := h.Kinds.Of(kind); !ok {
		return h.menu("chat.menu"), nil
	}
	h.talk.Kind, h.talk.Step = kind, stepText
	h.talk.Said = intake.Said{What: form, Channel: intake.Telegram, Lang: h.talk.Lang, Name: h.talk.person.Name}
	if form == "" {
		return h.say("chat.ask_report"), nil
	}
	return h.say("chat.ask_appeal"), nil
}

// heard is words, a photo, a file or a position.
func (h *hand) heard(m *telegram.Message) (telegram.Text, error) {
	if h.talk.Step == "" {
		return h.menu("chat.menu"), nil
	}
	refused, err := h.keep(m)
	if err != nil {
		return telegram.Text{}, err
	}
	if refused != "" {
		return h.say(refused), nil
	}
	text := strings.TrimSpace(m.Text + m.Caption)
	said := &h.talk.Said
	switch h.talk.Step {
	case stepText:
		if text == "" {
			if len(said.Photos)+len(said.Files) > 0 {
				return h.say("chat.ask_words"), nil
			}
			return h.say("chat.ask_report"), nil
		}
		said.Text = text
	case stepPlace:
		if m.Location != nil {
			said.Lat, said.Lon, said.Placed = m.Location.Latitude, m.Location.Longitude, true
			return h.next()
		}
		return h.search(text)
	case stepName:
		said.Name = text
	case stepHome:
		said.Home = text
	}
	if text == "" {
		return telegram.Text{}, nil // one more picture of an album
	}
	return h.next()
}

// next asks for what is still missing, or takes the whole.
func (h *hand) next() (telegram.Text, error) {
	said := h.talk.Said
	switch {
	case said.What == "":
		h.talk.Step = stepWhat
		return h.askWhat()
	case h.talk.Kind == "report" && !said.Placed && said.Place == "":
		h.talk.Step = stepPlace
		t := h.say("chat.ask_place")
		t.AskPlace = h.p.T("chat.share_place")
		return t, nil
	case h.talk.Kind != "report" && said.Name == "":
		h.talk.Step = stepName
		return h.say("chat.ask_name"), nil
	case h.talk.Kind != "report" && said.Home == "":
		h.talk.Step = stepHome
		return h.say("chat.ask_home"), nil
	}
	return h.take()
}

// askWhat offers the categories, two in a row.
func (h *hand) askWhat() (telegram.Text, error) {
	kind, _ := h.Kinds.Of(h.talk.Kind)
	list, err := kind.Choices(h.ctx, h.city, h.talk.Lang)
	if err != nil {
		return telegram.Text{}, err
	}
	t := h.say("chat.ask_what")
	for i, c := range list {
		b := telegram.Button{Text: c.Text, Data: "what:" + c.Code}
		if c.Instead != "" {
			b.Text += " → " + c.Instead
		}
		if i%2 == 0 {
			t.Keyboard = append(t.Keyboard, nil)
		}
		row := &t.Keyboard[len(t.Keyboard)-1]
		*row = append(*row, b)
	}
	return t, nil
}

// maxFound is how many places a person chooses from.
const maxFound = 6

// search looks for a place by its words.
func (h *hand) search(text string) (telegram.Text, error) {
	if text == "" {
		return h.say("chat.ask_place"), nil
	}
	g, err := h.Places.Gazetteer(h.ctx, h.city.ID)
	if err != nil {
		return telegram.Text{}, err
	}
	h.talk.Found = nil
	t := h.say("chat.which_place")
	for _, x := range g.Search(text, maxFound) {
		if x.Placed {
			t.Keyboard = append(t.Keyboard, []telegram.Button{{Text: x.Text(h.talk.Lang), Data: "place:" + strconv.Itoa(len(h.talk.Found))}})
			h.talk.Found = append(h.talk.Found, spot{x.Text(h.talk.Lang), x.Lat, x.Lon})
		}
	}
	h.talk.Found = append(h.talk.Found, spot{Name: text})
	t.Keyboard = append(t.Keyboard, []telegram.Button{{Text: h.p.T("report.where.as_typed"), Data: "place:" + strconv.Itoa(len(h.talk.Found)-1)}})
	return t, nil
}

func (h *hand) chosen(number string) (telegram.Text, error) {
	i, err := strconv.Atoi(number)
	if err != nil || i < 0 || i >= len(h.talk.Found) {
		return h.say("chat.ask_place"), nil
	}
	x := h.talk.Found[i]
	said := &h.talk.Said
	said.Place, said.Lat, said.Lon, said.Placed = x.Name, x.Lat, x.Lon, x.Lat != 0
	return h.next()
}

// take makes the case. What does not fit is asked for again.
func (h *hand) take() (telegram.Text, error) {
	m, err := h.Matrix.Of(h.ctx, h.city.ID)
	if err != nil {
		return telegram.Text{}, err
	}
	a := permission.Actor{City: h.city.ID, Person: h.talk.person.ID, Level: h.talk.person.Level, Name: h.talk.person.Name, Lang: h.talk.Lang}.WithMatrix(m)
	kind, _ := h.Kinds.Of(h.talk.Kind)
	ctx := once.With(h.ctx, once.NewKey(h.city.ID, "chat "+strconv.FormatInt(h.chat, 10), "update", strconv.FormatInt(h.update.ID, 10)))
	taken, err := kind.Take(ctx, h.city, a, h.talk.Said)
	if again := (*once.Repeated)(nil); errors.As(once.Resolve(ctx, h.DB, err), &again) {
		return h.done(path.Base(again.Answer), again.Answer), nil
	}
	if fields := web.Fields(err); len(fields) > 0 {
		return h.wrong(fields)
	}
	if err != nil {
		return telegram.Text{}, err
	}
	return h.done(taken.File.Number, taken.Href), nil
}

func (h *hand) done(number, href string) telegram.Text {
	h.talk.Step, h.talk.Said, h.talk.Found = "", intake.Said{}, nil
	return h.say("chat.taken", "number", number, "link", h.Absolute(h.city, href))
}

// wrong says what does not fit and goes back to where it was said.
func (h *hand) wrong(fields []web.FieldError) (telegram.Text, error) {
	said := &h.talk.Said
	var lines []string
	for _, f := range fields {
		lines = append(lines, h.p.T(f.Key, f.Args...))
		switch f.Field {
		case "what":
			said.What = ""
		case "place":
			said.Place, said.Placed = "", false
		case "name":
			said.Name = ""
		case "home":
			said.Home = ""
		default:
			h.talk.Step = stepText
			return h.say("chat.wrong", "what", strings.Join(lines, "\n")), nil
		}
	}
	t, err := h.next()
	t.Text = strings.Join(lines, "\n") + "\n\n" + t.Text
	return t, err
}

// maxMine is how many cases the bot lists.
const maxMine = 10

// mine lists what the person asked of the city.
func (h *hand) mine() (telegram.Text, error) {
	var lines []string
	err := h.DB.View(h.ctx, func(tx *db.Tx) error {
		for _, k := range h.Kinds {
			list, err := casework.ByAuthor(tx, h.city.ID, k.Kind(), h.talk.person.ID, 0, maxMine)
			if err != nil {
				return err
			}
			for _, f := range list {
				lines = append(lines, "№ "+f.Number+" · "+h.State(h.p, f))
			}
		}
		return nil
	})
	if len(lines) == 0 {
		return h.menu("chat.none"), err
	}
	return h.say("chat.list", "list", strings.Join(lines, "\n"), "link", h.Absolute(h.city, "/account")), err
}

// maxFile bounds what the bot fetches.
const maxFile = 10 << 20

// keep fetches what came with a message. Refused names the words for what is
// not taken.
func (h *hand) keep(m *telegram.Message) (refused string, err error) {
	said := &h.talk.Said
	if best, ok := telegram.Best(m.Photo, maxFile); ok && len(m.Photo) > 0 {
		data, err := h.bot.File(h.ctx, best.File, maxFile)
		if err != nil {
			return fileError(err)
		}
		if h.talk.Kind != "report" {
			return h.paper("photo"+strconv.Itoa(len(said.Files)+1)+".jpg", data)
		}
		ph, err := h.Photo(h.ctx, data)
		if err != nil {
			return "chat.bad_file", nil
		}
		said.Photos = append(said.Photos, ph)
	}
	if d := m.Document; d != nil {
		data, err := h.bot.File(h.ctx, d.File, maxFile)
		if err != nil {
			return fileError(err)
		}
		if h.talk.Kind != "report" {
			return h.paper(d.Name, data)
		}
		ph, err := h.Photo(h.ctx, data)
		if err != nil {
			return "chat.bad_file", nil
		}
		said.Photos = append(said.Photos, ph)
	}
	return "", nil
}

func (h *hand) paper(name string, data []byte) (refused string, err error) {
	f, err := h.Papers.Put(h.ctx, name, data)
	switch {
	case errors.Is(err, document.ErrKind), errors.Is(err, document.ErrSize), errors.Is(err, document.ErrEmpty):
		return "chat.bad_file", nil
	case err != nil:
		return "", err
	}
	if len(h.talk.Said.Files) < document.Most {
		h.talk.Said.Files = append(h.talk.Said.Files, f)
	}
	return "", nil
}

// fileError tells a file that will never come from a line that is broken.
func fileError(err error) (refused string, _ error) {
	var e *telegram.Error
	if errors.Is(err, telegram.ErrTooLarge) || (errors.As(err, &e) && e.Code == 400) {
		return "chat.bad_file", nil
	}
	return "", err
}
