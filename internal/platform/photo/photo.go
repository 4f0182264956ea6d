// Package photo makes pictures from phones fit to be published: it checks what
// was uploaded, turns it upright, shrinks it, and writes it anew, so that
// nothing of the file but its pixels survives. The place where the picture was
// taken is read first and handed back, for the person to use or not.
package photo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"runtime"

	"golang.org/x/image/webp"
	"golang.org/x/sync/semaphore"
)

// Limits on what is taken, checked before any pixel is decoded.
const (
	MaxBytes  = 12 << 20   // length of the uploaded file
	MaxPixels = 50_000_000 // width times height
)

// Longest sides of what is made, in pixels, and its JPEG quality.
const (
	FullSide  = 1600
	ThumbSide = 320
	quality   = 82
)

// Errors that a person can do something about. Others come from the disk or
// from the reader.
var (
	// ErrTooLarge means more than MaxBytes.
	ErrTooLarge = errors.New("photo: file is too large")
	// ErrNotImage means no picture, or one that is damaged or cut short.
	ErrNotImage = errors.New("photo: not a readable picture")
	// ErrUnsupported means a picture of a kind that is not read: HEIC, AVIF,
	// GIF, TIFF, BMP, SVG, moving WebP.
	ErrUnsupported = errors.New("photo: kind of picture is not supported")
	// ErrTooManyPixels means more than MaxPixels, or a way of writing them that
	// would take too much memory to read.
	ErrTooManyPixels = errors.New("photo: picture has too many pixels")
)

// Result is a picture ready to be stored and shown.
type Result struct {
	Full          []byte // JPEG, longest side at most FullSide
	Thumb         []byte // JPEG, longest side at most ThumbSide
	Width, Height int    // of Full, in pixels
	Place         *Place // where the original was taken; nil when it does not say
}

// Place is a point on the Earth, in degrees of WGS 84; north and east positive.
type Place struct{ Lat, Lon float64 }

// unit is the memory that one ordinary 50-megapixel photo takes while it is
// read, in bytes. There are as many units as processors: so many pictures are
// read at once, fewer when they are of the costly kinds, and memory stays flat
// however many people upload.
const unit = 150_000_000

// costliest is the most memory a single picture may take, in bytes.
const costliest = 400_000_000

var (
	units  = int64(runtime.GOMAXPROCS(0))
	memory = semaphore.NewWeighted(units * unit)
)

// Process reads one uploaded picture (JPEG, PNG or WebP) to its end and makes
// it fit to be published. A reader that can seek is read in place; another is
// first copied to a temporary file, so a slow upload holds no memory.
func Process(r io.Reader) (Result, error) {
	file, done, err := seekable(r)
	if err != nil {
		return Result{}, err
	}
	defer done()
	head, err := examine(file)
	if err != nil {
		return Result{}, err
	}
	cost := min(max(head.cost(), unit), units*unit)
	if err := memory.Acquire(context.Background(), cost); err != nil {
		return Result{}, fmt.Errorf("photo: %w", err)
	}
	defer memory.Release(cost)
	picture, err := head.decode(file)
	if err != nil {
		return Result{}, err
	}
	width, height := fit(head.width, head.height, FullSide)
	result, err := encode(upright(shrink(picture, width, height), head.orientation))
	result.Place = head.place
	return result, err
}

// seekable returns r as a file that can be read twice, positioned at its start.
func seekable(r io.Reader) (file io.ReadSeeker, done func(), err error) {
	if file, ok := r.(io.ReadSeeker); ok {
		size, err := file.Seek(0, io.SeekEnd)
		if err == nil {
			_, err = file.Seek(0, io.SeekStart)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("photo: %w", err)
		}
		if size > MaxBytes {
			return nil, nil, ErrTooLarge
		}
		return file, func() {}, nil
	}
	temp, err := os.CreateTemp("", "ashar-photo-*")
	if err != nil {
		return nil, nil, fmt.Errorf("photo: %w", err)
	}
	done = func() {
		temp.Close()
		os.Remove(temp.Name())
	}
	size, err := io.Copy(temp, io.LimitReader(r, MaxBytes+1))
	if err == nil && size > MaxBytes {
		err = ErrTooLarge
	}
	if err == nil {
		_, err = temp.Seek(0, io.SeekStart)
	}
	if err != nil {
		done()
		return nil, nil, fmt.Errorf("photo: read the upload: %w", err)
	}
	return temp, done, nil
}

// header is what the first bytes of a file tell.
type header struct {
	format        string
	width, height int
	model         color.Model
	progressive   bool // JPEG written in several passes, all kept in memory
	orientation   int  // 1 to 8 as in EXIF
	place         *Place
}

// examine reads size and metadata without decoding, and refuses what is too
// much or of no use.
func examine(file io.ReadSeeker) (header, error) {
	start := make([]byte, 64)
	n, err := io.ReadFull(file, start)
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
		return header{}, fmt.Errorf("photo: %w", err)
	}
	format, err := sniff(start[:n])
	if err != nil {
		return header{}, err
	}
	head := header{format: format, orientation: 1}
	if err := head.readSize(file); err != nil {
		return header{}, err
	}
	if head.width <= 0 || head.height <= 0 {
		return header{}, ErrNotImage
	}
	if int64(head.width)*int64(head.height) > MaxPixels {
		return header{}, ErrTooManyPixels
	}
	if err := head.readMetadata(file); err != nil {
		return header{}, err
	}
	if head.cost() > costliest {
		return header{}, ErrTooManyPixels
	}
	return head, nil
}

func (h *header) readSize(file io.ReadSeeker) error {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("photo: %w", err)
	}
	configs := map[string]func(io.Reader) (image.Config, error){
		"jpeg": jpeg.DecodeConfig, "png": png.DecodeConfig, "webp": webp.DecodeConfig,
	}
	config, err := configs[h.format](file)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotImage, err)
	}
	h.width, h.height, h.model = config.Width, config.Height, config.ColorModel
	if h.format == "webp" && !sameFrame(file, h.width, h.height) {
		return fmt.Errorf("%w: the frame is not as large as the canvas", ErrNotImage)
	}
	return nil
}

// cost returns about how much memory decoding takes, in bytes.
func (h *header) cost() int64 {
	perPixel := int64(3)
	switch {
	case h.progressive:
		perPixel = 16 // four bytes for each coefficient of up to three colours, and the picture
	case h.model == color.RGBA64Model, h.model == color.NRGBA64Model:
		perPixel = 12 // with the largest pass of an interlaced file
	case h.format == "webp":
		perPixel = 8
	case h.format == "png", h.model == color.CMYKModel:
		perPixel = 6
	}
	return perPixel * int64(h.width) * int64(h.height)
}

func (h *header) decode(file io.ReadSeeker) (image.Image, error) {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("photo: %w", err)
	}
	decoders := map[string]func(io.Reader) (image.Image, error){
		"jpeg": jpeg.Decode, "png": png.Decode, "webp": webp.Decode,
	}
	picture, err := decoders[h.format](file)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotImage, err)
	}
	if picture.Bounds().Dx() != h.width || picture.Bounds().Dy() != h.height {
		return nil, ErrNotImage // two sizes in one file
	}
	return picture, nil
}

// sniff tells the kind of a picture from its first bytes. Names and types told
// by the browser are not asked.
func sniff(start []byte) (string, error) {
	has := func(offset int, text string) bool {
		return len(start) >= offset+len(text) && string(start[offset:offset+len(text)]) == text
	}
	switch {
	case has(0, "\xff\xd8\xff"):
		return "jpeg", nil
	case has(0, "\x89PNG\r\n\x1a\n"):
		return "png", nil
	case has(0, "RIFF") && has(8, "WEBP"):
		if has(12, "VP8X") && len(start) > 20 && start[20]&0x02 != 0 {
			return "", ErrUnsupported // moving
		}
		return "webp", nil
	case has(4, "ftyp"), has(0, "GIF8"), has(0, "II*\x00"), has(0, "MM\x00*"), has(0, "BM"),
		has(0, "<svg"), has(0, "\x00\x00\x01\x00"), has(0, "\xff\x0a"):
		return "", ErrUnsupported // ftyp: HEIC and AVIF, also films
	}
	return "", ErrNotImage
}

// encode writes the picture in its two sizes.
func encode(picture *image.RGBA) (Result, error) {
	size := picture.Bounds().Size()
	full, err := toJPEG(picture)
	if err != nil {
		return Result{}, err
	}
	width, height := fit(size.X, size.Y, ThumbSide)
	thumb, err := toJPEG(shrink(picture, width, height))
	if err != nil {
		return Result{}, err
	}
	return Result{Full: full, Thumb: thumb, Width: size.X, Height: size.Y}, nil
}

func toJPEG(picture image.Image) ([]byte, error) {
	var out bytes.Buffer
	if err := jpeg.Encode(&out, picture, &jpeg.Options{Quality: quality}); err != nil {
		return nil, fmt.Errorf("photo: encode: %w", err)
	}
	return out.Bytes(), nil
}
