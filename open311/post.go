package open311

import (
	"encoding/base64"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const maxText = 4000

func (s *Server) post(b []byte, f Format, path string, c Call, w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if path != "requests" && path != "servicerequestupdates" {
		return b, refuse(http.StatusNotFound, "There is nothing to send to at this address.")
	}
	most := s.MaxBody
	if most == 0 {
		most = 32 << 20
	}
	r.Body = http.MaxBytesReader(w, r.Body, most)
	var err error
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		err = r.ParseMultipartForm(4 << 20)
		defer func() {
			if r.MultipartForm != nil {
				_ = r.MultipartForm.RemoveAll()
			}
		}()
	} else {
		err = r.ParseForm()
	}
	if err != nil {
		return b, bad("The form could not be read, or is too large.")
	}
	q := r.Form
	c.Jurisdiction = q.Get("jurisdiction_id")
	if err := s.city(r, c); err != nil {
		return b, err
	}
	key := q.Get("api_key")
	ok, err := s.Backend.Authorize(r.Context(), c, key)
	if err != nil {
		return b, err
	}
	if !ok {
		return b, refuse(http.StatusForbidden, "api_key is missing or not valid.")
	}
	links, files, err := media(r, most)
	if err != nil {
		return b, err
	}
	if path == "servicerequestupdates" {
		u, err := readUpdate(q, links)
		if err != nil {
			return b, err
		}
		u.Files, u.APIKey, u.IdempotencyKey = files, key, r.Header.Get("Idempotency-Key")
		id, err := s.Backend.CreateUpdate(r.Context(), c, u)
		w := func(w *writer, id *string) { w.str("update_id", *id) }
		return list(b, f, "service_request_updates", "request_update", []string{id}, w), missing(err, "service_request_id was not found.")
	}
	if q.Get("service_code") == "" {
		return b, bad("service_code was not given.")
	}
	d, err := s.Backend.Definition(r.Context(), c, q.Get("service_code"))
	if err != nil {
		return b, missing(err, "service_code was not found.")
	}
	sub, err := readSubmission(q, d)
	if err != nil {
		return b, err
	}
	sub.MediaURLs, sub.Files, sub.APIKey, sub.IdempotencyKey = links, files, key, r.Header.Get("Idempotency-Key")
	a, err := s.Backend.Create(r.Context(), c, sub)
	return AppendAnswer(b, f, a), err
}

func readSubmission(q url.Values, d Definition) (Submission, error) {
	id := q.Get("device_id")
	if id == "" {
		id = q.Get("deviceid") // as FixMyStreet spells it
	}
	s := Submission{
		ServiceCode: q.Get("service_code"), Address: q.Get("address_string"), AddressID: q.Get("address_id"),
		Attributes: map[string][]string{}, Email: q.Get("email"), DeviceID: id, AccountID: q.Get("account_id"),
		FirstName: q.Get("first_name"), LastName: q.Get("last_name"), Phone: q.Get("phone"), Text: q.Get("description"),
	}
	e := &Error{Status: http.StatusBadRequest}
	add := func(text string) { e.Faults = append(e.Faults, Fault{"400", text}) }
	lat, long := q.Get("lat"), q.Get("long")
	if lat != "" || long != "" {
		y, err1 := strconv.ParseFloat(lat, 64)
		x, err2 := strconv.ParseFloat(long, 64)
		if err1 != nil || err2 != nil || !(math.Abs(y) <= 90) || !(math.Abs(x) <= 180) {
			add("lat and long must both be numbers in degrees.")
		} else {
			s.Position = &Position{Lat: y, Long: x}
		}
	} else if s.Address == "" && s.AddressID == "" {
		add("A location is needed: lat and long, address_string or address_id.")
	}
	if utf8.RuneCountInString(s.Text) > maxText {
		add("description is longer than 4,000 characters.")
	}
	for _, a := range d.Attributes {
		var given []string
		for _, name := range []string{"attribute[" + a.Code + "]", "attribute[" + a.Code + "][]"} {
			for _, v := range q[name] {
				if v != "" {
					given = append(given, v)
				}
			}
		}
		if len(given) > 0 {
			s.Attributes[a.Code] = given
		}
		if text := check(a, given); text != "" {
			add(text)
		}
	}
	if len(e.Faults) > 0 {
		return s, e
	}
	return s, nil
}

// check says what is wrong with the values given for an attribute.
func check(a Attribute, given []string) string {
	if !a.Variable {
		return ""
	}
	if len(given) == 0 {
		if a.Required {
			return "attribute[" + a.Code + "] is required."
		}
		return ""
	}
	if len(given) > 1 && a.Datatype != "multivaluelist" {
		return "attribute[" + a.Code + "] takes one value."
	}
	for _, v := range given {
		switch a.Datatype {
		case "number":
			if _, err := strconv.ParseFloat(v, 64); err != nil {
				return "attribute[" + a.Code + "] must be a number."
			}
		case "datetime":
			if _, err := date(url.Values{"d": {v}}, "d"); err != nil {
				return "attribute[" + a.Code + "] must look like 2026-11-23T10:00:00Z."
			}
		case "singlevaluelist", "multivaluelist":
			if !offered(a.Values, v) {
				return "attribute[" + a.Code + "] must be one of the values offered."
			}
		}
	}
	return ""
}

func offered(values []Value, key string) bool {
	for _, v := range values {
		if v.Key == key {
			return true
		}
	}
	return false
}

func readUpdate(q url.Values, links []string) (UpdateSubmission, error) {
	at, err := date(q, "updated_datetime")
	u := UpdateSubmission{
		Update: Update{ID: q.Get("update_id"), RequestID: q.Get("service_request_id"), Status: strings.ToUpper(q.Get("status")), Updated: at, Description: q.Get("description")},
		Email:  q.Get("email"), Phone: q.Get("phone"), FirstName: q.Get("first_name"), LastName: q.Get("last_name"), Title: q.Get("title"),
	}
	if len(links) > 0 {
		u.MediaURL = links[0]
	}
	switch {
	case err != nil:
		return u, err
	case u.RequestID == "":
		return u, bad("service_request_id was not given.")
	case u.Status == "" && u.Description == "":
		return u, bad("status or description is needed.")
	case utf8.RuneCountInString(u.Description) > maxText:
		return u, bad("description is longer than 4,000 characters.")
	}
	return u, nil
}

// media gathers links and photos: media_url, also repeated or as data: URI,
// and the files of a multipart form.
func media(r *http.Request, most int64) (links []string, files []File, err error) {
	for _, v := range append(r.Form["media_url"], r.Form["media_url[]"]...) {
		if v == "" {
			continue
		}
		head, data, isData := strings.Cut(v, ";base64,")
		if isData && strings.HasPrefix(head, "data:") {
			b, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(data, " ", "+"))
			if err != nil {
				return nil, nil, bad("media_url holds data that cannot be read.")
			}
			files = append(files, File{Type: head[len("data:"):], Data: b})
			continue
		}
		u, err := url.Parse(v)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return nil, nil, bad("media_url must be a web address.")
		}
		links = append(links, v)
	}
	if r.MultipartForm == nil {
		return links, files, nil
	}
	for _, name := range slices.Sorted(maps.Keys(r.MultipartForm.File)) {
		parts := r.MultipartForm.File[name]
		for _, h := range parts {
			p, err := h.Open()
			if err != nil {
				return nil, nil, err
			}
			b, err := limit(p, most)
			_ = p.Close()
			if err != nil {
				return nil, nil, err
			}
			files = append(files, File{Name: h.Filename, Type: h.Header.Get("Content-Type"), Data: b})
		}
	}
	return links, files, nil
}
