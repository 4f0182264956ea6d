// Package document keeps the papers of a case: what a person attaches to an
// appeal, the scan of a letter that came on paper, what the staff adds. They are
// kept byte for byte, since a paper that was altered proves nothing, and are seen
// by those only who may see the case.
package document

import (
	"bytes"
	"context"
	"crypto/hmac"
	"embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/platform/blob"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the tables of this package.
var Migrations = db.Migrations{Name: "document", FS: files}

// Limits of one case.
const (
	Most    = 10       // files that one person attaches at once
	MaxSize = 10 << 20 // bytes of one
	MaxForm = 40 << 20 // bytes of a form with all its files
)

// Field is the name of the files in a form, KeptField of those that were stored
// when the form came back with an error.
const (
	Field     = "files"
	KeptField = "kept_file"
)

// kinds are the endings that are taken, with what they are served as. Nothing of
// it runs in a browser.
var kinds = map[string]string{
	".pdf": "application/pdf", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp",
	".txt": "text/plain; charset=utf-8", ".rtf": "application/rtf", ".odt": "application/vnd.oasis.opendocument.text",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".doc": "application/msword",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

// Accept is what a file field offers to choose.
const Accept = ".pdf,.jpg,.jpeg,.png,.webp,.txt,.rtf,.odt,.doc,.docx,.xlsx"

// starts are how files of a kind begin; what only has the ending is refused.
var starts = map[string][]string{
	".pdf": {"%PDF-"}, ".jpg": {"\xff\xd8\xff"}, ".jpeg": {"\xff\xd8\xff"}, ".png": {"\x89PNG"}, ".webp": {"RIFF"},
	".odt": {"PK"}, ".docx": {"PK"}, ".xlsx": {"PK"}, ".doc": {"\xd0\xcf\x11\xe0"}, ".rtf": {"{\\rtf"},
}

// File is one paper.
type File struct {
	ID    int64
	Case  int64
	Name  string // as the person called it, without folders
	Kind  string // media type
	Size  int64  // bytes
	Key   string // of the blob store
	Staff bool   // added by the staff
}

// At returns when it was added.
func (f File) At() time.Time { return ids.Time(f.ID) }

// The ways in which a file does not fit.
var (
	ErrKind  = errors.New("document: not a kind that is taken")
	ErrSize  = errors.New("document: too large")
	ErrEmpty = errors.New("document: empty")
)

// Store keeps files by their content.
type Store struct{ Blobs blob.Store }

// Put keeps one file that is not yet of any case.
func (s Store) Put(ctx context.Context, name string, data []byte) (File, error) {
	name = clean(name)
	ext := strings.ToLower(filepath.Ext(name))
	kind, ok := kinds[ext]
	switch {
	case len(data) == 0:
		return File{}, ErrEmpty
	case len(data) > MaxSize:
		return File{}, ErrSize
	case !ok || !begins(ext, data):
		return File{}, ErrKind
	}
	key, size, err := s.Blobs.Put(ctx, bytes.NewReader(data), MaxSize)
	return File{Name: name, Kind: kind, Size: size, Key: key}, err
}

func begins(ext string, data []byte) bool {
	list, strict := starts[ext]
	for _, start := range list {
		if strings.HasPrefix(string(data[:min(len(data), 8)]), start) {
			return true
		}
	}
	return !strict && !bytes.ContainsRune(data[:min(len(data), 512)], 0)
}

// clean leaves of a name what can stand in a list.
func clean(name string) string {
	name = filepath.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, name)
	const most = 120
	if r := []rune(name); len(r) > most {
		ext := []rune(filepath.Ext(name))
		name = string(r[:most-len(ext)]) + string(ext)
	}
	return name
}

// Take reads the files of a form, those that an earlier try has kept too. What
// does not fit is said at the field "files".
func (s Store) Take(r *http.Request, c *city.City, f *web.Form) ([]File, error) {
	out := kept(c, f.Values[KeptField])
	if r.MultipartForm == nil {
		return out, nil
	}
	for _, h := range r.MultipartForm.File[Field] {
		if h.Filename == "" {
			continue
		}
		if len(out) >= Most {
			f.Fail(Field, "document.error.many", "n", Most)
			break
		}
		file, err := s.read(r.Context(), h)
		switch {
		case errors.Is(err, ErrKind):
			f.Fail(Field, "document.error.kind", "name", h.Filename)
		case errors.Is(err, ErrSize):
			f.Fail(Field, "document.error.size", "name", h.Filename, "n", MaxSize>>20)
		case errors.Is(err, ErrEmpty):
			f.Fail(Field, "document.error.empty", "name", h.Filename)
		case err != nil:
			return nil, err
		default:
			out = append(out, file)
		}
	}
	f.Values.Del(KeptField)
	for _, file := range out {
		f.Values.Add(KeptField, Keep(c, file))
	}
	return out, nil
}

func (s Store) read(ctx context.Context, h *multipart.FileHeader) (File, error) {
	if h.Size > MaxSize {
		return File{}, ErrSize
	}
	in, err := h.Open()
	if err != nil {
		return File{}, err
	}
	defer in.Close()
	data, err := io.ReadAll(io.LimitReader(in, MaxSize+1))
	if err != nil {
		return File{}, err
	}
	return s.Put(ctx, h.Filename, data)
}

// Keep names a stored file so that only this server can have named it: a form
// that comes back with an error carries it on.
func Keep(c *city.City, f File) string {
	text, err := json.Marshal(f)
	if err != nil {
		return "" // a file of plain fields always marshals
	}
	body := base64.RawURLEncoding.EncodeToString(text)
	return body + "." + c.Sign("document", body)
}

// KeptName is the name of a file that a form carries on.
func KeptName(c *city.City, text string) string {
	if list := kept(c, []string{text}); len(list) == 1 {
		return list[0].Name
	}
	return ""
}

func kept(c *city.City, texts []string) []File {
	var out []File
	for _, text := range texts {
		body, mark, ok := strings.Cut(text, ".")
		if !ok || len(out) >= Most || !hmac.Equal([]byte(mark), []byte(c.Sign("document", body))) {
			continue
		}
		raw, err := base64.RawURLEncoding.DecodeString(body)
		var f File
		if err == nil && json.Unmarshal(raw, &f) == nil {
			out = append(out, f)
		}
	}
	return out
}

// Add puts files into a case, and sets their ids.
func Add(tx *db.Tx, cityID, caseID int64, list []File, staff bool, at time.Time) error {
	for i := range list {
		f := &list[i]
		f.ID = ids.At(at)
		if _, err := tx.Exec("document.add", `INSERT INTO document_file (city_id, id, case_id, name, kind, size, blob_key, by_staff)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, cityID, f.ID, caseID, f.Name, f.Kind, f.Size, f.Key, staff); err != nil {
			return err
		}
	}
	return nil
}

// Of reads the files of a case, oldest first.
func Of(tx *db.Tx, cityID, caseID int64) ([]File, error) {
	return db.All(tx, "document.of", `SELECT id, case_id, name, kind, size, blob_key, by_staff FROM document_file
		WHERE city_id = $1 AND case_id = $2 ORDER BY id LIMIT 200`, scan, cityID, caseID)
}

// Get reads one file of a case.
func Get(tx *db.Tx, cityID, caseID, id int64) (File, error) {
	return db.One(tx, "document.get", `SELECT id, case_id, name, kind, size, blob_key, by_staff FROM document_file
		WHERE city_id = $1 AND case_id = $2 AND id = $3`, scan, cityID, caseID, id)
}

// Drop takes all files out of a case.
func Drop(tx *db.Tx, cityID, caseID int64) error {
	_, err := tx.Exec("document.drop", `DELETE FROM document_file WHERE city_id = $1 AND case_id = $2`, cityID, caseID)
	return err
}

func scan(r db.Row) (f File, err error) {
	err = r.Scan(&f.ID, &f.Case, &f.Name, &f.Kind, &f.Size, &f.Key, &f.Staff)
	return f, err
}

// Send answers with a file to whom the caller has let. It is saved, never shown
// within the site: what a stranger has made does not run here.
func (s Store) Send(w http.ResponseWriter, r *http.Request, f File) error {
	file, _, err := s.Blobs.Open(r.Context(), f.Key)
	if err != nil {
		return err
	}
	defer file.Close()
	h := w.Header()
	h.Set("Content-Type", f.Kind)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
	h.Set("Cache-Control", "private, no-store")
	h.Set("Content-Security-Policy", "sandbox")
	http.ServeContent(w, r, "", time.Time{}, file)
	return nil
}
