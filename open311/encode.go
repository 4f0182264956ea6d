package open311

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Format is the shape of an answer.
type Format int

// The two formats of GeoReport.
const (
	XML Format = iota
	JSON
)

// ContentType is the header value of the format.
func (f Format) ContentType() string {
	if f == JSON {
		return "application/json; charset=utf-8"
	}
	return "text/xml; charset=utf-8"
}

// writer appends one answer. The same calls give XML, or JSON by the Spark
// rule: a list of like elements becomes an array and its own name disappears
// at the top.
type writer struct {
	b    []byte
	json bool
}

func newWriter(b []byte, f Format) *writer {
	w := &writer{b: b, json: f == JSON}
	if !w.json {
		w.b = append(w.b, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"...)
	}
	return w
}

func (w *writer) comma() {
	if n := len(w.b); n > 0 && w.b[n-1] != '[' && w.b[n-1] != '{' && w.b[n-1] != ':' {
		w.b = append(w.b, ',')
	}
}

func (w *writer) key(name string) {
	w.comma()
	w.b = append(w.b, '"')
	w.b = append(w.b, name...)
	w.b = append(w.b, '"', ':')
}

func (w *writer) tag(open, name, end string) {
	w.b = append(w.b, open...)
	w.b = append(w.b, name...)
	w.b = append(w.b, end...)
}

// open starts a container; in JSON a named one inside an object is keyed.
func (w *writer) open(name string, inner bool, bracket byte) {
	if !w.json {
		w.tag("<", name, ">")
		return
	}
	if inner {
		w.key(name)
	} else {
		w.comma()
	}
	w.b = append(w.b, bracket)
}

func (w *writer) shut(name string, bracket byte) {
	if !w.json {
		w.tag("</", name, ">")
		return
	}
	w.b = append(w.b, bracket)
}

// raw writes a value that needs no escaping: a number or a boolean.
func (w *writer) raw(name, v string) {
	if w.json {
		w.key(name)
		w.b = append(w.b, v...)
		return
	}
	w.tag("<", name, ">")
	w.b = append(w.b, v...)
	w.tag("</", name, ">")
}

func (w *writer) bool(name string, v bool) { w.raw(name, strconv.FormatBool(v)) }
func (w *writer) int(name string, v int)   { w.raw(name, strconv.Itoa(v)) }

func (w *writer) empty(name string) {
	if w.json {
		w.raw(name, "null")
		return
	}
	w.tag("<", name, "/>")
}

func (w *writer) str(name, v string) {
	if v == "" {
		w.empty(name)
		return
	}
	if w.json {
		w.key(name)
		w.text(v)
		return
	}
	w.tag("<", name, ">")
	w.text(v)
	w.tag("</", name, ">")
}

func (w *writer) text(v string) {
	if w.json {
		w.b = appendJSON(w.b, v)
	} else {
		w.b = appendXML(w.b, v)
	}
}

// texts writes a list of plain texts.
func (w *writer) texts(name, each string, list []string) {
	w.open(name, true, '[')
	for _, v := range list {
		if w.json {
			w.comma()
			w.text(v)
		} else {
			w.str(each, v)
		}
	}
	w.shut(name, ']')
}

func (w *writer) time(name string, t time.Time) {
	if t.IsZero() {
		w.empty(name)
		return
	}
	if w.json {
		w.key(name)
		w.b = append(w.b, '"')
		w.b = t.UTC().AppendFormat(w.b, time.RFC3339)
		w.b = append(w.b, '"')
		return
	}
	w.tag("<", name, ">")
	w.b = t.UTC().AppendFormat(w.b, time.RFC3339)
	w.tag("</", name, ">")
}

func (w *writer) position(p *Position) {
	if p == nil {
		w.empty("lat")
		w.empty("long")
		return
	}
	var a [32]byte
	w.raw("lat", string(strconv.AppendFloat(a[:0], p.Lat, 'f', -1, 64)))
	w.raw("long", string(strconv.AppendFloat(a[:0], p.Long, 'f', -1, 64)))
}

// appendXML escapes markup and drops characters XML 1.0 cannot carry.
func appendXML(b []byte, s string) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			i++
			switch {
			case c == '&':
				b = append(b, "&amp;"...)
			case c == '<':
				b = append(b, "&lt;"...)
			case c == '>':
				b = append(b, "&gt;"...)
			case c == '\r':
				b = append(b, "&#xD;"...)
			case c >= ' ' || c == '\n' || c == '\t':
				b = append(b, c)
			}
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r != 0xFFFE && r != 0xFFFF {
			b = utf8.AppendRune(b, r)
		}
		i += n
	}
	return b
}

const hex = "0123456789abcdef"

// appendJSON quotes s; < and > are escaped so that the answer is harmless when
// pasted into a page.
func appendJSON(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			i++
			switch {
			case c == '"' || c == '\\':
				b = append(b, '\\', c)
			case c == '\n':
				b = append(b, '\\', 'n')
			case c < ' ' || c == '<' || c == '>':
				b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			default:
				b = append(b, c)
			}
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		b = utf8.AppendRune(b, r)
		i += n
	}
	return append(b, '"')
}

func list[T any](b []byte, f Format, outer, inner string, items []T, each func(*writer, *T)) []byte {
	w := newWriter(b, f)
	w.open(outer, false, '[')
	for i := range items {
		w.open(inner, false, '{')
		each(w, &items[i])
		w.shut(inner, '}')
	}
	w.shut(outer, ']')
	return append(w.b, '\n')
}

func sub[T any](w *writer, outer, inner string, items []T, each func(*writer, *T)) {
	w.open(outer, true, '[')
	for i := range items {
		w.open(inner, false, '{')
		each(w, &items[i])
		w.shut(inner, '}')
	}
	w.shut(outer, ']')
}

// AppendServices appends the list of services.
func AppendServices(b []byte, f Format, s []Service) []byte {
	return list(b, f, "services", "service", s, func(w *writer, s *Service) {
		w.str("service_code", s.Code)
		w.str("service_name", s.Name)
		w.str("description", s.Description)
		w.bool("metadata", s.Metadata)
		w.str("type", s.Type)
		w.str("keywords", strings.Join(s.Keywords, ","))
		w.str("group", s.Group)
		if len(s.Groups) > 0 {
			w.texts("groups", "group", s.Groups)
		}
	})
}

// AppendDefinition appends the definition of one service.
func AppendDefinition(b []byte, f Format, d Definition) []byte {
	w := newWriter(b, f)
	w.open("service_definition", false, '{')
	w.str("service_code", d.ServiceCode)
	sub(w, "attributes", "attribute", d.Attributes, func(w *writer, a *Attribute) {
		w.bool("variable", a.Variable)
		w.str("code", a.Code)
		w.str("datatype", a.Datatype)
		w.bool("required", a.Required)
		w.str("datatype_description", a.DatatypeDescription)
		w.int("order", a.Order)
		w.str("description", a.Description)
		if a.Automated != "" {
			w.str("automated", a.Automated)
		}
		sub(w, "values", "value", a.Values, func(w *writer, v *Value) {
			w.str("key", v.Key)
			w.str("name", v.Name)
		})
	})
	w.shut("service_definition", '}')
	return append(w.b, '\n')
}

// AppendRequests appends a list of requests.
func AppendRequests(b []byte, f Format, r []Request) []byte {
	return list(b, f, "service_requests", "request", r, appendRequest)
}

func appendRequest(w *writer, r *Request) {
	w.str("service_request_id", r.ID)
	w.str("status", r.Status)
	w.str("status_notes", r.StatusNotes)
	w.str("service_name", r.ServiceName)
	w.str("service_code", r.ServiceCode)
	w.str("description", r.Description)
	w.str("agency_responsible", r.Agency)
	w.str("service_notice", r.Notice)
	w.time("requested_datetime", r.Requested)
	w.time("updated_datetime", r.Updated)
	w.time("expected_datetime", r.Expected)
	w.str("address", r.Address)
	w.str("address_id", r.AddressID)
	w.str("zipcode", r.Zipcode)
	w.position(r.Position)
	w.str("media_url", r.MediaURL)
	if x := r.Extension; x != nil {
		w.open("extended_attributes", true, '{')
		w.str("status", x.Status)
		w.shut("extended_attributes", '}')
		sub(w, "attributes", "attribute", x.Attributes, func(w *writer, a *Answered) {
			w.str("code", a.Code)
			w.str("value", a.Value)
		})
		sub(w, "notes", "note", x.Notes, func(w *writer, n *Note) {
			w.time("datetime", n.Time)
			w.str("status", n.Status)
			w.str("description", n.Description)
		})
	}
}

// AppendAnswer appends what became of a sent request.
func AppendAnswer(b []byte, f Format, a Answer) []byte {
	return list(b, f, "service_requests", "request", []Answer{a}, func(w *writer, a *Answer) {
		if a.ID == "" && a.Token != "" {
			w.str("token", a.Token)
		} else {
			w.str("service_request_id", a.ID)
		}
		w.str("service_notice", a.Notice)
		w.str("account_id", a.AccountID)
	})
}

// AppendToken appends the answer to a token look-up; an empty ID means "not yet".
func AppendToken(b []byte, f Format, a Answer) []byte {
	return list(b, f, "service_requests", "request", []Answer{a}, func(w *writer, a *Answer) {
		w.str("service_request_id", a.ID)
		w.str("token", a.Token)
	})
}

// AppendUpdates appends a list of updates.
func AppendUpdates(b []byte, f Format, u []Update) []byte {
	return list(b, f, "service_request_updates", "request_update", u, func(w *writer, u *Update) {
		w.str("update_id", u.ID)
		w.str("service_request_id", u.RequestID)
		w.str("status", u.Status)
		w.time("updated_datetime", u.Updated)
		w.str("description", u.Description)
		w.str("media_url", u.MediaURL)
	})
}

// AppendFaults appends an error list.
func AppendFaults(b []byte, f Format, e []Fault) []byte {
	return list(b, f, "errors", "error", e, func(w *writer, e *Fault) {
		w.str("code", e.Code)
		w.str("description", e.Description)
	})
}

// AppendDiscovery appends the discovery document.
func AppendDiscovery(b []byte, f Format, d Discovery) []byte {
	w := newWriter(b, f)
	w.open("discovery", false, '{')
	w.time("changeset", d.Changeset)
	w.str("contact", d.Contact)
	w.str("key_service", d.KeyService)
	sub(w, "endpoints", "endpoint", d.Endpoints, func(w *writer, e *Endpoint) {
		w.str("specification", e.Specification)
		w.str("url", e.URL)
		w.time("changeset", e.Changeset)
		w.str("type", e.Type)
		w.texts("formats", "format", e.Formats)
	})
	w.shut("discovery", '}')
	return append(w.b, '\n')
}
