package web

import (
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Form is what a person typed, kept so that a page with errors shows it again,
// together with the errors found while reading it.
type Form struct {
	Values url.Values
	errs   []FieldError
}

// maxForm is the largest form without files, in bytes.
const maxForm = 1 << 20

// ReadForm reads an ordinary form. Forms with files are read by ReadUpload.
func ReadForm(w http.ResponseWriter, r *http.Request) (*Form, error) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "multipart/form-data" {
		return ReadUpload(w, r, maxForm)
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return nil, readError(err)
	}
	return newForm(r.PostForm)
}

// Typed are the fields of a form that could not be worked on, so that it can be
// offered to be sent again; nil for anything but a plain form.
func Typed(w http.ResponseWriter, r *http.Request) url.Values {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.Method != http.MethodPost || kind != "application/x-www-form-urlencoded" {
		return nil
	}
	f, err := ReadForm(w, r)
	if err != nil {
		return nil
	}
	return f.Values
}

// ReadUpload reads a form with files of at most limit bytes in all. Files are
// then found in r.MultipartForm; parts above 256 kB wait on the disk.
func ReadUpload(w http.ResponseWriter, r *http.Request, limit int64) (*Form, error) {
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	if err := r.ParseMultipartForm(256 << 10); err != nil {
		if errors.Is(err, http.ErrNotMultipart) {
			return ReadForm(w, r)
		}
		return nil, readError(err)
	}
	return newForm(r.PostForm)
}

// QueryForm reads the filters of a list.
func QueryForm(r *http.Request) *Form {
	f, err := newForm(r.URL.Query())
	if err != nil {
		return &Form{Values: url.Values{}}
	}
	return f
}

func readError(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return TooLarge()
	}
	return Bad(err)
}

func newForm(v url.Values) (*Form, error) {
	for _, texts := range v {
		for _, s := range texts {
			if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
				return nil, Bad(errors.New("form is not UTF-8 text"))
			}
		}
	}
	return &Form{Values: v}, nil
}

// Text returns a field without surrounding space; line ends are "\n".
func (f *Form) Text(name string) string {
	return strings.TrimSpace(strings.ReplaceAll(f.Values.Get(name), "\r\n", "\n"))
}

// Required returns a field that must not be empty nor longer than max characters.
func (f *Form) Required(name string, max int) string {
	s := f.Optional(name, max)
	if s == "" {
		f.Fail(name, "error.field.required")
	}
	return s
}

// Optional returns a field of at most max characters.
func (f *Form) Optional(name string, max int) string {
	s := f.Text(name)
	f.Long(name, s, max)
	return s
}

// ID returns a field that holds an identifier, 0 when empty.
func (f *Form) ID(name string) int64 {
	s := f.Text(name)
	if s == "" {
		return 0
	}
	id, err := strconv.ParseInt(s, 10, 64)
	if err != nil || id < 0 {
		f.Fail(name, "error.field.choice")
		return 0
	}
	return id
}

// Int returns a whole number between min and max, or the default when empty.
func (f *Form) Int(name string, min, max, def int) int {
	s := f.Text(name)
	if s == "" {
		return def
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < min || n > max {
		f.Fail(name, "error.field.number", "min", min, "max", max)
		return def
	}
	return n
}

// Float returns a number with ok false when the field is empty or no number.
func (f *Form) Float(name string) (v float64, ok bool) {
	s := strings.Replace(f.Text(name), ",", ".", 1)
	if s == "" {
		return 0, false
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || v != v || v > 1e9 || v < -1e9 {
		f.Fail(name, "error.field.number_any")
		return 0, false
	}
	return v, true
}

// Choice returns a field that must be one of the values, "" when it is empty.
func (f *Form) Choice(name string, values ...string) string {
	s := f.Text(name)
	if s == "" {
		return ""
	}
	for _, v := range values {
		if s == v {
			return s
		}
	}
	f.Fail(name, "error.field.choice")
	return ""
}

// Checked tells whether a checkbox is set.
func (f *Form) Checked(name string) bool { return f.Values.Get(name) != "" }

// Long complains about a text of more than max characters.
func (f *Form) Long(field, text string, max int) {
	if n := utf8.RuneCountInString(text); n > max {
		f.Fail(field, "error.field.too_long", "max", max, "over", n-max)
	}
}

// Fail notes an error of a field.
func (f *Form) Fail(field, key string, args ...any) {
	f.errs = append(f.errs, FieldError{Field: field, Key: key, Args: args})
}

// Errors returns the errors found so far.
func (f *Form) Errors() []FieldError { return f.errs }

// Err is the errors as one, nil when there is none.
func (f *Form) Err() error {
	if len(f.errs) == 0 {
		return nil
	}
	return Invalid(f.errs...)
}

// Take adds the field errors inside err to the form and tells whether there
// were any; other errors are for the caller to return.
func (f *Form) Take(err error) bool {
	fields := Fields(err)
	f.errs = append(f.errs, fields...)
	return len(fields) > 0
}

// FirstError returns the error of a field.
func (f *Form) FirstError(field string) (FieldError, bool) {
	for _, e := range f.errs {
		if e.Field == field {
			return e, true
		}
	}
	return FieldError{}, false
}
