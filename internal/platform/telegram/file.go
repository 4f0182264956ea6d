package telegram

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Best returns the largest size of a photo that has at most limit bytes, or the
// smallest one when all are larger; ok is false without any.
func Best(sizes []Photo, limit int64) (best Photo, ok bool) {
	for _, size := range sizes {
		fits := size.Size <= limit
		if !ok || fits && (best.Size > limit || size.Width*size.Height > best.Width*best.Height) {
			best, ok = size, true
		}
	}
	return best, ok
}

// File fetches a file of at most limit bytes. A larger one gives ErrTooLarge
// without being fetched whole. The API itself gives at most 20 MB.
func (c *Client) File(ctx context.Context, file string, limit int64) ([]byte, error) {
	var found struct {
		Path string `json:"file_path"`
		Size int64  `json:"file_size"`
	}
	if err := c.call(ctx, c.config.Timeout, "getFile", struct {
		ID string `json:"file_id"`
	}{file}, &found); err != nil {
		return nil, err
	}
	if found.Size > limit {
		return nil, ErrTooLarge
	}
	return c.download(ctx, found.Path, limit)
}

func (c *Client) download(ctx context.Context, path string, limit int64) ([]byte, error) {
	const method = "download"
	if path == "" || strings.Contains(path, "..") {
		return nil, &Error{Method: method, Code: http.StatusBadGateway, Description: "the path of the file is malformed"}
	}
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	address := c.base + "/file/bot" + c.config.Token + (&url.URL{Path: "/" + path}).EscapedPath()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, &Error{Method: method, Err: c.withoutToken(err)}
	}
	response, err := c.config.Client.Do(request)
	if err != nil {
		return nil, &Error{Method: method, Err: c.withoutToken(err)}
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, &Error{Method: method, Code: response.StatusCode, Description: http.StatusText(response.StatusCode)}
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	if err != nil {
		return nil, &Error{Method: method, Err: fmt.Errorf("read: %w", c.withoutToken(err))}
	}
	if int64(len(data)) > limit {
		return nil, ErrTooLarge
	}
	return data, nil
}
