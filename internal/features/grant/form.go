package grant

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"

	"github.com/ashar-kg/ashar/internal/platform/photo"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// The form of an application has its budget lines as l0_what, l0_quantity,
// l0_unit, l0_price, l0_payer, l1_what and so on.
var lineFields = []string{"what", "quantity", "unit", "price", "payer"}

func lineField(i int, name string) string { return "l" + strconv.Itoa(i) + "_" + name }

// firstLines is how many lines an empty form has, moreLines how many are added.
const (
	firstLines = 2
	moreLines  = 2
)

// linesOf is how many lines a form shows: those that are filled in and some empty ones.
func linesOf(f *web.Form) int {
	n := 0
	for f.Values.Has(lineField(n, "what")) && n < MaxLines {
		n++
	}
	if f.Text("do") == "more" {
		n += moreLines
	}
	return min(MaxLines, max(n, firstLines))
}

// readLines reads the budget. Lines left empty are taken out of the form, so that
// an error names the line as the form shows it again.
func readLines(f *web.Form) []Line {
	var out []Line
	kept := 0
	for i := 0; i < MaxLines+moreLines && f.Values.Has(lineField(i, "what")); i++ {
		l := Line{What: f.Text(lineField(i, "what")), Unit: f.Text(lineField(i, "unit")), Payer: f.Text(lineField(i, "payer"))}
		quantity, price := f.Text(lineField(i, "quantity")), f.Text(lineField(i, "price"))
		if l.What == "" && quantity == "" && price == "" {
			drop(f, i)
			continue
		}
		l.Quantity = thousandths(quantity)
		l.Price, _ = web.ParseMoney(price) // what cannot be read is 0, which is refused
		move(f, i, kept)
		kept++
		out = append(out, l)
	}
	return out
}

func drop(f *web.Form, i int) {
	for _, name := range lineFields {
		f.Values.Del(lineField(i, name))
	}
}

func move(f *web.Form, from, to int) {
	if from == to {
		return
	}
	for _, name := range lineFields {
		f.Values.Set(lineField(to, name), f.Values.Get(lineField(from, name)))
	}
	drop(f, from)
}

// writeLines fills a form in with lines.
func writeLines(f *web.Form, list []Line) {
	for i, l := range list {
		for name, text := range map[string]string{
			"what": l.What, "quantity": quantityText(l.Quantity), "unit": l.Unit, "price": web.MoneyText(l.Price), "payer": l.Payer,
		} {
			f.Values.Set(lineField(i, name), text)
		}
	}
}

// thousandths reads a quantity with at most three places, 0 for what is none.
func thousandths(s string) int64 {
	s = strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(s, " ", ""), "\u00a0", ""), ",", ".")
	whole, part, _ := strings.Cut(s, ".")
	if len(part) > 3 || whole == "" {
		return 0
	}
	n, err := strconv.ParseUint(whole+part+strings.Repeat("0", 3-len(part)), 10, 63)
	if err != nil || n > maxQuantity {
		return 0
	}
	return int64(n)
}

// quantityText writes thousandths as a field shows them.
func quantityText(n int64) string {
	text := strconv.FormatInt(n/1000, 10)
	if rest := n % 1000; rest != 0 {
		text += "," + strings.TrimRight(strconv.FormatInt(1000+rest, 10)[1:], "0")
	}
	return text
}

// maxPhotos is how many pictures of one stage a report has.
const maxPhotos = 6

// photos keeps the pictures of a stage of a report. What does not fit is said at
// the field of that name.
func (p *Pages) photos(r *http.Request, f *web.Form, stage string, rep *Report) error {
	if r.MultipartForm == nil {
		return nil
	}
	n := 0
	for _, h := range r.MultipartForm.File[stage] {
		if h.Filename == "" {
			continue
		}
		if n++; n > maxPhotos {
			f.Fail(stage, "report.error.photos", "n", maxPhotos)
			return nil
		}
		data, err := readAll(h)
		if err != nil {
			return err
		}
		pic, err := p.Photo(r.Context(), data)
		switch {
		case errors.Is(err, photo.ErrTooLarge), errors.Is(err, photo.ErrTooManyPixels):
			f.Fail(stage, "report.error.photo_large")
		case errors.Is(err, photo.ErrNotImage), errors.Is(err, photo.ErrUnsupported):
			f.Fail(stage, "report.error.photo_kind")
		case err != nil:
			return err
		default:
			pic.Stage = stage
			rep.Photos = append(rep.Photos, pic)
		}
	}
	return nil
}

func readAll(h *multipart.FileHeader) ([]byte, error) {
	in, err := h.Open()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return io.ReadAll(io.LimitReader(in, photo.MaxBytes+1))
}
