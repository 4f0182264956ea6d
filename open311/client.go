package open311

import (
	"context"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Client sends to and polls another city's server. It asks for XML, the only
// format every server has.
type Client struct {
	Base         string // address of the endpoint, with or without a last slash
	Jurisdiction string
	Key          string
	HTTP         *http.Client  // a client without own timeout when nil
	Timeout      time.Duration // of one call; 20 s when zero
	MaxBytes     int64         // of one answer; 16 MiB when zero
}

// Services lists what the city takes.
func (c *Client) Services(ctx context.Context) ([]Service, error) {
	b, err := c.call(ctx, http.MethodGet, "services.xml", url.Values{}, "")
	if err != nil {
		return nil, err
	}
	return DecodeServices(b)
}

// Definition reads the extra questions of a service.
func (c *Client) Definition(ctx context.Context, code string) (Definition, error) {
	b, err := c.call(ctx, http.MethodGet, "services/"+url.PathEscape(code)+".xml", url.Values{}, "")
	if err != nil {
		return Definition{}, err
	}
	return DecodeDefinition(b)
}

// Create sends a request, with its files when there are some; its
// IdempotencyKey guards a repeated sending.
func (c *Client) Create(ctx context.Context, s Submission) (Answer, error) {
	q := url.Values{"api_key": {c.Key}, "service_code": {s.ServiceCode}, "media_url": s.MediaURLs}
	for name, v := range map[string]string{
		"address_string": s.Address, "address_id": s.AddressID, "email": s.Email,
		"device_id": s.DeviceID, "account_id": s.AccountID, "first_name": s.FirstName, "last_name": s.LastName, "phone": s.Phone, "description": s.Text,
	} {
		if v != "" {
			q.Set(name, v)
		}
	}
	if p := s.Position; p != nil {
		q.Set("lat", strconv.FormatFloat(p.Lat, 'f', -1, 64))
		q.Set("long", strconv.FormatFloat(p.Long, 'f', -1, 64))
	}
	for code, v := range s.Attributes {
		if len(v) == 1 {
			q["attribute["+code+"]"] = v
		} else {
			q["attribute["+code+"][]"] = v
		}
	}
	b, err := c.send(ctx, "requests.xml", q, s.Files, s.IdempotencyKey)
	if err != nil {
		return Answer{}, err
	}
	return DecodeAnswer(b)
}

// Token asks what became of a token; an empty ID means "not yet".
func (c *Client) Token(ctx context.Context, token string) (Answer, error) {
	b, err := c.call(ctx, http.MethodGet, "tokens/"+url.PathEscape(token)+".xml", url.Values{}, "")
	if err != nil {
		return Answer{}, err
	}
	return DecodeAnswer(b)
}

// Request reads one request.
func (c *Client) Request(ctx context.Context, id string) (Request, error) {
	b, err := c.call(ctx, http.MethodGet, "requests/"+url.PathEscape(id)+".xml", url.Values{}, "")
	if err != nil {
		return Request{}, err
	}
	r, err := DecodeRequests(b)
	if err == nil && len(r) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Request{}, err
	}
	return r[0], nil
}

// Requests lists requests.
func (c *Client) Requests(ctx context.Context, f Filter) ([]Request, error) {
	q := url.Values{}
	for name, v := range map[string][]string{"service_request_id": f.IDs, "service_code": f.Codes, "status": f.Statuses} {
		if len(v) > 0 {
			q.Set(name, strings.Join(v, ","))
		}
	}
	for name, t := range map[string]time.Time{"start_date": f.Start, "end_date": f.End, "updated_after": f.UpdatedAfter, "updated_before": f.UpdatedBefore} {
		if !t.IsZero() {
			q.Set(name, t.UTC().Format(time.RFC3339))
		}
	}
	for name, n := range map[string]int{"page": f.Page, "page_size": f.PageSize} {
		if n > 0 {
			q.Set(name, strconv.Itoa(n))
		}
	}
	b, err := c.call(ctx, http.MethodGet, "requests.xml", q, "")
	if err != nil {
		return nil, err
	}
	return DecodeRequests(b)
}

// Updates lists what changed between two instants, as servers with mySociety's
// extension tell.
func (c *Client) Updates(ctx context.Context, start, end time.Time) ([]Update, error) {
	q := url.Values{"start_date": {start.UTC().Format(time.RFC3339)}, "end_date": {end.UTC().Format(time.RFC3339)}}
	b, err := c.call(ctx, http.MethodGet, "servicerequestupdates.xml", q, "")
	if err != nil {
		return nil, err
	}
	return DecodeUpdates(b)
}

// CreateUpdate sends an update and returns its id at the server.
func (c *Client) CreateUpdate(ctx context.Context, u UpdateSubmission) (string, error) {
	q := url.Values{"api_key": {c.Key}}
	for name, v := range map[string]string{
		"update_id": u.ID, "service_request_id": u.RequestID, "status": u.Status, "description": u.Description, "media_url": u.MediaURL,
		"email": u.Email, "phone": u.Phone, "first_name": u.FirstName, "last_name": u.LastName, "title": u.Title,
		"updated_datetime": u.Updated.UTC().Format(time.RFC3339),
	} {
		if v != "" {
			q.Set(name, v)
		}
	}
	b, err := c.send(ctx, "servicerequestupdates.xml", q, u.Files, u.IdempotencyKey)
	if err != nil {
		return "", err
	}
	list, err := DecodeUpdates(b)
	if err != nil || len(list) == 0 {
		return "", errors.Join(err, errors.New("open311: answer has no update_id"))
	}
	return list[0].ID, nil
}

// Discover reads a discovery document. Its address is a city's own, so Base is
// not used; ask the endpoints that it names with a Client each.
func (c *Client) Discover(ctx context.Context, address string) (Discovery, error) {
	b, err := c.do(ctx, http.MethodGet, address, "", "", "")
	if err != nil {
		return Discovery{}, err
	}
	return DecodeDiscovery(b)
}

// send posts a form, as multipart when there are files.
func (c *Client) send(ctx context.Context, path string, q url.Values, files []File, idempotency string) ([]byte, error) {
	if len(files) == 0 {
		return c.call(ctx, http.MethodPost, path, q, idempotency)
	}
	if c.Jurisdiction != "" {
		q.Set("jurisdiction_id", c.Jurisdiction)
	}
	var body strings.Builder
	form := multipart.NewWriter(&body)
	for name, values := range q {
		for _, v := range values {
			if err := form.WriteField(name, v); err != nil {
				return nil, err
			}
		}
	}
	for i, f := range files {
		part, err := form.CreatePart(textproto.MIMEHeader{
			"Content-Disposition": {multipart.FileContentDisposition("photo"+strconv.Itoa(i+1), f.Name)}, "Content-Type": {f.Type},
		})
		if err == nil {
			_, err = part.Write(f.Data)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := form.Close(); err != nil {
		return nil, err
	}
	return c.do(ctx, http.MethodPost, c.address(path), form.FormDataContentType(), body.String(), idempotency)
}

func (c *Client) address(path string) string { return strings.TrimSuffix(c.Base, "/") + "/" + path }

// call makes one call; an answer other than 2xx becomes an *Error.
func (c *Client) call(ctx context.Context, method, path string, q url.Values, idempotency string) ([]byte, error) {
	if c.Jurisdiction != "" {
		q.Set("jurisdiction_id", c.Jurisdiction)
	}
	if method == http.MethodPost {
		return c.do(ctx, method, c.address(path), "application/x-www-form-urlencoded; charset=utf-8", q.Encode(), idempotency)
	}
	to := c.address(path)
	if len(q) > 0 {
		to += "?" + q.Encode()
	}
	return c.do(ctx, method, to, "", "", idempotency)
}

// do makes one call of any address; an answer other than 2xx becomes an *Error.
func (c *Client) do(ctx context.Context, method, to, kind, body, idempotency string) ([]byte, error) {
	timeout, most, h := c.Timeout, c.MaxBytes, c.HTTP
	if timeout == 0 {
		timeout = 20 * time.Second
	}
	if most == 0 {
		most = 16 << 20
	}
	if h == nil {
		h = &http.Client{}
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, to, strings.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("open311: call: %w", err)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if idempotency != "" {
		r.Header.Set("Idempotency-Key", idempotency)
	}
	res, err := h.Do(r)
	if err != nil {
		return nil, fmt.Errorf("open311: call: %w", err)
	}
	defer res.Body.Close()
	b, err := limit(res.Body, most)
	if err != nil {
		return nil, fmt.Errorf("open311: read %s: %w", r.URL.Path, err)
	}
	if res.StatusCode/100 != 2 {
		return nil, &Error{Status: res.StatusCode, Faults: decodeFaults(b)}
	}
	return b, nil
}
